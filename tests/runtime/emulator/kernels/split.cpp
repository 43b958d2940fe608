// Sums by several workgroups without waiting: each writes its part to the workspace, releases,
// counts itself; the last one adds the parts in order and resets the counter.
#include "device.h"

KERNEL __attribute__((amdgpu_flat_work_group_size(64, 64))) void
split_sum(float *out, float *workspace, uint *counter, const float *in, int splits) {
  uint t = thread(), split = __builtin_amdgcn_workgroup_id_y(), tile = group();
  float v = in[(tile * splits + split) * 64 + t];
  workspace[(tile * splits + split) * 64 + t] = v * 2.0f;
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "agent");
  uint arrived = 0;
  if (t == 0)
    arrived =
        __hip_atomic_fetch_add(&counter[tile], 1u, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
  arrived = __builtin_amdgcn_readfirstlane(arrived);
  if (arrived != splits - 1)
    return;
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "agent");
  float sum = 0;
  for (int s = 0; s < splits; ++s)
    sum += workspace[(tile * splits + s) * 64 + t];
  out[tile * 64 + t] = sum;
  if (t == 0)
    counter[tile] = 0;
}
