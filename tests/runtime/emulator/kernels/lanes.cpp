// Data between lanes: DPP, ds_swizzle, permutes, swaps, ballots; a prefix sum over a block.
#include "device.h"

#define DPP(old, x, control, rows, bound)                                                          \
  __builtin_amdgcn_update_dpp(old, x, control, rows, 0xf, bound)
// Controls (CDNA4 ISA 5.1.2 and 12.21.1).
enum {
  kQuadSwapPairs = 0x4e,
  kQuadSwap = 0xb1,
  kRowShr = 0x110,
  kRowRor = 0x120,
  kRowMirror = 0x140,
  kRowHalfMirror = 0x141,
  kRowBcast15 = 0x142,
  kRowBcast31 = 0x143
};

// Sum of a wave, as LLVM's scan of atomics does it: prefix sums by shifts in rows of 16, then
// across rows by broadcasts; lane 63 ends up with everything.
DEVICE int sumByShifts(int x) {
  x += DPP(0, x, kRowShr | 1, 0xf, true);
  x += DPP(0, x, kRowShr | 2, 0xf, true);
  x += DPP(0, x, kRowShr | 4, 0xf, true);
  x += DPP(0, x, kRowShr | 8, 0xf, true);
  x += DPP(0, x, kRowBcast15, 0xa, false);
  x += DPP(0, x, kRowBcast31, 0xc, false);
  return x;
}

// Five ways to the sum of a wave.
KERNEL THREADS(64) void wave_sums(int *out, const int *in) {
  uint lane = thread();
  int v = in[group() * 64 + lane], *to = out + group() * 5;
  int shifts = __builtin_amdgcn_readlane(sumByShifts(v), 63);

  int mirror = v;
  mirror += DPP(0, mirror, kQuadSwap, 0xf, true);
  mirror += DPP(0, mirror, kQuadSwapPairs, 0xf, true);
  mirror += DPP(0, mirror, kRowHalfMirror, 0xf, true);
  mirror += DPP(0, mirror, kRowMirror, 0xf, true);
  uint2 rows = __builtin_amdgcn_permlane16_swap(mirror, mirror, false, false);
  mirror = rows[0] + rows[1];
  uint2 halves = __builtin_amdgcn_permlane32_swap(mirror, mirror, false, false);
  mirror = halves[0] + halves[1];

  int swizzle = v;
  swizzle += __builtin_amdgcn_ds_swizzle(swizzle, 0x041f); // xor 1
  swizzle += __builtin_amdgcn_ds_swizzle(swizzle, 0x081f);
  swizzle += __builtin_amdgcn_ds_swizzle(swizzle, 0x101f);
  swizzle += __builtin_amdgcn_ds_swizzle(swizzle, 0x201f);
  swizzle += __builtin_amdgcn_ds_swizzle(swizzle, 0x401f); // xor 16
  swizzle = __builtin_amdgcn_readlane(swizzle, 0) + __builtin_amdgcn_readlane(swizzle, 32);

  int permute = v;
  for (int step = 32; step; step >>= 1)
    permute += __builtin_amdgcn_ds_bpermute((lane ^ step) * 4, permute);

  int rotate = v;
  for (int step = 0; step < 4; ++step) {
    // A rotation by a power of two, whose amount is a constant of the instruction.
    int other = step == 0   ? DPP(0, rotate, kRowRor | 1, 0xf, true)
                : step == 1 ? DPP(0, rotate, kRowRor | 2, 0xf, true)
                : step == 2 ? DPP(0, rotate, kRowRor | 4, 0xf, true)
                            : DPP(0, rotate, kRowRor | 8, 0xf, true);
    rotate += other;
  }
  int total = 0;
  for (int row = 0; row < 4; ++row)
    total += __builtin_amdgcn_readlane(rotate, row * 16);

  if (lane == 0) {
    to[0] = shifts;
    to[1] = mirror;
    to[2] = swizzle;
    to[3] = permute;
    to[4] = total;
  }
}

// out[i] = in[0] + … + in[i] over blocks of 256: prefix sums of the waves by DPP, of the block
// through LDS.
KERNEL THREADS(256) void block_scan(int *out, const int *in, int n) {
  SHARED int waves[4];
  uint t = thread(), lane = t % 64, wave = t / 64;
  int i = group() * 256 + t;
  int v = sumByShifts(i < n ? in[i] : 0);
  if (lane == 63)
    waves[wave] = v;
  barrier();
  int before = 0;
  for (uint w = 0; w < wave; ++w)
    before += waves[w];
  if (i < n)
    out[i] = before + v;
}

// The positive values of a wave, in order, and their number: ballot and mbcnt.
KERNEL THREADS(64) void compact(int *out, int *count, const int *in, int n) {
  uint lane = thread();
  int v = lane < n ? in[lane] : 0;
  ulong keep = __builtin_amdgcn_ballot_w64(v > 0);
  uint place =
      __builtin_amdgcn_mbcnt_hi((uint)(keep >> 32), __builtin_amdgcn_mbcnt_lo((uint)keep, 0));
  if (v > 0)
    out[place] = v;
  if (lane == 0)
    *count = __builtin_popcountll(keep);
}

// Reverses a wave by ds_permute and rotates its quads, while some lanes are off.
KERNEL THREADS(64) void permutes(int *reversed, int *quads, const int *in, int n) {
  uint lane = thread();
  int v = in[lane];
  reversed[lane] = __builtin_amdgcn_ds_permute((63 - lane) * 4, v);
  if (lane < n)
    quads[lane] = __builtin_amdgcn_mov_dpp(v, 0x39, 0xf, 0xf, false); // [1,2,3,0]
}
