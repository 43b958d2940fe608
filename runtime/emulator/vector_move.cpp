// Vector instructions that move values: copies, selection by a lane mask, access to single lanes,
// swaps (CDNA4 ISA 12.7, 12.8, 12.11).
#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

// A copy carries undefined lanes along: compilers save whole registers whose lanes hold spilled
// scalars, and not all of these are in use.
void accumulationMove(Wave &w, const Instruction &i) {
  if (i.src[0] < kVgpr)
    return vector<[](u32 a) { return a; }>(w, i);
  unsigned from = i.src[0] - kVgpr;
  u64 undefined = w.exec & w.undefinedLanes(i.src[0]);
  LaneBuffer out;
  std::memcpy(out.v, w.readVgpr(i, i.src[0], w.exec & ~undefined), sizeof out.v);
  storeLanes(w.writeVgpr(i, i.dst, w.exec), out.v, w.exec);
  unsigned to = i.dst - kVgpr;
  w.ready[to] &= ~undefined;
  for (u64 lanes = undefined; lanes; lanes &= lanes - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(lanes));
    auto partly = w.partly_defined.find(from * kLanes + lane);
    w.partly_defined[to * kLanes + lane] = partly == w.partly_defined.end() ? 0 : partly->second;
  }
}

// As floats, for the sake of NEG and ABS alone.
void mov(Wave &w, const Instruction &i) {
  u32 keep = i.absolute & 1 ? 0x7fffffff : ~0u, flip = i.negate & 1 ? 0x80000000 : 0;
  Source<u32> a(w, i, 0);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = (a[l] & keep) ^ flip;
  writeLanes(w, i, i.dst, out.v);
}
void mov64(Wave &w, const Instruction &i) {
  u64 keep = i.absolute & 1 ? ~u64{0} >> 1 : ~u64{0}, flip = u64{i.negate & 1u} << 63;
  Source<u64> a(w, i, 0);
  alignas(64) u64 r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = (a[l] & keep) ^ flip;
  writeResult(w, i, r);
}

void nothing(Wave &, const Instruction &) {}

// D = mask ? S1 : S0. Each lane needs only the operand that it takes, and LLVM relies on that.
void cndmask(Wave &w, const Instruction &i) {
  u64 mask = w.scalarMask(i, i.src[2], w.exec);
  LaneBuffer buffers[2], out;
  const u32 *in[2];
  u64 exec = w.exec;
  for (int n = 0; n < 2; ++n) {
    w.exec = i.dpp || i.sdwa ? exec : exec & (n ? mask : ~mask);
    in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
    w.exec = exec;
  }
  u32 keep[2], flip[2];
  for (int n = 0; n < 2; ++n) {
    keep[n] = i.absolute >> n & 1 ? 0x7fffffff : ~0u;
    flip[n] = i.negate >> n & 1 ? 0x80000000 : 0;
  }
  for (int l = 0; l < kLanes; ++l) {
    u32 a = (in[0][l] & keep[0]) ^ flip[0], b = (in[1][l] & keep[1]) ^ flip[1];
    out.v[l] = mask >> l & 1 ? b : a;
  }
  writeLanes(w, i, i.dst, out.v);
}

// --- single lanes

void readfirstlane(Wave &w, const Instruction &i) {
  int lane = w.exec ? std::countr_zero(w.exec) : 0; // EXEC = 0 reads lane 0
  if (!w.exec)
    w.report(i, Check::kEmptyExec, "no lane is active: the value is that of an inactive lane 0");
  w.setScalar32(i, i.dst, w.readVgpr(i, i.src[0], u64{1} << lane)[lane]);
}
// Reading and writing one lane is how compilers spill scalars: an undefined scalar goes there and
// back, and is a fault only where it is used.
void readlane(Wave &w, const Instruction &i) {
  u32 lane = w.scalar32(i, i.src[1]) % kLanes;
  if (i.src[0] < kVgpr)
    return w.setScalar32(i, i.dst, w.scalar32(i, i.src[0]));
  unsigned r = i.src[0] - kVgpr;
  u64 bit = u64{1} << lane;
  bool undefined = w.undefinedLanes(i.src[0]) & bit;
  u32 value = w.readVgpr(i, i.src[0], undefined ? 0 : bit)[lane];
  std::uint32_t defined = ~0u;
  if (undefined) {
    auto partly = w.partly_defined.find(r * kLanes + lane);
    defined = partly == w.partly_defined.end() ? 0 : partly->second;
  }
  w.setScalar32(i, i.dst, value, defined);
}
void writelane(Wave &w, const Instruction &i) {
  u32 defined;
  u32 value = w.rawScalar32(i, i.src[0], defined), lane = w.scalar32(i, i.src[1]) % kLanes;
  u64 bit = u64{1} << lane;
  w.writeVgpr(i, i.dst, bit)[lane] = value;
  if (defined != ~0u) {
    w.ready[i.dst - kVgpr] &= ~bit;
    w.partly_defined[(i.dst - kVgpr) * kLanes + lane] = defined;
  }
}

