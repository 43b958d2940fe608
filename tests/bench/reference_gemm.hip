// A gfx950 GEMM as one would write it by hand in HIP: what `bench_compile` gives to clang -O3, to
// compare its compile time with ours for the same tile.
//
// C[M,N] = A[M,K] * B[N,K]^T, bf16 in and out, fp32 accumulation. A and B tiles are double-buffered in
// LDS, filled by 16-byte copies that bypass the registers; the copies of tile i + 1 are in flight while
// tile i is multiplied. LDS rows are swizzled (16-byte chunk index XOR row) so that fragment reads do
// not conflict; as the copies write linearly, it is the global addresses that are permuted. M and N
// tails cost nothing: the buffer descriptors end where the operands do. The argument layout is the
// kernel contract's. Easier than ours: K must be a multiple of TILE_K, rows of A and B aligned to 16
// bytes, and there is neither bias, split-K nor slice-K.
//
//   -DKERNEL=name -DTILE_M= -DTILE_N= -DTILE_K= -DWAVES_M= -DWAVES_N=
//
// Header-free: compiled with -nogpuinc -nogpulib.

typedef __bf16 Fragment __attribute__((ext_vector_type(8)));  // of A or B, one lane's
typedef float Accumulator __attribute__((ext_vector_type(4))); // of C, one lane's
typedef unsigned int u32;

#define DEVICE static __attribute__((device, always_inline)) inline
#define SHARED __attribute__((shared))
#define LDS __attribute__((address_space(3))) // of what a pointer points to

constexpr int kThreads = 64 * WAVES_M * WAVES_N;
constexpr int kChunk = 8;                // bf16 values in 16 bytes
constexpr int kRowChunks = TILE_K / kChunk;
constexpr int kSwizzle = kRowChunks < 8 ? kRowChunks - 1 : 7;
constexpr int kWaveM = TILE_M / WAVES_M; // rows of C of one wave
constexpr int kWaveN = TILE_N / WAVES_N;
constexpr int kFragmentsM = kWaveM / 16; // v_mfma_f32_16x16x32_bf16
constexpr int kFragmentsN = kWaveN / 16;
constexpr int kStepK = 32;

static_assert(TILE_M * TILE_K % (kChunk * kThreads) == 0 && TILE_N * TILE_K % (kChunk * kThreads) == 0);

// Copies of one operand's tile that each thread issues.
constexpr int kCopiesA = TILE_M * TILE_K / (kChunk * kThreads);
constexpr int kCopiesB = TILE_N * TILE_K / (kChunk * kThreads);

// Byte offset, from the tile's first element, of the chunk that `thread` copies in its copy `i`.
DEVICE u32 sourceOffset(int i, int thread, long stride) {
  const int chunk = i * kThreads + thread;
  const int row = chunk / kRowChunks;
  const int column = (chunk % kRowChunks) ^ (row & kSwizzle);
  return (u32)(row * stride + column * kChunk) * 2;
}

template <int Copies>
DEVICE void copyTile(__amdgpu_buffer_rsrc_t source, const u32 *offsets, int k_tile, int wave,
                     LDS __bf16 *destination) {
#pragma unroll
  for (int i = 0; i < Copies; ++i)
    __builtin_amdgcn_raw_ptr_buffer_load_lds(
        source, (LDS void *)(destination + (i * kThreads + wave * 64) * kChunk), 16, offsets[i],
        k_tile * TILE_K * 2, 0, 0);
}

// The fragment of 16 rows from `row` on at step `k` of the tile.
DEVICE Fragment readFragment(const LDS __bf16 *tile, int row, int k, int lane) {
  const int r = row + lane % 16;
  const int chunk = (k / kChunk + lane / 16) ^ (r & kSwizzle);
  return *(const LDS Fragment *)(tile + r * TILE_K + chunk * kChunk);
}

DEVICE void waitAndSynchronize() {
  __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
  __builtin_amdgcn_s_waitcnt(0);
  __builtin_amdgcn_s_barrier();
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
}

DEVICE int smaller(int a, int b) { return a < b ? a : b; }

