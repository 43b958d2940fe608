// Atomics of agent and system scope in the types that have instructions, and loops of compare and
// swap for those that have none.
#include "device.h"

#define AGENT  __HIP_MEMORY_SCOPE_AGENT
#define SYSTEM __HIP_MEMORY_SCOPE_SYSTEM

// Every thread draws a ticket and leaves its mark on each counter.
template <typename T, int kScope> DEVICE void integers(T *counters, T *tickets, const T *values) {
  uint i = group() * __builtin_amdgcn_workgroup_size_x() + thread();
  T v = values[i];
  tickets[i] = __hip_atomic_fetch_add(&counters[0], (T)1, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_add(&counters[1], v, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_sub(&counters[2], v, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_min(&counters[3], v, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_max(&counters[4], v, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_and(&counters[5], v, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_or(&counters[6], v, __ATOMIC_RELAXED, kScope);
  __hip_atomic_fetch_xor(&counters[7], v, __ATOMIC_RELAXED, kScope);
}
KERNEL void atomics_i32(int *counters, int *tickets, const int *values) {
  integers<int, AGENT>(counters, tickets, values);
}
KERNEL void atomics_u32(uint *counters, uint *tickets, const uint *values) {
  integers<uint, SYSTEM>(counters, tickets, values);
}
KERNEL void atomics_i64(long *counters, long *tickets, const long *values) {
  integers<long, SYSTEM>(counters, tickets, values);
}
KERNEL void atomics_u64(ulong *counters, ulong *tickets, const ulong *values) {
  integers<ulong, AGENT>(counters, tickets, values);
}

// sums[column] += value for each of the four types; values[row * 64 + column].
KERNEL void atomics_float(float *f32, double *f64, bf16x2 *pairs_bf16, half2 *pairs_f16,
                          const float *values) {
  uint column = thread() % 64;
  float v = values[group() * __builtin_amdgcn_workgroup_size_x() + thread()];
  __builtin_amdgcn_global_atomic_fadd_f32((GLOBAL float *)&f32[column], v);
  __builtin_amdgcn_global_atomic_fadd_f64((GLOBAL double *)&f64[column], (double)v);
  __builtin_amdgcn_global_atomic_fadd_v2bf16(
      (GLOBAL short2 *)&pairs_bf16[column],
      __builtin_bit_cast(short2, (bf16x2){(__bf16)v, (__bf16)-v}));
  __builtin_amdgcn_global_atomic_fadd_v2f16((GLOBAL half2 *)&pairs_f16[column],
                                            (half2){(_Float16)v, (_Float16)-v});
}

// The same through a buffer, whose range drops the columns from `columns` on.
KERNEL void atomics_buffer(float *f32, bf16x2 *pairs, int *counts, const float *values,
                           int columns) {
  uint column = thread() % 64;
  float v = values[group() * __builtin_amdgcn_workgroup_size_x() + thread()];
  auto buffer = [&](void *p) {
    return __builtin_amdgcn_make_buffer_rsrc(p, 0, columns * 4, 0x00027000);
  };
  __builtin_amdgcn_raw_ptr_buffer_atomic_fadd_f32(v, buffer(f32), column * 4, 0, 0);
  __builtin_amdgcn_raw_ptr_buffer_atomic_fadd_v2f16((half2){(_Float16)v, (_Float16)1},
                                                    buffer(pairs), column * 4, 0, 0);
  __builtin_amdgcn_raw_ptr_buffer_atomic_add_i32(1, buffer(counts), column * 4, 0, 0);
}

// Product and saturating sum have no instruction.
KERNEL void atomics_loop(float *product, uint *saturating, ulong *wide, const float *factors) {
  uint i = group() * __builtin_amdgcn_workgroup_size_x() + thread();
  float old = __hip_atomic_load(product, __ATOMIC_RELAXED, AGENT);
  while (!__hip_atomic_compare_exchange_strong(product, &old, old * factors[i], __ATOMIC_RELAXED,
                                               __ATOMIC_RELAXED, AGENT))
    ;
  uint u = __hip_atomic_load(saturating, __ATOMIC_RELAXED, SYSTEM);
  while (!__hip_atomic_compare_exchange_weak(saturating, &u, u + 100 < 5000 ? u + 100 : 5000,
                                             __ATOMIC_RELAXED, __ATOMIC_RELAXED, SYSTEM))
    ;
  ulong w = __hip_atomic_load(wide, __ATOMIC_RELAXED, AGENT);
  while (!__hip_atomic_compare_exchange_strong(wide, &w, w * 3 + 1, __ATOMIC_RELAXED,
                                               __ATOMIC_RELAXED, AGENT))
    ;
}

// Generic addresses: half of the threads count in LDS, the others in memory, by one pointer.
KERNEL THREADS(128) void atomics_flat(uint *counts, float *sums, const float *values) {
  SHARED uint count[2];
  SHARED float sum[2];
  uint t = thread();
  if (t < 2) {
    count[t] = 0;
    sum[t] = 0;
  }
  barrier();
  bool local = t % 3 == 0;
  uint *c = local ? count : counts;
  float *s = local ? sum : sums;
  __hip_atomic_fetch_add(&c[t % 2], t, __ATOMIC_RELAXED, AGENT);
  __hip_atomic_fetch_add(&s[t % 2], values[t], __ATOMIC_RELAXED, AGENT);
  barrier();
  if (t < 2) {
    counts[2 + t] = count[t];
    sums[2 + t] = sum[t];
  }
}