template <bool high> void mbcnt(Wave &w, const Instruction &i) {
  Source<u32> mask(w, i, 0), base(w, i, 1);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    u64 below = (u64{1} << l) - 1;
    u32 part = static_cast<u32>(high ? below >> 32 : below);
    out.v[l] = static_cast<u32>(std::popcount(mask[l] & part)) + base[l];
  }
  writeLanes(w, i, i.dst, out.v);
}

// --- swaps of two registers

void swap(Wave &w, const Instruction &i) {
  LaneBuffer a, b;
  std::memcpy(a.v, w.readVgpr(i, i.dst, w.exec), sizeof a.v);
  std::memcpy(b.v, w.readVgpr(i, i.src[0], w.exec), sizeof b.v);
  storeLanes(w.writeVgpr(i, i.dst, w.exec), b.v, w.exec);
  storeLanes(w.writeVgpr(i, i.src[0], w.exec), a.v, w.exec);
}

// Lanes of `to` whose partner among the lanes of `from` may be read take its value. A lane reads an
// inactive partner if OP_SEL[0], FI, says so; if not, OP_SEL[1], BOUND_CTRL, gives it 0, and
// without either it keeps what it has (MLIR's amdgpu.permlane_swap).
void takeLanes(Wave &w, const Instruction &i, u16 to, u64 lanes, const u32 *partners,
               u64 readable) {
  bool zero = i.op_sel >> 1 & 1;
  lanes &= zero ? w.exec : w.exec & readable;
  u32 *out = w.writeVgpr(i, to, lanes);
  for (; lanes; lanes &= lanes - 1) {
    int l = std::countr_zero(lanes);
    out[l] = readable >> l & 1 ? partners[l] : 0;
  }
}

// The upper half of each block of 2 * `row` lanes of D changes places with the lower half of S0.
template <int row> void permlaneSwap(Wave &w, const Instruction &i) {
  if (i.src[0] < kVgpr)
    w.fault(i, "the source must be a VGPR");
  constexpr u64 kLower = row == 16 ? 0x0000ffff0000ffff : 0x00000000ffffffff;
  u64 source = i.op_sel & 1 ? kAllLanes : w.exec;
  // In the place of the lanes that read them: upper lanes read lower ones of S0, and back.
  u64 lower = source & kLower & (w.exec >> row), upper = source & ~kLower & (w.exec << row);
  const u32 *s = w.readVgpr(i, i.src[0], lower), *d = w.readVgpr(i, i.dst, upper);
  LaneBuffer from_s, from_d;
  for (int l = 0; l < kLanes; ++l) {
    from_s.v[l] = l >= row ? s[l - row] : 0;
    from_d.v[l] = l + row < kLanes ? d[l + row] : 0;
  }
  takeLanes(w, i, i.dst, ~kLower, from_s.v, source << row);
  takeLanes(w, i, i.src[0], kLower, from_d.v, source >> row);
}

const Semantics kTable[] = {
    {"v_nop", nothing},
    {"v_clrexcp", nothing},
    {"v_mov_b32", mov, 1},
    {"v_accvgpr_mov_b32", accumulationMove, 1},
    {"v_accvgpr_read_b32", accumulationMove, 1},
    {"v_accvgpr_write_b32", accumulationMove, 1},
    {"v_mov_b64", mov64, 1},
    {"v_cndmask_b32", cndmask, 3},
    {"v_readfirstlane_b32", readfirstlane, 1},
    {"v_readlane_b32", readlane, 2},
    {"v_writelane_b32", writelane, 2},
    {"v_mbcnt_lo_u32_b32", mbcnt<false>, 2},
    {"v_mbcnt_hi_u32_b32", mbcnt<true>, 2},
    {"v_swap_b32", swap, 1},
    {"v_permlane16_swap_b32", permlaneSwap<16>, 1},
    {"v_permlane32_swap_b32", permlaneSwap<32>, 1},
};

} // namespace

std::span<const Semantics> vectorMoveSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
