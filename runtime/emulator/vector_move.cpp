// Vector instructions that look beyond their own lane, or at lane masks: selection, carries, lane
// access, permutations (CDNA4 ISA 12.7, 12.8, 12.11).
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

#include <cmath>
#include <limits>

namespace gemmsmith::emulator {
namespace {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

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

// Sums with carry out and, where there is one, carry in. F(a, b, carry) is 33 bits wide.
template <auto F, bool carry_in> void carry(Wave &w, const Instruction &i) {
  u64 in = carry_in ? w.scalarMask(i, i.src[2], w.exec) : 0;
  Source<u32> a(w, i, 0), b(w, i, 1);
  LaneBuffer out;
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l) {
    u64 r = F(u64{a[l]}, u64{b[l]}, in >> l & 1);
    out.v[l] = static_cast<u32>(r);
    mask |= (r >> 32 & 1) << l;
  }
  if (i.clamp)
    w.fault(i, "clamp on a carry instruction is not emulated");
  writeLanes(w, i, i.dst, out.v);
  w.setScalar64(i, i.sdst, mask & w.exec);
}

template <typename T> void mad64(Wave &w, const Instruction &i) {
  Source<T> a(w, i, 0), b(w, i, 1);
  Source<u64> c(w, i, 2);
  alignas(64) u64 r[kLanes];
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l) {
    u64 product;
    bool overflow;
    if constexpr (std::is_signed_v<T>) {
      i64 p = i64{a[l]} * b[l], sum;
      overflow = __builtin_add_overflow(p, static_cast<i64>(c[l]), &sum);
      r[l] = static_cast<u64>(sum);
    } else {
      product = u64{a[l]} * b[l];
      overflow = __builtin_add_overflow(product, c[l], &r[l]);
    }
    mask |= u64{overflow} << l;
  }
  writeResult(w, i, r);
  w.setScalar64(i, i.sdst, mask & w.exec);
}

// --- single lanes

void readfirstlane(Wave &w, const Instruction &i) {
  int lane = w.exec ? std::countr_zero(w.exec) : 0; // EXEC = 0 reads lane 0
  if (i.src[0] < kVgpr)
    return w.setScalar32(i, i.dst, w.scalar32(i, i.src[0]));
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
  bool undefined = r < kVgprs && w.allowed[r] && !((w.ready[r] | w.pending[r]) & bit);
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
// The upper half of each block of 2 * `row` lanes of D changes places with the lower half of S0.
template <int row> void permlaneSwap(Wave &w, const Instruction &i) {
  if (i.src[0] < kVgpr)
    w.fault(i, "the source must be a VGPR");
  if (w.exec != kAllLanes)
    w.fault(i, "lane swaps with inactive lanes are not emulated");
  LaneBuffer d, s;
  std::memcpy(d.v, w.readVgpr(i, i.dst, kAllLanes), sizeof d.v);
  std::memcpy(s.v, w.readVgpr(i, i.src[0], kAllLanes), sizeof s.v);
  for (int block = 0; block < kLanes; block += 2 * row)
    for (int l = block; l < block + row; ++l)
      std::swap(d.v[l + row], s.v[l]);
  storeLanes(w.writeVgpr(i, i.dst, kAllLanes), d.v, kAllLanes);
  storeLanes(w.writeVgpr(i, i.src[0], kAllLanes), s.v, kAllLanes);
}

// --- steps of an IEEE division (V_DIV_SCALE_F32, V_DIV_FMAS_F32). The manual's tests for a
// reciprocal that is denormal as a double cannot be true for a float and are left out.

bool denormal(float f) {
  return f != 0 && std::fabs(f) < std::numeric_limits<float>::min();
}
int exponent(float f) {
  return static_cast<int>(std::bit_cast<u32>(f) >> 23 & 0xff);
}

void divScale(Wave &w, const Instruction &i) {
  Source<float> s0(w, i, 0), s1(w, i, 1), s2(w, i, 2);
  alignas(64) float r[kLanes];
  u64 vcc = 0;
  for (int l = 0; l < kLanes; ++l) {
    float a = s0[l], b = s1[l], c = s2[l];
    float d = a;
    bool flag = false;
    if (c == 0 || b == 0) {
      d = std::numeric_limits<float>::quiet_NaN();
    } else if (exponent(c) - exponent(b) >= 96) {
      flag = true;
      if (a == b)
        d = std::ldexp(a, 64);
    } else if (denormal(b)) {
      d = std::ldexp(a, 64);
    } else if (denormal(c / b)) {
      flag = true;
      if (a == c)
        d = std::ldexp(a, 64);
    } else if (exponent(c) <= 23) {
      d = std::ldexp(a, 64);
    }
    r[l] = d;
    vcc |= u64{flag} << l;
  }
  writeResult(w, i, r);
  w.setScalar64(i, i.sdst, vcc & w.exec);
}
void divFmas(Wave &w, const Instruction &i) {
  u64 vcc = w.scalarMask(i, kVccLo, w.exec);
  Source<float> a(w, i, 0), b(w, i, 1), c(w, i, 2);
  alignas(64) float r[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    r[l] = std::fma(a[l], b[l], c[l]);
    // Scaled before the one rounding: the product is exact in double, the sum in effect here.
    if (vcc >> l & 1) {
      long double sum = static_cast<long double>(static_cast<double>(a[l]) * b[l]) + c[l];
      r[l] = static_cast<float>(std::ldexp(sum, exponent(c[l]) > 127 ? 64 : -64));
    }
  }
  writeResult(w, i, r);
}

constexpr auto kAdd = [](u64 a, u64 b, u64 c) { return a + b + c; };
constexpr auto kSub = [](u64 a, u64 b, u64 c) { return a - b - c; };
constexpr auto kSubRev = [](u64 a, u64 b, u64 c) { return b - a - c; };

const Semantics kTable[] = {
    {"v_cndmask_b32", cndmask, 3},
    {"v_add_co_u32", carry<kAdd, false>, 2},
    {"v_sub_co_u32", carry<kSub, false>, 2},
    {"v_subrev_co_u32", carry<kSubRev, false>, 2},
    {"v_addc_co_u32", carry<kAdd, true>, 3},
    {"v_subb_co_u32", carry<kSub, true>, 3},
    {"v_subbrev_co_u32", carry<kSubRev, true>, 3},
    {"v_mad_u64_u32", mad64<u32>, 3},
    {"v_mad_i64_i32", mad64<std::int32_t>, 3},
    {"v_readfirstlane_b32", readfirstlane, 1},
    {"v_readlane_b32", readlane, 2},
    {"v_writelane_b32", writelane, 2},
    {"v_mbcnt_lo_u32_b32", mbcnt<false>, 2},
    {"v_mbcnt_hi_u32_b32", mbcnt<true>, 2},
    {"v_swap_b32", swap, 1},
    {"v_permlane16_swap_b32", permlaneSwap<16>, 1},
    {"v_permlane32_swap_b32", permlaneSwap<32>, 1},
    {"v_div_scale_f32", divScale, 3},
    {"v_div_fmas_f32", divFmas, 3},
};

} // namespace

std::span<const Semantics> vectorMoveSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
