// Conversions between number formats, lane by lane (CDNA4 ISA 12.7, 12.8, 12.11).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <limits>

namespace gemmsmith::emulator {
namespace {

// To integers: truncated and saturated; NaN gives 0.
template <typename I, typename F> I toInteger(F f) {
  if (f != f)
    return 0;
  if (f <= static_cast<F>(std::numeric_limits<I>::min()))
    return std::numeric_limits<I>::min();
  // max() + 1 is a power of two and exact.
  constexpr double kEnd = static_cast<double>(std::numeric_limits<I>::max()) + 1.0;
  if (static_cast<double>(f) >= kEnd)
    return std::numeric_limits<I>::max();
  return static_cast<I>(f);
}
template <typename I> I fromHalf(Half h) {
  return toInteger<I>(static_cast<float>(h));
}
// The manual adds 0.5F, but promises half an ulp: the sum is exact.
i32 roundedHalfUp(float f) {
  return toInteger<i32>(std::floor(static_cast<double>(f) + 0.5));
}
i32 roundedDown(float f) {
  return toInteger<i32>(std::floor(f));
}
// f32_to_u8, of which the manual says no more: saturated, NaN to 0 as the other conversions; and to
// nearest even, which is what Sea Islands hardware was seen to do (shadPS4, V_CVT_PK_U8_F32).
u32 toByte(float f) {
  return f != f ? 0 : static_cast<u32>(std::clamp(std::nearbyint(f), 0.0f, 255.0f));
}
u32 withByte(u32 v, u32 byte, u32 index) {
  u32 shift = (index & 3) * 8;
  return (v & ~(0xffu << shift)) | byte << shift;
}

// f16_to_snorm and kin: 1 is the largest integer. The product is exact in a double.
template <typename I, typename F> I normalized(F f) {
  constexpr double kOne = std::numeric_limits<I>::max();
  auto v = static_cast<double>(f);
  if (v != v)
    return 0;
  return static_cast<I>(
      std::nearbyint(std::clamp(v, std::is_signed_v<I> ? -1.0 : 0.0, 1.0) * kOne));
}
template <typename I, typename F> u32 normalizedPair(F a, F b) {
  return static_cast<u16>(normalized<I>(a)) | static_cast<u32>(static_cast<u16>(normalized<I>(b)))
                                                  << 16;
}

Half toHalf(float f) {
  return static_cast<Half>(f);
}
Half toHalfTowardZero(float f) {
  u32 bits = halfBits(static_cast<Half>(f));
  if (f == f && std::fabs(static_cast<float>(half(bits))) > std::fabs(f))
    --bits; // one step toward zero, from infinity to the largest value as well
  return half(bits);
}
// Both halves are rounded by F, whatever MODE says.
template <auto F> void packHalves(Wave &w, const Instruction &i) {
  Source<float> a(w, i, 0), b(w, i, 1);
  alignas(64) Half low[kLanes], high[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    low[l] = F(a[l]);
    high[l] = F(b[l]);
  }
  if (limitsHalfOverflow(w.mode)) {
    limitOverflow(low, a);
    limitOverflow(high, b);
  }
  if (modifiesResults<Half>(w, i)) {
    modifyLanes(w, i, low);
    modifyLanes(w, i, high);
  }
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = halfBits(low[l]) | halfBits(high[l]) << 16;
  writeLanes(w, i, i.dst, out.v);
}

// Stochastic rounding: the seed, taken as a fraction of the result's last place, is added before
// truncation. Its upper bits count, as the manual says for FP8 (V_CVT_SR_FP8_F32: S1[31:12]).
u16 stochasticBf16(float f, u32 seed) {
  auto v = std::bit_cast<u32>(f);
  if (!std::isfinite(f))
    return static_cast<u16>(toBf16(f));
  return static_cast<u16>((v + (seed >> 16)) >> 16);
}
u16 stochasticHalf(float f, u32 seed) {
  if (!std::isfinite(f))
    return static_cast<u16>(halfBits(static_cast<Half>(f)));
  double magnitude = std::fabs(static_cast<double>(f));
  constexpr double kLeastNormal = 0x1p-14;
  int exponent = std::ilogb(std::max(magnitude, kLeastNormal)); // of the last place, plus 10
  double places = std::floor(std::ldexp(magnitude, 10 - exponent) + seed * 0x1p-32);
  double rounded = std::ldexp(places, exponent - 10); // at most 2^128, past the largest half
  u32 bits = rounded >= 65536 ? 0x7c00 : halfBits(static_cast<Half>(rounded));
  return static_cast<u16>(bits | (std::signbit(f) ? 0x8000 : 0));
}

float offset4(u32 v) { // a signed 4-bit number of sixteenths
  return static_cast<float>(static_cast<i32>(v << 28) >> 28) / 16;
}

u32 randomStep(u32 v) {
  return v << 1 ^ (v >> 31 ? 197 : 0);
}

u32 saturateU16(u32 v) {
  return v > 0xffff ? 0xffff : v;
}
u32 saturateI16(i32 v) {
  return static_cast<u32>(std::clamp(v, -32768, 32767)) & 0xffff;
}

// The destination's other bytes stay, defined or not.
void accumulateByte(Wave &w, const Instruction &i) {
  Source<float> value(w, i, 0);
  Source<u32> index(w, i, 1);
  unsigned r = i.dst - kVgpr;
  const u32 *old = w.vgpr[r < kVgprs ? r : 0].data();
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = withByte(old[l], toByte(value[l]), index[l]);
  writeLanes(w, i, i.dst, out.v);
}

// Compilers fill the half that they do not need from any register, also one that nobody wrote.
// There is no undefined half of a register: that one becomes a NaN, which nobody takes for a
// result.
bool undefinedOperand(const Wave &w, u16 code) {
  if (code >= kVgpr)
    return w.exec && (w.undefinedLanes(code) & w.exec) == w.exec;
  return code < kExecLo && w.sgpr_defined[code] == 0 && !w.sgpr_pending[code];
}
template <Handler pack> void packDefined(Wave &w, const Instruction &i) {
  bool first = undefinedOperand(w, i.src[0]), second = undefinedOperand(w, i.src[1]);
  if (first == second || i.dpp || i.sdwa) // none, or nothing that makes sense
    return pack(w, i);
  Instruction defined = i;
  defined.src[first ? 0 : 1] = kLiteral;
  defined.literal = 0xffffffff;
  pack(w, defined);
}

constexpr auto kOperand = Follows::kOperand;

const Semantics kTable[] = {
    {"v_cvt_i32_f64", vector<toInteger<i32, double>>, 1},
    {"v_cvt_f64_i32", vector<[](i32 a) { return (static_cast<double>(a)); }>, 1},
    {"v_cvt_f32_i32", vector<[](i32 a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_f32_u32", vector<[](u32 a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_u32_f32", vector<toInteger<u32, float>>, 1},
    {"v_cvt_i32_f32", vector<toInteger<i32, float>>, 1},
    {"v_cvt_f16_f32", vector<toHalf>, 1},
    {"v_cvt_f32_f16", vector<[](Half a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_rpi_i32_f32", vector<roundedHalfUp>, 1},
    {"v_cvt_flr_i32_f32", vector<roundedDown>, 1},
    {"v_cvt_off_f32_i4", vector<offset4>, 1},
    {"v_cvt_f32_f64", vector<[](double a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_f64_f32", vector<[](float a) { return (static_cast<double>(a)); }>, 1},
    {"v_cvt_f32_ubyte0", vector<[](u32 a) { return (static_cast<float>(a & 0xff)); }>, 1},
    {"v_cvt_f32_ubyte1", vector<[](u32 a) { return (static_cast<float>(a >> 8 & 0xff)); }>, 1},
    {"v_cvt_f32_ubyte2", vector<[](u32 a) { return (static_cast<float>(a >> 16 & 0xff)); }>, 1},
    {"v_cvt_f32_ubyte3", vector<[](u32 a) { return (static_cast<float>(a >> 24)); }>, 1},
    {"v_cvt_u32_f64", vector<toInteger<u32, double>>, 1},
    {"v_cvt_f64_u32", vector<[](u32 a) { return (static_cast<double>(a)); }>, 1},
    {"v_cvt_f16_u16", vector<[](u16 a) { return (toHalf(static_cast<float>(a))); }>, 1},
    {"v_cvt_f16_i16", vector<[](i16 a) { return (toHalf(static_cast<float>(a))); }>, 1},
    {"v_cvt_u16_f16", vector<fromHalf<u16>>, 1},
    {"v_cvt_i16_f16", vector<fromHalf<i16>>, 1},
    {"v_cvt_norm_i16_f16", vector<normalized<i16, Half>, kOperand>, 1},
    {"v_cvt_norm_u16_f16", vector<normalized<u16, Half>, kOperand>, 1},
    {"v_cvt_f32_bf16", vector<[](u16 a) { return fromBf16(a); }>, 1},
    {"v_cvt_pk_bf16_f32",
     packDefined<vector<[](float a, float b) { return toBf16(a) | toBf16(b) << 16; }>>, 2},
    {"v_cvt_pk_f16_f32", packDefined<packHalves<toHalf>>, 2},
    {"v_cvt_pkrtz_f16_f32", packDefined<packHalves<toHalfTowardZero>>, 2},
    {"v_cvt_sr_f16_f32", vector<stochasticHalf>, 2},
    {"v_cvt_sr_bf16_f32", vector<stochasticBf16>, 2},
    {"v_cvt_pknorm_i16_f32", vector<normalizedPair<i16, float>, kOperand>, 2},
    {"v_cvt_pknorm_u16_f32", vector<normalizedPair<u16, float>, kOperand>, 2},
    {"v_cvt_pknorm_i16_f16", vector<normalizedPair<i16, Half>, kOperand>, 2},
    {"v_cvt_pknorm_u16_f16", vector<normalizedPair<u16, Half>, kOperand>, 2},
    {"v_cvt_pk_u8_f32",
     vector<[](float a, u32 index, u32 v) { return withByte(v, toByte(a), index); }>, 3},
    {"v_cvt_pkaccum_u8_f32", accumulateByte, 2},
    {"v_cvt_pk_u16_u32", vector<[](u32 a, u32 b) { return saturateU16(a) | saturateU16(b) << 16; }>,
     2},
    {"v_cvt_pk_i16_i32", vector<[](i32 a, i32 b) { return saturateI16(a) | saturateI16(b) << 16; }>,
     2},
    {"v_pack_b32_f16", vector<[](Half a, Half b) { return halfBits(a) | halfBits(b) << 16; }>, 2},
    {"v_prng_b32", vector<randomStep>, 1},
};

} // namespace

std::span<const Semantics> vectorConvertSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
