// The steps of an IEEE division: V_DIV_SCALE, V_DIV_FMAS and V_DIV_FIXUP (CDNA4 ISA 12.11).
//
// Four lines of the manual's pseudocode cannot be what the hardware does, since LLVM's divisions,
// which consist of these steps and are exact on hardware, would give wrong quotients:
//  - V_DIV_FMAS would scale by 2^32 (2^64 for float64), always up. But V_DIV_SCALE scales one
//    operand by 2^64 (2^128), and a quotient that is too large must come down by as much: the
//    exponent of the third operand, the quotient so far, says which way.
//  - V_DIV_SCALE would scale a denominator above 2^126 (2^1022) up and so to infinity where the
//    quotient is denormal. Down is what keeps its reciprocal from being denormal.
//  - V_DIV_SCALE_F32 would look for a reciprocal that is denormal as a double. There is none; one
//    that is denormal as a float exists, and V_RCP_F32 makes a zero of it.
//  - V_DIV_SCALE would not scale for a quotient so small that it rounds to zero. A tie between zero
//    and the least denormal then comes out as either, for the quotient is rounded on the way.
// V_DIV_FIXUP has to know a quotient that overflowed on the way, which is a NaN by then; the manual
// asks for an infinite denominator in that place, which an earlier line already took.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <limits>

namespace gemmsmith::emulator {
namespace {

template <typename T> struct Division; // the constants of the pseudocode
template <> struct Division<float> {
  static constexpr int kScale = 64, kLarge = 96, kTiny = 23, kUnderflow = -150, kBias = 127;
  using Wide = double;
};
template <> struct Division<double> {
  static constexpr int kScale = 128, kLarge = 768, kTiny = 53, kUnderflow = -1075, kBias = 1023;
  __extension__ typedef __float128 Wide;
};

template <typename T> bool denormal(T f) {
  return f != 0 && exponentField(f) == 0;
}

template <typename T> struct Scaled {
  T value;
  bool flag; // the quotient needs scaling afterwards
};
// Scales `value`, one of the other two.
template <typename T> Scaled<T> scale(T value, T denominator, T numerator) {
  using D = Division<T>;
  T up = std::ldexp(value, D::kScale), down = std::ldexp(value, -D::kScale);
  bool is_denominator = value == denominator, is_numerator = value == numerator;
  if (numerator == 0 || denominator == 0)
    return {std::numeric_limits<T>::quiet_NaN(), false};
  if (exponentField(numerator) - exponentField(denominator) >= D::kLarge)
    return {is_denominator ? up : value, true};
  if (denormal(denominator))
    return {up, false};
  bool tiny_reciprocal = denormal(1 / denominator);
  bool tiny_quotient = !std::isinf(denominator) &&
                       std::fabs(numerator / denominator) < std::numeric_limits<T>::min();
  if (tiny_reciprocal && tiny_quotient)
    return {is_denominator ? down : value, true};
  if (tiny_reciprocal)
    return {down, false};
  if (tiny_quotient)
    return {is_numerator ? up : value, true};
  if (exponentField(numerator) <= D::kTiny)
    return {up, false};
  return {value, false};
}

template <typename T>
[[gnu::noinline]] u64 scaleLanes(Rounding mode, T *r, const Source<T> &value,
                                 const Source<T> &denominator, const Source<T> &numerator) {
  RoundingScope scope(mode);
  u64 flags = 0;
  for (int l = 0; l < kLanes; ++l) {
    Scaled<T> s = scale<T>(value[l], denominator[l], numerator[l]);
    r[l] = s.value;
    flags |= u64{s.flag} << l;
  }
  return flags;
}
template <typename T> void divScale(Wave &w, const Instruction &i) {
  Source<T> value(w, i, 0), denominator(w, i, 1), numerator(w, i, 2);
  alignas(64) T r[kLanes];
  u64 vcc = scaleLanes(rounding<T>(w.mode), r, value, denominator, numerator);
  writeResult(w, i, r);
  w.setScalar64(i, i.sdst, vcc & w.exec);
}

// a * b + c, scaled before the one rounding: the product is exact in the wider format.
template <typename T> T fusedAndScaled(T a, T b, T c, bool scaled) {
  using D = Division<T>;
  using Wide = typename D::Wide;
  if (!scaled)
    return std::fma(a, b, c);
  if (exponentField(c) > D::kBias)
    return std::ldexp(std::fma(a, b, c), D::kScale);
  auto factor = static_cast<Wide>(std::ldexp(T{1}, -D::kScale));
  return static_cast<T>(oddSum(static_cast<Wide>(a) * static_cast<Wide>(b), static_cast<Wide>(c)) *
                        factor);
}

struct MaskLanes {
  u64 mask;
  bool operator[](int lane) const { return mask >> lane & 1; }
};
template <typename T> void divFmas(Wave &w, const Instruction &i) {
  MaskLanes vcc{w.scalarMask(i, kVccLo, w.exec)};
  constexpr auto kKept = Denormals::kKept;
  Source<T> a(w, i, 0, kKept), b(w, i, 1, kKept), c(w, i, 2, kKept);
  compute<fusedAndScaled<T>, Follows::kResult, T>(w, i, a, b, c, vcc);
}

template <typename T> T fixup(T quotient, T denominator, T numerator) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  T sign = std::signbit(denominator) != std::signbit(numerator) ? T{-1} : T{1};
  if (numerator != numerator)
    return quiet(numerator);
  if (denominator != denominator)
    return quiet(denominator);
  if ((denominator == 0 && numerator == 0) || (std::isinf(denominator) && std::isinf(numerator)))
    return invalid<T>();
  if (denominator == 0 || std::isinf(numerator))
    return sign * kInfinity;
  if (std::isinf(denominator) || numerator == 0)
    return sign * 0;
  // MODE decides between zero and the least denormal, and between infinity and the largest number.
  if (exponentField(numerator) - exponentField(denominator) < Division<T>::kUnderflow)
    return sign / 4 * std::numeric_limits<T>::denorm_min();
  if (quotient != quotient)
    return sign * 2 * std::numeric_limits<T>::max();
  return std::copysign(quotient, sign);
}
// Halves are divided in float32, whose range needs no scaling.
Half fixupHalf(Half quotient, Half denominator, Half numerator) {
  auto q = static_cast<float>(quotient), d = static_cast<float>(denominator),
       n = static_cast<float>(numerator);
  bool negative = std::signbit(d) != std::signbit(n);
  if (n != n)
    return quiet(numerator);
  if (d != d)
    return quiet(denominator);
  if ((d == 0 && n == 0) || (std::isinf(d) && std::isinf(n)))
    return invalid<Half>();
  if (d == 0 || std::isinf(n))
    return half(negative ? 0xfc00 : 0x7c00);
  if (std::isinf(d) || n == 0)
    return half(negative ? 0x8000 : 0);
  return static_cast<Half>(negative ? -std::fabs(q) : std::fabs(q));
}

const Semantics kTable[] = {
    {"v_div_scale_f32", divScale<float>, 3},      {"v_div_scale_f64", divScale<double>, 3},
    {"v_div_fmas_f32", divFmas<float>, 3},        {"v_div_fmas_f64", divFmas<double>, 3},
    {"v_div_fixup_f32", vector<fixup<float>>, 3}, {"v_div_fixup_f64", vector<fixup<double>>, 3},
    {"v_div_fixup_f16", vector<fixupHalf>, 3},    {"v_div_fixup_legacy_f16", vector<fixupHalf>, 3},
};

} // namespace

std::span<const Semantics> vectorDivideSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