extern "C" __attribute__((global)) __attribute__((amdgpu_flat_work_group_size(kThreads, kThreads)))
void KERNEL(__bf16 *a, __bf16 *b, __bf16 *c, int m, int n, int k, long lda, long ldb, long ldc) {
  static SHARED __bf16 shared_a[2][TILE_M * TILE_K];
  static SHARED __bf16 shared_b[2][TILE_N * TILE_K];
  const int thread = __builtin_amdgcn_workitem_id_x();
  const int lane = thread % 64;
  const int wave = __builtin_amdgcn_readfirstlane(thread / 64);
  const int tiles_n = (n + TILE_N - 1) / TILE_N;
  const int block = __builtin_amdgcn_workgroup_id_x();
  const int row = block / tiles_n * TILE_M;
  const int column = block % tiles_n * TILE_N;
  const int rows = smaller(m - row, TILE_M);
  const int columns = smaller(n - column, TILE_N);

  // 0x27000: raw buffer, 32-bit data format (CDNA4 ISA, buffer resource descriptor).
  const auto source_a = __builtin_amdgcn_make_buffer_rsrc(
      a + row * lda, 0, (int)(((rows - 1) * lda + k) * 2), 0x27000);
  const auto source_b = __builtin_amdgcn_make_buffer_rsrc(
      b + column * ldb, 0, (int)(((columns - 1) * ldb + k) * 2), 0x27000);
  u32 offsets_a[kCopiesA];
  u32 offsets_b[kCopiesB];
#pragma unroll
  for (int i = 0; i < kCopiesA; ++i)
    offsets_a[i] = sourceOffset(i, thread, lda);
#pragma unroll
  for (int i = 0; i < kCopiesB; ++i)
    offsets_b[i] = sourceOffset(i, thread, ldb);

  const int wave_m = wave / WAVES_N * kWaveM;
  const int wave_n = wave % WAVES_N * kWaveN;
  Accumulator sums[kFragmentsM][kFragmentsN] = {};

  const int k_tiles = k / TILE_K;
  copyTile<kCopiesA>(source_a, offsets_a, 0, wave, (LDS __bf16 *)shared_a[0]);
  copyTile<kCopiesB>(source_b, offsets_b, 0, wave, (LDS __bf16 *)shared_b[0]);
  waitAndSynchronize();
  for (int k_tile = 0; k_tile < k_tiles; ++k_tile) {
    const int now = k_tile % 2;
    if (k_tile + 1 < k_tiles) {
      copyTile<kCopiesA>(source_a, offsets_a, k_tile + 1, wave, (LDS __bf16 *)shared_a[1 - now]);
      copyTile<kCopiesB>(source_b, offsets_b, k_tile + 1, wave, (LDS __bf16 *)shared_b[1 - now]);
    }
#pragma unroll
    for (int step = 0; step < TILE_K; step += kStepK) {
      Fragment left[kFragmentsM];
      Fragment right[kFragmentsN];
#pragma unroll
      for (int i = 0; i < kFragmentsM; ++i)
        left[i] = readFragment((LDS __bf16 *)shared_a[now], wave_m + i * 16, step, lane);
#pragma unroll
      for (int j = 0; j < kFragmentsN; ++j)
        right[j] = readFragment((LDS __bf16 *)shared_b[now], wave_n + j * 16, step, lane);
#pragma unroll
      for (int i = 0; i < kFragmentsM; ++i)
#pragma unroll
        for (int j = 0; j < kFragmentsN; ++j)
          sums[i][j] =
              __builtin_amdgcn_mfma_f32_16x16x32_bf16(left[i], right[j], sums[i][j], 0, 0, 0);
    }
    waitAndSynchronize();
  }

#pragma unroll
  for (int i = 0; i < kFragmentsM; ++i)
#pragma unroll
    for (int j = 0; j < kFragmentsN; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int r = wave_m + i * 16 + lane / 16 * 4 + e;
        const int q = wave_n + j * 16 + lane % 16;
        if (r < rows && q < columns)
          c[(row + r) * ldc + column + q] = (__bf16)sums[i][j][e];
      }
}
