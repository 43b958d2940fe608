// Kernels of the tests of the HIP runtime, compiled to a code object and to an offload bundle.
#define KERNEL extern "C" __attribute__((global))

typedef unsigned int uint;

static inline __attribute__((device)) uint index() {
  return __builtin_amdgcn_workgroup_id_x() * __builtin_amdgcn_workgroup_size_x() +
         __builtin_amdgcn_workitem_id_x();
}

extern "C" __attribute__((device)) int offset_by[4] = {10, 20, 30, 40};

KERNEL void add(float *c, const float *a, const float *b, int n) {
  int i = index();
  if (i < n)
    c[i] = a[i] + b[i];
}

KERNEL void double_in_place(int *values, int n) {
  int i = index();
  if (i < n)
    values[i] = 2 * values[i];
}

KERNEL void add_offset(int *values, int n) {
  int i = index();
  if (i < n)
    values[i] += offset_by[i & 3];
}

// Mixed sizes, so that the arguments need padding between them.
KERNEL void mixed(double *out, char c, short s, double d, int i) {
  if (index() == 0)
    *out = c + s + d + i;
}

KERNEL __attribute__((amdgpu_flat_work_group_size(64, 256))) void reverse(int *values, int n) {
  extern __attribute__((shared)) int lds[];
  int t = __builtin_amdgcn_workitem_id_x();
  lds[t] = values[t];
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
  values[t] = lds[n - 1 - t];
}

// 40,000 bytes of LDS: four such workgroups fit on a compute unit.
KERNEL __attribute__((amdgpu_flat_work_group_size(64, 64))) void much_lds(int *out) {
  static __attribute__((shared)) int lds[10000];
  int t = __builtin_amdgcn_workitem_id_x();
  for (int n = t; n < 10000; n += 64)
    lds[n] = n;
  out[t] = lds[9999 - t * 64 - (63 - t)];
}

// Reads one value behind the end of its input.
KERNEL void overrun(int *out, const int *in, int n) {
  if (index() == 0)
    *out = in[n];
}
