// The steps of an IEEE division: V_DIV_SCALE_F32, V_DIV_FMAS_F32, V_DIV_FIXUP_F32 (CDNA4
// ISA 12.11).
//
// The manual's tests for a reciprocal that is denormal as a double cannot be true for a float and
// are left out.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <limits>

namespace gemmsmith::emulator {
namespace {

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

float divFixup(float s0, float s1, float s2) {
  bool negative = std::signbit(s1) != std::signbit(s2);
  float sign = negative ? -1.0f : 1.0f;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  if (s2 != s2)
    return quiet(s2);
  if (s1 != s1)
    return quiet(s1);
  if ((s1 == 0 && s2 == 0) || (std::isinf(s1) && std::isinf(s2)))
    return std::bit_cast<float>(0xffc00000u);
  if (s1 == 0 || std::isinf(s2))
    return sign * kInf;
  if (std::isinf(s1) || s2 == 0)
    return sign * 0.0f;
  if (exponent(s2) - exponent(s1) < -150)
    return sign * 0.0f;
  if (exponent(s1) == 255)
    return sign * kInf;
  return s0 != s0 ? sign * kInf : std::copysign(s0, sign); // a quotient that overflowed on the way
}

const Semantics kTable[] = {
    {"v_div_scale_f32", divScale, 3},
    {"v_div_fmas_f32", divFmas, 3},
    {"v_div_fixup_f32", vector<[](float a, float b, float c) { return divFixup(a, b, c); }>, 3},
};

} // namespace

std::span<const Semantics> vectorDivideSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
