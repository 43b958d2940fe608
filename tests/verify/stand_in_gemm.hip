// A plain gfx950 GEMM that keeps the kernel contract, for testing the verifier without the compiler.
//
// One thread computes whole elements, one product after the other. The build compiles it once as it
// should be, which the verifier must pass, and once with each FAULT_… planted, which it must catch.
//
//   -DKERNEL=name -DTILE_M=16 -DTILE_N=64      the symbol and the tile
//   -DOUT_F32 -DBIAS -DSPLIT                   fp32 output, bias, split-K
//
// Header-free: compiled with -nogpuinc -nogpulib.

typedef unsigned short Bf16;
typedef unsigned int u32;

#ifdef OUT_F32
typedef float Out;
#else
typedef __bf16 Out;
#endif

#define DEVICE static __attribute__((device)) inline

DEVICE float toFloat(Bf16 bits) {
  const u32 wide = (u32)bits << 16;
  return __builtin_bit_cast(float, wide);
}

// The sum over K tiles [first, last) of one element.
DEVICE float dot(const Bf16 *a, const Bf16 *b, int first, int last) {
  float sum = 0;
  for (int i = first; i < last; ++i) {
    sum = __builtin_fmaf(toFloat(a[i]), toFloat(b[i]), sum);
#ifdef FAULT_BF16_ACCUMULATION
    sum = (float)(__bf16)sum;
#endif
  }
  return sum;
}

extern "C" __attribute__((global)) __attribute__((amdgpu_flat_work_group_size(64, 64)))
void KERNEL(const Bf16 *a, const Bf16 *b, Out *c,
#ifdef BIAS
            const Bf16 *bias,
#endif
#ifdef SPLIT
            void *workspace,
#endif
            int m, int n, int k,
#ifdef SPLIT
            int splits,
#endif
            long lda, long ldb, long ldc) {
  const int thread = __builtin_amdgcn_workitem_id_x();
  const int tile = __builtin_amdgcn_workgroup_id_x();
  const int tiles_n = (n + TILE_N - 1) / TILE_N;
  const int tile_m = tile / tiles_n;
  const int tile_n = tile - tile_m * tiles_n;
  int first = 0;
  int last = k;
#ifdef SPLIT
  const int tiles = tiles_n * ((m + TILE_M - 1) / TILE_M);
  const int split = __builtin_amdgcn_workgroup_id_y();
  const int share = (k + splits - 1) / splits;
  first = split * share;
  last = first + share < k ? first + share : k;
  u32 *counter = (u32 *)workspace + tile;
  float *partials = (float *)((char *)workspace + ((tiles * 4 + 255) & ~255)) +
                    (long)tile * splits * (TILE_M * TILE_N);
#endif

  for (int element = thread; element < TILE_M * TILE_N; element += 64) {
    const int row = tile_m * TILE_M + element / TILE_N;
    int column = tile_n * TILE_N + element % TILE_N;
    if (row >= m || column >= n)
      continue;
    int source = column;
#ifdef FAULT_NEXT_COLUMN
    source = column + 1 < n ? column + 1 : column;
#endif
    const float sum = dot(a + row * lda, b + source * ldb, first, last);
#ifdef SPLIT
    partials[split * (TILE_M * TILE_N) + element] = sum;
  }
  // One wave: the release of its one atomic covers all its stores.
  const u32 arrived = __builtin_amdgcn_readfirstlane(
      thread == 0 ? __hip_atomic_fetch_add(counter, 1u, __ATOMIC_ACQ_REL, __HIP_MEMORY_SCOPE_AGENT)
                  : 0u);
  if (arrived + 1 != (u32)splits)
    return;
  __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "agent");
#ifndef FAULT_COUNTER_LEFT
  if (thread == 0)
    __hip_atomic_store(counter, 0u, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
#endif
  for (int element = thread; element < TILE_M * TILE_N; element += 64) {
    const int row = tile_m * TILE_M + element / TILE_N;
    const int column = tile_n * TILE_N + element % TILE_N;
    if (row >= m || column >= n)
      continue;
#ifdef FAULT_ORDER_OF_ARRIVAL
    float sum = partials[split * (TILE_M * TILE_N) + element];
    for (int i = 0; i < splits; ++i)
      if (i != split)
        sum += partials[i * (TILE_M * TILE_N) + element];
#else
    float sum = 0;
    for (int i = 0; i < splits; ++i)
      sum += partials[i * (TILE_M * TILE_N) + element];
#endif
#else
    (void)first;
#endif
    float total = sum;
#ifdef BIAS
#ifdef FAULT_NO_BIAS
    (void)bias;
#else
    total += toFloat(bias[column]);
#endif
#endif
#ifdef FAULT_UNWRITTEN
    if (row == m - 1 && column == n / 2)
      continue;
#endif
    c[row * ldc + column] = (Out)total;
#ifdef FAULT_PADDING
    if (column == n - 1 && row < m - 1)
      c[row * ldc + n] = (Out)total;
#endif
#ifdef FAULT_OUT_OF_BOUNDS
    if (column == n - 1 && row == m - 1)
      c[row * ldc + n + 64] = (Out)total;
#endif
  }
}
