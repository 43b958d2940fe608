// C[M,N] = A[M,K] · B[N,K]ᵀ with the MFMA of every operand type, one tile per wave, operands
// straight from global memory.
#include "device.h"

// A lane holds `Fragment` of its row, k = lane / kTile * sizeof(Fragment) …; `kStep` is K of the
// instruction in bytes.
template <int kTile, int kStep, typename Fragment, typename Sum, typename Multiply>
DEVICE Sum product(const void *a, const void *b, int k_bytes, Multiply multiply) {
  uint lane = thread();
  ulong at = (ulong)(lane % kTile) * k_bytes + lane / kTile * sizeof(Fragment);
  const char *pa = (const char *)a + (ulong)group() * kTile * k_bytes + at;
  const char *pb = (const char *)b + (ulong)groupY() * kTile * k_bytes + at;
  Sum sum = {};
  for (int kk = 0; kk < k_bytes; kk += kStep)
    sum = multiply(*(const Fragment *)(pa + kk), *(const Fragment *)(pb + kk), sum);
  return sum;
}

template <typename Result, typename Sum> DEVICE void store16(Result *c, Sum sum, int n) {
  for (int i = 0; i < 4; ++i)
    c[(group() * 16 + row16(thread(), i)) * n + groupY() * 16 + thread() % 16] = sum[i];
}
template <typename Result, typename Sum> DEVICE void store32(Result *c, Sum sum, int n) {
  for (int i = 0; i < 16; ++i)
    c[(group() * 32 + row32(thread(), i)) * n + groupY() * 32 + thread() % 32] = sum[i];
}

#define GEMM(name, tile, step, Fragment, Result, Sum, operation)                                   \
  KERNEL THREADS(64) void name(Result *c, const void *a, const void *b, int n, int k_bytes) {      \
    Sum sum = product<tile, step, Fragment, Sum>(                                                  \
        a, b, k_bytes, [](Fragment x, Fragment y, Sum z) { return operation; });                   \
    store##tile(c, sum, n);                                                                        \
  }

GEMM(gemm_f32_16, 16, 16, float, float, float4,
     __builtin_amdgcn_mfma_f32_16x16x4f32(x, y, z, 0, 0, 0))
GEMM(gemm_f32_32, 32, 8, float, float, float16,
     __builtin_amdgcn_mfma_f32_32x32x2f32(x, y, z, 0, 0, 0))
GEMM(gemm_f16_16, 16, 64, half8, float, float4,
     __builtin_amdgcn_mfma_f32_16x16x32_f16(x, y, z, 0, 0, 0))
GEMM(gemm_f16_32, 32, 32, half8, float, float16,
     __builtin_amdgcn_mfma_f32_32x32x16_f16(x, y, z, 0, 0, 0))
GEMM(gemm_i8_16, 16, 64, int4, int, int4, __builtin_amdgcn_mfma_i32_16x16x64_i8(x, y, z, 0, 0, 0))
GEMM(gemm_i8_32, 32, 32, int4, int, int16, __builtin_amdgcn_mfma_i32_32x32x32_i8(x, y, z, 0, 0, 0))
GEMM(gemm_fp8_16, 16, 32, long, float, float4,
     __builtin_amdgcn_mfma_f32_16x16x32_fp8_fp8(x, y, z, 0, 0, 0))
GEMM(gemm_fp8_bf8_32, 32, 16, long, float, float16,
     __builtin_amdgcn_mfma_f32_32x32x16_fp8_bf8(x, y, z, 0, 0, 0))

// The rows of a lane's part are four apart in the products of doubles.
KERNEL THREADS(64) void gemm_f64_16(double *c, const void *a, const void *b, int n, int k_bytes) {
  double4 sum = product<16, 32, double, double4>(a, b, k_bytes, [](double x, double y, double4 z) {
    return __builtin_amdgcn_mfma_f64_16x16x4f64(x, y, z, 0, 0, 0);
  });
  for (int i = 0; i < 4; ++i)
    c[(group() * 16 + thread() / 16 + i * 4) * n + groupY() * 16 + thread() % 16] = sum[i];
}

// fp8 with a power-of-two scale per row and 32 elements of K, as the microscaling formats have:
// scales[row * blocks + k / 32] is the exponent plus 127. K is a multiple of 128.
KERNEL THREADS(64) void gemm_mxfp8_16(float *c, const uchar *a, const uchar *b,
                                      const uchar *a_scales, const uchar *b_scales, int n, int k) {
  uint lane = thread(), row = group() * 16 + lane % 16, col = groupY() * 16 + lane % 16;
  float4 sum = {};
  for (int kk = 0; kk < k; kk += 128) {
    // A lane's 32 bytes are 16 of each half of K; its scale is that of the lane / 16-th block.
    auto fragment = [&](const uchar *line) {
      const uchar *at = line + kk + lane / 16 * 16;
      int4 low = *(const int4 *)at, high = *(const int4 *)(at + 64);
      return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
    };
    uint block = kk / 32 + lane / 16;
    sum = __builtin_amdgcn_mfma_scale_f32_16x16x128_f8f6f4(
        fragment(a + (ulong)row * k), fragment(b + (ulong)col * k), sum, 0, 0, 0,
        a_scales[row * (k / 32) + block], 0, b_scales[col * (k / 32) + block]);
  }
  store16(c, sum, n);
}
