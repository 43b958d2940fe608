// C[M,N] (float) = A[M,K] · B[N,K]ᵀ, one 16x16 tile per wave, K a multiple of 32, and the same with
// copies straight to LDS.
#include "device.h"

KERNEL void gemm_16x16(float *c, const __bf16 *a, const __bf16 *b, int n, int k) {
  uint lane = thread();
  uint row = group() * 16, col = __builtin_amdgcn_workgroup_id_y() * 16;
  const __bf16 *pa = a + (row + lane % 16) * (ulong)k + lane / 16 * 8;
  const __bf16 *pb = b + (col + lane % 16) * (ulong)k + lane / 16 * 8;
  float4 acc = {0, 0, 0, 0};
  for (int kk = 0; kk < k; kk += 32) {
    bf16x8 fa = *(const bf16x8 *)(pa + kk);
    bf16x8 fb = *(const bf16x8 *)(pb + kk);
    acc = __builtin_amdgcn_mfma_f32_16x16x32_bf16(fa, fb, acc, 0, 0, 0);
  }
  for (int i = 0; i < 4; ++i)
    c[(row + lane / 16 * 4 + i) * n + col + lane % 16] = acc[i];
}

KERNEL void gemm_32x32(float *c, const __bf16 *a, const __bf16 *b, int n, int k) {
  uint lane = thread();
  uint row = group() * 32, col = __builtin_amdgcn_workgroup_id_y() * 32;
  const __bf16 *pa = a + (row + lane % 32) * (ulong)k + lane / 32 * 8;
  const __bf16 *pb = b + (col + lane % 32) * (ulong)k + lane / 32 * 8;
  float16 acc = {};
  for (int kk = 0; kk < k; kk += 16) {
    bf16x8 fa = *(const bf16x8 *)(pa + kk);
    bf16x8 fb = *(const bf16x8 *)(pb + kk);
    acc = __builtin_amdgcn_mfma_f32_32x32x16_bf16(fa, fb, acc, 0, 0, 0);
  }
  for (int i = 0; i < 16; ++i)
    c[(row + i / 4 * 8 + lane / 32 * 4 + i % 4) * n + col + lane % 32] = acc[i];
}

// 128x128x64 tile, four waves of 64x64, double-buffered copies of 16 bytes straight to LDS with the
// 16-byte chunks of a row permuted by XOR; any M and N, K a multiple of 64.
#define RSRC(p, bytes) __builtin_amdgcn_make_buffer_rsrc((void *)(p), 0, bytes, 0x00027000)
KERNEL __attribute__((amdgpu_flat_work_group_size(256, 256))) void
gemm_128x128x64(__bf16 *c, const __bf16 *a, const __bf16 *b, int m, int n, int k) {
  SHARED __bf16 lds[2][2][128 * 64];
  uint t = thread(), lane = t % 64, wave = __builtin_amdgcn_readfirstlane(t / 64);
  int row = group() * 128, col = __builtin_amdgcn_workgroup_id_y() * 128;
  __amdgpu_buffer_rsrc_t ra = RSRC(a + (ulong)row * k, (m - row) * k * 2);
  __amdgpu_buffer_rsrc_t rb = RSRC(b + (ulong)col * k, (n - col) * k * 2);
  // Chunk x of 16 bytes goes to row x / 8, place x % 8; it comes from chunk (x % 8) ^ (row % 8).
  uint r0 = t / 8, source = r0 * k * 2 + (t % 8 ^ r0 % 8) * 16;
  float4 acc[4][4] = {};
  auto copy = [&](int stage, int kk) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      __builtin_amdgcn_raw_ptr_buffer_load_lds(ra,
                                               (LDS void *)&lds[stage][0][i * 2048 + wave * 512],
                                               16, source + i * 32 * k * 2, kk * 2, 0, 0);
      __builtin_amdgcn_raw_ptr_buffer_load_lds(rb,
                                               (LDS void *)&lds[stage][1][i * 2048 + wave * 512],
                                               16, source + i * 32 * k * 2, kk * 2, 0, 0);
    }
  };
  copy(0, 0);
  uint wr = wave / 2 * 64, wc = wave % 2 * 64;
  for (int kk = 0; kk < k; kk += 64) {
    int stage = kk / 64 & 1;
    __builtin_amdgcn_s_waitcnt(0x0f70); // vmcnt(0)
    __builtin_amdgcn_s_barrier();
    if (kk + 64 < k)
      copy(stage ^ 1, kk + 64);
#pragma unroll
    for (int s = 0; s < 2; ++s) {
      bf16x8 fa[4], fb[4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        uint x = wr + i * 16 + lane % 16, y = wc + i * 16 + lane % 16;
        fa[i] = *(bf16x8 *)&lds[stage][0][x * 64 + ((s * 4 + lane / 16) ^ x % 8) * 8];
        fb[i] = *(bf16x8 *)&lds[stage][1][y * 64 + ((s * 4 + lane / 16) ^ y % 8) * 8];
      }
#pragma unroll
      for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
          acc[i][j] = __builtin_amdgcn_mfma_f32_16x16x32_bf16(fa[i], fb[j], acc[i][j], 0, 0, 0);
    }
  }
  __amdgpu_buffer_rsrc_t rc = RSRC(c, m * n * 2);
#pragma unroll
  for (int i = 0; i < 4; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        int y = row + wr + i * 16 + lane / 16 * 4 + e, x = col + wc + j * 16 + lane % 16;
        __bf16 v = (__bf16)acc[i][j][e];
        __builtin_amdgcn_raw_buffer_store_b16(__builtin_bit_cast(ushort, v), rc,
                                              x < n ? (y * n + x) * 2 : -1, 0, 0);
      }
}
