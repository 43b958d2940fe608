// Packed operations: on both 16-bit halves of a register, and on both floats of a register pair
// (CDNA4 ISA 6.7, 12.10).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/saturation.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>
#include <utility>

namespace gemmsmith::emulator {
namespace {

// Computes F of 64 lanes under MODE's rounding, and does to float results what MODE and CLAMP say.
template <auto F, typename T, typename... S>
void computeLanes(Wave &w, const Instruction &i, T *r, const S &...sources) {
  Rounding mode = kIsFloat<T> ? rounding<T>(w.mode) : Rounding::kNearestEven;
  if (mode != Rounding::kNearestEven) [[unlikely]]
    computeRounded<F>(mode, r, sources...);
  else
    for (int l = 0; l < kLanes; ++l)
      r[l] = F(sources[l]...);
  if constexpr (std::is_same_v<T, Half>)
    if (limitsHalfOverflow(w.mode)) [[unlikely]]
      limitOverflow(r, sources...);
  if constexpr (kIsFloat<T>)
    if (modifiesResults<T>(w, i)) [[unlikely]]
      modifyLanes(w, i, r);
}

// --- 16-bit halves: OP_SEL picks the halves of the sources for the low result, OP_SEL_HI for the
// high one; VOP2 has neither, and each half comes from its own half

template <typename T> class HalfOf {
public:
  HalfOf(const Wave &w, const Instruction &i, const u32 *lanes, int n, bool high) : lanes_(lanes) {
    bool upper = i.format == Format::kVop3p ? (high ? i.op_sel_hi : i.op_sel) >> n & 1 : high;
    shift_ = upper ? 16 : 0;
    if constexpr (std::is_same_v<T, Half>) {
      flip_ = ((high ? i.negate_high : i.negate) >> n & 1) << 15;
      flush_ = flushesInputs<Half>(w.mode);
      // An inline constant is a half in the lower half, and nothing above it.
      u16 code = i.src[n];
      if (code >= 240 && code <= 248)
        constant_ = upper ? 0 : inlineHalf(code);
    }
  }
  T operator[](int lane) const {
    u32 bits = constant_ >= 0 ? static_cast<u32>(constant_) : lanes_[lane] >> shift_;
    auto value = std::bit_cast<T>(static_cast<u16>(bits ^ flip_));
    if constexpr (std::is_same_v<T, Half>)
      return flush_ ? flushDenormal(value) : value;
    return value;
  }

private:
  const u32 *lanes_;
  int shift_;
  u32 flip_ = 0;
  i32 constant_ = -1;
  bool flush_ = false;
};

template <auto F, typename T, typename... A, std::size_t... N>
void packedOf(Wave &w, const Instruction &i, T (*)(A...), std::index_sequence<N...>) {
  LaneBuffer buffers[sizeof...(N)], out;
  const u32 *in[] = {operandLanes(w, i, int{N}, i.src[N], buffers[N])...};
  alignas(64) T r[2][kLanes];
  for (int h = 0; h < 2; ++h)
    computeLanes<F>(w, i, r[h], HalfOf<A>(w, i, in[N], int{N}, h == 1)...);
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = std::bit_cast<u16>(r[0][l]) | u32{std::bit_cast<u16>(r[1][l])} << 16;
  writeLanes(w, i, i.dst, out.v);
}
template <auto F, typename T, typename... A>
void packedOf(Wave &w, const Instruction &i, T (*function)(A...)) {
  packedOf<F>(w, i, function, std::index_sequence_for<A...>());
}
template <auto F> void packed(Wave &w, const Instruction &i) {
  packedOf<F>(w, i, +F);
}

// Integer sums, which CLAMP saturates.
template <typename T, auto F, typename... A> void packedSum(Wave &w, const Instruction &i) {
  i.clamp ? packed<saturated<T, F, A...>>(w, i) : packed<wrapped<T, F, A...>>(w, i);
}
template <auto Ieee, auto Plain> void packedByIeee(Wave &w, const Instruction &i) {
  ieee(w.mode) ? packed<Ieee>(w, i) : packed<Plain>(w, i);
}

void packedFmac(Wave &w, const Instruction &i) {
  if (i.negate || i.absolute || i.omod || i.op_sel)
    w.fault(i, "v_pk_fmac_f16 with modifiers is not emulated");
  packed<fusedHalf>(w, i);
}

// --- pairs of dwords: OP_SEL and OP_SEL_HI pick one of each source

bool isPair(u16 code) {
  return code < 128 || code >= kVgpr;
}
// A constant is the first dword of its pair; the second is what extends an integer.
u32 secondDword(u16 constant) {
  return constant >= 193 && constant <= 208 ? ~0u : 0;
}

struct DwordPair {
  DwordPair(Wave &w, const Instruction &i, int n) {
    u16 code = i.src[n], next = static_cast<u16>(code + 1);
    if (code >= kVgpr) {
      lanes[0] = w.readVgpr(i, code, w.exec);
      lanes[1] = w.readVgpr(i, next, w.exec);
      return;
    }
    std::fill_n(buffers[0].v, kLanes, w.scalar32(i, code));
    std::fill_n(buffers[1].v, kLanes, isPair(code) ? w.scalar32(i, next) : secondDword(code));
    lanes[0] = buffers[0].v;
    lanes[1] = buffers[1].v;
  }
  LaneBuffer buffers[2];
  const u32 *lanes[2];
};
class FloatOf {
public:
  FloatOf(const Wave &w, const Instruction &i, const DwordPair &pair, int n, bool high)
      : lanes_(pair.lanes[(high ? i.op_sel_hi : i.op_sel) >> n & 1]),
        flip_(((high ? i.negate_high : i.negate) >> n & 1u) << 31),
        flush_(flushesInputs<float>(w.mode)) {}
  float operator[](int lane) const {
    u32 bits = lanes_[lane] ^ flip_;
    return std::bit_cast<float>(flush_ ? flushDenormal(bits) : bits);
  }

private:
  const u32 *lanes_;
  u32 flip_;
  bool flush_;
};

template <auto F, std::size_t... N>
void packed32Of(Wave &w, const Instruction &i, std::index_sequence<N...>) {
  const DwordPair pairs[] = {DwordPair(w, i, int{N})...};
  alignas(64) float r[2][kLanes];
  for (int h = 0; h < 2; ++h)
    computeLanes<F>(w, i, r[h], FloatOf(w, i, pairs[N], int{N}, h == 1)...);
  for (int h = 0; h < 2; ++h) {
    LaneBuffer out;
    std::memcpy(out.v, r[h], sizeof out.v);
    writeLanes(w, i, static_cast<u16>(i.dst + h), out.v);
  }
}
template <auto F, std::size_t count> void packed32(Wave &w, const Instruction &i) {
  packed32Of<F>(w, i, std::make_index_sequence<count>());
}
float fusedFloat(float a, float b, float c) {
  return std::fma(a, b, c);
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
    {"v_pk_fma_f16", packed<fusedHalf>, 3},
    {"v_pk_fmac_f16", packedFmac, 3},
    {"v_pk_add_f16", packed<[](Half a, Half b) { return (static_cast<Half>(a + b)); }>, 2},
    {"v_pk_mul_f16", packed<[](Half a, Half b) { return (static_cast<Half>(a * b)); }>, 2},
    {"v_pk_min_f16", packedByIeee<least<true, Half>, least<false, Half>>, 2},
    {"v_pk_max_f16", packedByIeee<greatest<true, Half>, greatest<false, Half>>, 2},
    {"v_pk_minimum3_f16", packed<[](Half a, Half b, Half c) { return minimum(minimum(a, b), c); }>,
     3},
    {"v_pk_maximum3_f16", packed<[](Half a, Half b, Half c) { return maximum(maximum(a, b), c); }>,
     3},
    {"v_pk_fma_f32", packed32<fusedFloat, 3>, 3},
    {"v_pk_mul_f32", packed32<[](float a, float b) { return a * b; }, 2>, 2},
    {"v_pk_add_f32", packed32<[](float a, float b) { return a + b; }, 2>, 2},
    {"v_pk_mov_b32", packedMov, 2},
};

} // namespace

std::span<const Semantics> vectorPackedSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
