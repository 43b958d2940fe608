// Packed operations: on both 16-bit halves of a register, and on both floats of a register pair
// (CDNA4 ISA 6.7, 12.10).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/saturation.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>

namespace gemmsmith::emulator {
namespace {

// --- 16-bit halves: OP_SEL picks the halves of the sources for the low result, OP_SEL_HI for the
// high one

// VOP2 has no OP_SEL: each half comes from its own half.
struct HalfSelection {
  u32 low, high;
};
HalfSelection halfSelection(const Instruction &i) {
  return i.format == Format::kVop3p ? HalfSelection{i.op_sel, i.op_sel_hi} : HalfSelection{0, 7};
}

template <typename T> T packedOperand(const Instruction &i, u32 v, int n, bool upper, u32 negate) {
  u32 bits = upper ? v >> 16 : v & 0xffff;
  if constexpr (std::is_same_v<T, Half>) {
    // An inline constant is a half in the lower half, and nothing above it.
    u16 code = i.src[n];
    if (code >= 240 && code <= 248)
      bits = upper ? 0 : inlineHalf(code);
    bits ^= (negate >> n & 1) << 15;
  }
  return std::bit_cast<T>(static_cast<u16>(bits));
}
template <auto F, typename T, typename... A>
void packedOf(Wave &w, const Instruction &i, T (*)(A...)) {
  constexpr int kCount = sizeof...(A);
  HalfSelection select = halfSelection(i);
  LaneBuffer buffers[kCount], out;
  const u32 *in[kCount];
  for (int n = 0; n < kCount; ++n)
    in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
  for (int l = 0; l < kLanes; ++l) {
    u32 halves[2];
    for (int h = 0; h < 2; ++h) {
      u32 from = h ? select.high : select.low, negate = h ? i.negate_high : i.negate;
      auto at = [&](int n) { return packedOperand<T>(i, in[n][l], n, from >> n & 1, negate); };
      T r;
      if constexpr (kCount == 2)
        r = F(at(0), at(1));
      else
        r = F(at(0), at(1), at(2));
      if constexpr (std::is_same_v<T, Half>)
        if (i.clamp)
          r = modifyFloat(w, i, r);
      halves[h] = std::bit_cast<u16>(r);
    }
    out.v[l] = halves[0] | halves[1] << 16;
  }
  writeLanes(w, i, i.dst, out.v);
}
template <auto F> void packed(Wave &w, const Instruction &i) {
  packedOf<F>(w, i, +F);
}

template <typename T, auto F, typename... A> void packedSum(Wave &w, const Instruction &i) {
  if (i.clamp)
    packedOf<saturated<T, F, A...>>(w, i, saturated<T, F, A...>);
  else
    packedOf<wrapped<T, F, A...>>(w, i, wrapped<T, F, A...>);
}

// Rounds a * b + c once. The product is exact in a double, the sum is not: it is rounded to odd, so
// that rounding to the eleven bits of a half sees on which side of a tie it lay.
Half fused(Half a, Half b, Half c) {
  double product = static_cast<double>(a) * static_cast<double>(b), addend = static_cast<double>(c);
  double sum = product + addend;
  double part = sum - product;
  double rest = (product - (sum - part)) + (addend - part);
  auto bits = std::bit_cast<u64>(sum);
  if (rest != 0 && std::isfinite(sum) && !(bits & 1))
    bits = (rest > 0) == (sum > 0) ? bits + 1 : bits - 1;
  return static_cast<Half>(std::bit_cast<double>(bits));
}

void packedFmac(Wave &w, const Instruction &i) {
  if (i.negate || i.absolute || i.omod || i.op_sel)
    w.fault(i, "v_pk_fmac_f16 with modifiers is not emulated");
  packedOf<fused>(w, i, fused);
}

// --- pairs of dwords: OP_SEL and OP_SEL_HI pick one of each source

bool isPair(u16 code) {
  return code < 128 || code >= kVgpr;
}
// A constant is the first dword of its pair; the second is what extends an integer.
u32 secondDword(u16 constant) {
  return constant >= 193 && constant <= 208 ? ~0u : 0;
}

template <auto F, int count> void packed32(Wave &w, const Instruction &i) {
  LaneBuffer low[3], high[3], out[2];
  const u32 *in[3][2] = {};
  for (int n = 0; n < count; ++n) {
    u16 code = i.src[n];
    if (code >= kVgpr) {
      in[n][0] = w.readVgpr(i, code, w.exec);
      in[n][1] = w.readVgpr(i, static_cast<u16>(code + 1), w.exec);
      continue;
    }
    u32 second = isPair(code) ? w.scalar32(i, static_cast<u16>(code + 1)) : secondDword(code);
    std::fill_n(low[n].v, kLanes, w.scalar32(i, code));
    std::fill_n(high[n].v, kLanes, second);
    in[n][0] = low[n].v;
    in[n][1] = high[n].v;
  }
  bool flush = flushesFloat32(w);
  for (int h = 0; h < 2; ++h) {
    u32 select = h ? i.op_sel_hi : i.op_sel, negate = h ? i.negate_high : i.negate;
    for (int l = 0; l < kLanes; ++l) {
      float v[3] = {};
      for (int n = 0; n < count; ++n) {
        u32 bits = in[n][select >> n & 1][l] ^ (negate >> n & 1) << 31;
        v[n] = std::bit_cast<float>(flush ? flushDenormal(bits) : bits);
      }
      float r = F(v[0], v[1], v[2]);
      if (i.clamp)
        r = modifyFloat(w, i, r);
      auto bits = std::bit_cast<u32>(r);
      out[h].v[l] = flush ? flushDenormal(bits) : bits;
    }
  }
  writeLanes(w, i, i.dst, out[0].v);
  writeLanes(w, i, static_cast<u16>(i.dst + 1), out[1].v);
}
// D0 is the dword of S0 that OP_SEL[0] picks, D1 the one of S1 that OP_SEL[1] picks.
void packedMov(Wave &w, const Instruction &i) {
  LaneBuffer out[2];
  for (int n = 0; n < 2; ++n) {
    bool second = i.op_sel >> n & 1;
    u16 code = i.src[n];
    if (second && !isPair(code)) {
      std::fill_n(out[n].v, kLanes, secondDword(code));
      continue;
    }
    LaneBuffer temporary;
    const u32 *in = operandLanes(w, i, n, static_cast<u16>(code + second), temporary);
    std::memcpy(out[n].v, in, sizeof out[n].v);
  }
  writeLanes(w, i, i.dst, out[0].v);
  writeLanes(w, i, static_cast<u16>(i.dst + 1), out[1].v);
}

const Semantics kTable[] = {
    {"v_pk_mad_i16", packedSum<i16, kMultiplyAdd, i16, i16, i16>, 3},
    {"v_pk_mad_u16", packedSum<u16, kMultiplyAdd, u16, u16, u16>, 3},
    {"v_pk_mul_lo_u16", packedSum<u16, kProduct, u16, u16>, 2},
    {"v_pk_add_i16", packedSum<i16, kSum, i16, i16>, 2},
    {"v_pk_sub_i16", packedSum<i16, kDifference, i16, i16>, 2},
    {"v_pk_add_u16", packedSum<u16, kSum, u16, u16>, 2},
    {"v_pk_sub_u16", packedSum<u16, kDifference, u16, u16>, 2},
    {"v_pk_lshlrev_b16", packed<[](u16 a, u16 b) { return (static_cast<u16>(b << (a & 15))); }>, 2},
    {"v_pk_lshrrev_b16", packed<[](u16 a, u16 b) { return (static_cast<u16>(b >> (a & 15))); }>, 2},
    {"v_pk_ashrrev_i16", packed<[](i16 a, i16 b) { return (static_cast<i16>(b >> (a & 15))); }>, 2},
    {"v_pk_max_i16", packed<[](i16 a, i16 b) { return std::max(a, b); }>, 2},
    {"v_pk_min_i16", packed<[](i16 a, i16 b) { return std::min(a, b); }>, 2},
    {"v_pk_max_u16", packed<[](u16 a, u16 b) { return std::max(a, b); }>, 2},
    {"v_pk_min_u16", packed<[](u16 a, u16 b) { return std::min(a, b); }>, 2},
    {"v_pk_fma_f16", packed<fused>, 3},
    {"v_pk_fmac_f16", packedFmac, 3},
    {"v_pk_add_f16", packed<[](Half a, Half b) { return (static_cast<Half>(a + b)); }>, 2},
    {"v_pk_mul_f16", packed<[](Half a, Half b) { return (static_cast<Half>(a * b)); }>, 2},
    {"v_pk_min_f16", packed<[](Half a, Half b) { return minNum(a, b); }>, 2},
    {"v_pk_max_f16", packed<[](Half a, Half b) { return maxNum(a, b); }>, 2},
    {"v_pk_minimum3_f16", packed<[](Half a, Half b, Half c) { return minimum(minimum(a, b), c); }>,
     3},
    {"v_pk_maximum3_f16", packed<[](Half a, Half b, Half c) { return maximum(maximum(a, b), c); }>,
     3},
    {"v_pk_fma_f32", packed32<[](float a, float b, float c) { return std::fma(a, b, c); }, 3>, 3},
    {"v_pk_mul_f32", packed32<[](float a, float b, float) { return a * b; }, 2>, 2},
    {"v_pk_add_f32", packed32<[](float a, float b, float) { return a + b; }, 2>, 2},
    {"v_pk_mov_b32", packedMov, 2},
};

} // namespace

std::span<const Semantics> vectorPackedSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
