// Vector addition, a reduction through LDS, integer division, control flow.
#include "device.h"

KERNEL void vector_add(float *__restrict c, const float *a, const float *b, int n) {
  int i = group() * 256 + thread();
  if (i < n)
    c[i] = a[i] + b[i];
}

KERNEL __attribute__((amdgpu_flat_work_group_size(256, 256))) void
block_sum(float *out, const float *in, int n) {
  SHARED float partial[256];
  uint t = thread();
  float sum = 0;
  for (int i = group() * 256 + t; i < n; i += 256 * __builtin_amdgcn_grid_size_x() / 256)
    sum += in[i];
  partial[t] = sum;
  barrier();
  for (uint half = 128; half; half >>= 1) {
    if (t < half)
      partial[t] += partial[t + half];
    barrier();
  }
  if (t == 0)
    out[group()] = partial[0];
}

KERNEL void divide(int *quotient, int *remainder, uint *uquotient, const int *a, const int *b,
                   int n) {
  int i = group() * 64 + thread();
  if (i >= n)
    return;
  quotient[i] = a[i] / b[i];
  remainder[i] = a[i] % b[i];
  uquotient[i] = (uint)a[i] / (uint)b[i];
}

KERNEL void collatz(int *steps, int n) {
  int i = group() * 64 + thread();
  if (i >= n)
    return;
  long v = i + 1;
  int s = 0;
  while (v != 1) {
    v = v % 2 ? 3 * v + 1 : v / 2;
    ++s;
    if (s > 1000)
      break;
  }
  steps[i] = s;
}

KERNEL void float_divide(float *q, const float *a, const float *b, int n) {
  int i = group() * 64 + thread();
  if (i < n)
    q[i] = a[i] / b[i];
}
