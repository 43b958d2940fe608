// GEMMs that stage their operands in LDS: copies from global memory straight to LDS, transposing
// reads, and split K with the last arriver adding the parts up.
#include "device.h"

#define RSRC(p, bytes) __builtin_amdgcn_make_buffer_rsrc((void *)(p), 0, bytes, 0x00027000)

// C[M,N] (float) = A[M,K] · B[N,K]ᵀ, 64x64 tile of four waves with one 32x32 each, K a multiple of
// 32. Rows past the end repeat the last one; their results are not stored. The four 16-byte chunks
// of a row are permuted by XOR; two stages.
KERNEL THREADS(256) void gemm_f16_global_lds(float *c, const _Float16 *a, const _Float16 *b, int m,
                                             int n, int k) {
  SHARED _Float16 lds[2][2][64 * 32];
  uint t = thread(), lane = t % 64, wave = __builtin_amdgcn_readfirstlane(t / 64);
  uint row0 = group() * 64, col0 = groupY() * 64;
  uint chunk = (t % 4 ^ t / 8 % 4) * 8;
  const _Float16 *pa = a + (ulong)__builtin_elementwise_min(row0 + t / 4, m - 1u) * k + chunk;
  const _Float16 *pb = b + (ulong)__builtin_elementwise_min(col0 + t / 4, n - 1u) * k + chunk;
  auto copy = [&](int stage, int kk) {
    __builtin_amdgcn_global_load_lds((GLOBAL void *)(pa + kk),
                                     (LDS void *)&lds[stage][0][wave * 512], 16, 0, 0);
    __builtin_amdgcn_global_load_lds((GLOBAL void *)(pb + kk),
                                     (LDS void *)&lds[stage][1][wave * 512], 16, 0, 0);
  };
  auto fragment = [&](int stage, int operand, uint row, uint s) {
    uint place = (s * 2 + lane / 32) ^ row / 2 % 4;
    return *(half8 *)&lds[stage][operand][row * 32 + place * 8];
  };
  float16 sum = {};
  uint wr = wave / 2 * 32, wc = wave % 2 * 32;
  copy(0, 0);
  for (int kk = 0; kk < k; kk += 32) {
    int stage = kk / 32 & 1;
    __builtin_amdgcn_s_waitcnt(0x0f70); // vmcnt(0)
    barrier();
    if (kk + 32 < k)
      copy(stage ^ 1, kk + 32);
#pragma unroll
    for (uint s = 0; s < 2; ++s)
      sum = __builtin_amdgcn_mfma_f32_32x32x16_f16(fragment(stage, 0, wr + lane % 32, s),
                                                   fragment(stage, 1, wc + lane % 32, s), sum, 0, 0,
                                                   0);
  }
  for (int i = 0; i < 16; ++i) {
    uint row = row0 + wr + row32(lane, i), col = col0 + wc + lane % 32;
    if (row < m && col < n)
      c[row * n + col] = sum[i];
  }
}

// C[M,N] = Aᵀ · B of A[K,M] and B[K,N]: both lie along K in memory, so that both go through the
// transposing LDS read. 32x32 tile of one wave, K a multiple of 32, copies of 16 bytes per lane
// whose range the buffer checks.
KERNEL THREADS(64) void gemm_tn_bf16(float *c, const __bf16 *a, const __bf16 *b, int m, int n,
                                     int k) {
  SHARED __bf16 lds[2][32 * 32]; // [k][row]
  uint lane = thread(), row0 = group() * 32, col0 = groupY() * 32;
  float4 sum[2][2] = {};
  for (int kk = 0; kk < k; kk += 32) {
    // 2 KiB per operand: two copies of a wave.
    for (uint i = 0; i < 2; ++i) {
      uint line = kk + i * 16 + lane / 4, column = lane % 4 * 8;
      __builtin_amdgcn_raw_ptr_buffer_load_lds(RSRC(a, m * k * 2), (LDS void *)&lds[0][i * 512], 16,
                                               (line * m + row0 + column) * 2, 0, 0, 0);
      __builtin_amdgcn_raw_ptr_buffer_load_lds(RSRC(b, n * k * 2), (LDS void *)&lds[1][i * 512], 16,
                                               (line * n + col0 + column) * 2, 0, 0, 0);
    }
    __builtin_amdgcn_s_waitcnt(0x0f70); // vmcnt(0)
    barrier();
    // Lane 16g + 4r + q reads four elements at row 4q of line 8g + r, and gets four of column
    // lane % 16: two such reads are the eight that it contributes to the product.
    auto fragment = [&](uint operand, uint tile) {
      union {
        bf16x8 all;
        bf16x4 part[2];
      } f;
      for (uint half = 0; half < 2; ++half)
        f.part[half] = __builtin_amdgcn_ds_read_tr16_b64_v4bf16(
            (LDS bf16x4 *)&lds[operand][(lane / 16 * 8 + half * 4 + lane % 16 / 4) * 32 +
                                        tile * 16 + lane % 4 * 4]);
      return f.all;
    };
#pragma unroll
    for (uint i = 0; i < 2; ++i)
#pragma unroll
      for (uint j = 0; j < 2; ++j)
        sum[i][j] = __builtin_amdgcn_mfma_f32_16x16x32_bf16(fragment(0, i), fragment(1, j),
                                                            sum[i][j], 0, 0, 0);
    barrier();
  }
  for (uint i = 0; i < 2; ++i)
    for (uint j = 0; j < 2; ++j)
      for (uint e = 0; e < 4; ++e) {
        uint row = row0 + i * 16 + row16(lane, e), col = col0 + j * 16 + lane % 16;
        if (row < m && col < n)
          c[row * n + col] = sum[i][j][e];
      }
}

