// Rows: softmax, layer normalisation, activations; dot products of narrow types.
#include "device.h"

DEVICE float exponential(float x) {
  return __builtin_amdgcn_exp2f(x * 1.44269504f);
}
DEVICE float logarithm(float x) {
  return __builtin_amdgcn_logf(x) * 0.693147181f; // the instruction's base is 2
}

// A value of all threads of the block, combined through lanes and LDS.
template <typename Combine> DEVICE float overBlock(float x, Combine combine) {
  SHARED float waves[16];
  uint t = thread();
  for (int step = 32; step; step >>= 1) {
    int other = __builtin_amdgcn_ds_bpermute((t % 64 ^ step) * 4, __builtin_bit_cast(int, x));
    x = combine(x, __builtin_bit_cast(float, other));
  }
  barrier(); // the previous use of `waves` is over
  if (t % 64 == 0)
    waves[t / 64] = x;
  barrier();
  x = waves[0];
  for (uint w = 1; w < __builtin_amdgcn_workgroup_size_x() / 64; ++w)
    x = combine(x, waves[w]);
  return x;
}
DEVICE float larger(float x, float y) {
  return __builtin_fmaxf(x, y);
}
DEVICE float add(float x, float y) {
  return x + y;
}

// Row `group()` of out = softmax(in), and the logarithm of the sum of exponentials.
KERNEL void softmax(float *out, float *logsum, const float *in, int n) {
  const float *row = in + (ulong)group() * n;
  float top = -__builtin_inff();
  for (uint i = thread(); i < n; i += __builtin_amdgcn_workgroup_size_x())
    top = larger(top, row[i]);
  top = overBlock(top, larger);
  float sum = 0;
  for (uint i = thread(); i < n; i += __builtin_amdgcn_workgroup_size_x())
    sum += exponential(row[i] - top);
  sum = overBlock(sum, add);
  float scale = __builtin_amdgcn_rcpf(sum);
  for (uint i = thread(); i < n; i += __builtin_amdgcn_workgroup_size_x())
    out[(ulong)group() * n + i] = exponential(row[i] - top) * scale;
  if (thread() == 0)
    logsum[group()] = top + logarithm(sum);
}

// Row `group()` of out = (in - mean) / sqrt(variance + eps) * gain + bias, of bf16.
KERNEL void layer_norm(__bf16 *out, const __bf16 *in, const float *gain, const float *bias, int n,
                       float eps) {
  const __bf16 *row = in + (ulong)group() * n;
  float sum = 0, squares = 0;
  for (uint i = thread(); i < n; i += __builtin_amdgcn_workgroup_size_x())
    sum += (float)row[i];
  float mean = overBlock(sum, add) / (float)n;
  for (uint i = thread(); i < n; i += __builtin_amdgcn_workgroup_size_x()) {
    float d = (float)row[i] - mean;
    squares = __builtin_fmaf(d, d, squares);
  }
  float variance = overBlock(squares, add) / (float)n;
  float scale = __builtin_amdgcn_rsqf(variance + eps);
  for (uint i = thread(); i < n; i += __builtin_amdgcn_workgroup_size_x())
    out[(ulong)group() * n + i] = (__bf16)(((float)row[i] - mean) * scale * gain[i] + bias[i]);
}

// Functions of one value, column by column: f32, f16 and f64 hardware approximations.
KERNEL void functions(float *f32, _Float16 *f16, double *f64, const float *in, int n) {
  uint i = group() * 64 + thread();
  if (i >= n)
    return;
  float x = in[i];
  float *f = f32 + i * 8;
  f[0] = x * __builtin_amdgcn_rcpf(1.0f + exponential(-x)); // SiLU
  f[1] = __builtin_amdgcn_sqrtf(x);
  f[2] = __builtin_amdgcn_sinf(x * 0.159154943f); // in revolutions
  f[3] = __builtin_amdgcn_cosf(x * 0.159154943f);
  f[4] = __builtin_amdgcn_fractf(x);
  f[5] = __builtin_rintf(x) + 2 * __builtin_floorf(x) + 4 * __builtin_ceilf(x) +
         8 * __builtin_truncf(x);
  f[6] = __builtin_amdgcn_ldexpf(__builtin_amdgcn_frexp_mantf(x), __builtin_amdgcn_frexp_expf(x));
  f[7] = __builtin_amdgcn_fmed3f(x, 1.0f, 3.0f);
  _Float16 h = (_Float16)x;
  _Float16 *g = f16 + i * 4;
  g[0] = __builtin_amdgcn_rcph(h);
  g[1] = __builtin_amdgcn_sqrth(h);
  g[2] = __builtin_fmaf16(h, h, (_Float16)1.0f);
  g[3] = __builtin_fmaxf16(h, (_Float16)2.0f);
  f64[i * 2] = 1.0 / (double)x;
  f64[i * 2 + 1] = __builtin_sqrt((double)x);
}

// out[row] of each kind of dot product over K packed dwords.
KERNEL void dots(int *i8, uint *u8, int *i4, float *f16, float *bf16, const int *a, const int *b,
                 const half2 *ha, const half2 *hb, const bf16x2 *ba, const bf16x2 *bb, int k) {
  uint row = group() * 64 + thread();
  int s8 = 0, s4 = 0;
  uint sum = 0;
  float fh = 0, fb = 0;
  for (int i = 0; i < k; ++i) {
    uint at = row * k + i;
    s8 = __builtin_amdgcn_sdot4(a[at], b[at], s8, false);
    sum = __builtin_amdgcn_udot4(a[at], b[at], sum, false);
    s4 = __builtin_amdgcn_sdot8(a[at], b[at], s4, false);
    fh = __builtin_amdgcn_fdot2(ha[at], hb[at], fh, false);
    fb = __builtin_amdgcn_fdot2_f32_bf16(__builtin_bit_cast(short2, ba[at]),
                                         __builtin_bit_cast(short2, bb[at]), fb, false);
  }
  i8[row] = s8;
  u8[row] = sum;
  i4[row] = s4;
  f16[row] = fh;
  bf16[row] = fb;
}