// The same of bytes: 16x16 tile of one wave, K a multiple of 32; lines of 16 bytes.
KERNEL THREADS(64) void gemm_tn_i8(int *c, const signed char *a, const signed char *b, int m, int n,
                                   int k) {
  SHARED signed char lds[2][32 * 16]; // [k][row]
  uint lane = thread(), row0 = group() * 16, col0 = groupY() * 16;
  int4 sum = {};
  for (int kk = 0; kk < k; kk += 32) {
    uint line = lane / 2, column = lane % 2 * 8;
    *(long *)&lds[0][lane * 8] = *(const long *)(a + (ulong)(kk + line) * m + row0 + column);
    *(long *)&lds[1][lane * 8] = *(const long *)(b + (ulong)(kk + line) * n + col0 + column);
    barrier();
    auto fragment = [&](uint operand) {
      LDS int2 *from = (LDS int2 *)&lds[operand][lane * 8];
      return __builtin_bit_cast(long, __builtin_amdgcn_ds_read_tr8_b64_v2i32(from));
    };
    sum = __builtin_amdgcn_mfma_i32_16x16x32_i8(fragment(0), fragment(1), sum, 0, 0, 0);
    barrier();
  }
  for (uint i = 0; i < 4; ++i)
    c[(row0 + row16(lane, i)) * n + col0 + lane % 16] = sum[i];
}

// C[M,N] (bf16) = A[M,K] · B[N,K]ᵀ, 16x16 tiles, K cut into `splits` slices of whole 32s: each
// workgroup stores the sums of its slice, and the last to arrive at a tile adds them in order.
KERNEL THREADS(64) void gemm_split_k(__bf16 *c, float *parts, uint *arrivals, const __bf16 *a,
                                     const __bf16 *b, int n, int k) {
  uint lane = thread(), slice = __builtin_amdgcn_workgroup_id_z();
  uint splits = __builtin_amdgcn_grid_size_z();
  uint tiles_n = __builtin_amdgcn_grid_size_y(), tile = group() * tiles_n + groupY();
  const __bf16 *pa = a + (group() * 16 + lane % 16) * (ulong)k + lane / 16 * 8;
  const __bf16 *pb = b + (groupY() * 16 + lane % 16) * (ulong)k + lane / 16 * 8;
  uint steps = k / 32;
  float4 sum = {};
  for (uint s = steps * slice / splits; s < steps * (slice + 1) / splits; ++s)
    sum = __builtin_amdgcn_mfma_f32_16x16x32_bf16(*(const bf16x8 *)(pa + s * 32),
                                                  *(const bf16x8 *)(pb + s * 32), sum, 0, 0, 0);
  float4 *mine = (float4 *)parts + (ulong)tile * splits * 64 + lane;
  mine[slice * 64] = sum;
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "agent");
  uint arrived = 0;
  if (lane == 0)
    arrived =
        __hip_atomic_fetch_add(&arrivals[tile], 1u, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
  if (__builtin_amdgcn_readfirstlane(arrived) != splits - 1)
    return;
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "agent");
  float4 total = {};
  for (uint s = 0; s < splits; ++s)
    total += mine[s * 64];
  for (uint i = 0; i < 4; ++i)
    c[(group() * 16 + row16(lane, i)) * n + groupY() * 16 + lane % 16] = (__bf16)total[i];
}
