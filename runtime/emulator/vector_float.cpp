// Floating-point arithmetic, lane by lane (CDNA4 ISA 12.7, 12.8, 12.11). The steps of an IEEE
// division are in vector_divide.cpp, the transcendental unit in vector_transcendental.cpp.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

template <typename T> T sum(T a, T b) {
  return a + b;
}
template <typename T> T difference(T a, T b) {
  return a - b;
}
template <typename T> T reverseDifference(T a, T b) {
  return b - a;
}
template <typename T> T product(T a, T b) {
  return a * b;
}
template <typename T> T fused(T a, T b, T c) {
  if constexpr (std::is_same_v<T, Half>)
    return fusedHalf(a, b, c);
  else
    return std::fma(a, b, c);
}
// V_MAD rounds the product and the sum, and its denormals are zeros; the casts to float keep the
// compiler from carrying a longer product into the sum.
Half multiplyAdd(Half a, Half b, Half c) {
  Half p = flushDenormal(static_cast<Half>(static_cast<float>(flushDenormal(a)) *
                                           static_cast<float>(flushDenormal(b))));
  return flushDenormal(
      static_cast<Half>(static_cast<float>(p) + static_cast<float>(flushDenormal(c))));
}
// 0 times anything is +0.
float legacyProduct(float a, float b) {
  return a == 0 || b == 0 ? 0.0f : a * b;
}

// --- parts of a number

// Rounding may make 1 of the largest fractions; the manual's limit is the float below 1.
template <typename T> T fract(T a) {
  if constexpr (std::is_same_v<T, Half>) {
    float f = static_cast<float>(a);
    auto r = static_cast<Half>(f - std::floor(f)); // the difference is exact
    return r >= static_cast<Half>(1.0f) ? half(0x3bff) : r;
  } else {
    T r = a - std::floor(a);
    return r >= 1 ? std::nextafter(T{1}, T{0}) : r;
  }
}
template <typename T> auto wide(T a) {
  if constexpr (std::is_same_v<T, Half>)
    return static_cast<float>(a);
  else
    return a;
}
template <typename T> T truncated(T a) {
  return a != a ? quiet(a) : static_cast<T>(std::trunc(wide(a)));
}
template <typename T> T roundedUp(T a) {
  return a != a ? quiet(a) : static_cast<T>(std::ceil(wide(a)));
}
template <typename T> T roundedDown(T a) {
  return a != a ? quiet(a) : static_cast<T>(std::floor(wide(a)));
}
// To nearest even whatever MODE says, and -0 stays: the manual's sum with 0.5 means the exact one.
template <typename T> T roundedEven(T a) {
  return a != a ? quiet(a) : static_cast<T>(std::nearbyint(wide(a)));
}
template <typename T> T scaled(T a, i32 exponent) {
  return static_cast<T>(std::ldexp(wide(a), exponent));
}
Half scaledHalf(Half a, i16 exponent) {
  return scaled(a, exponent);
}
template <typename T> i32 exponentOf(T a) {
  int e = 0;
  if (std::isfinite(wide(a)))
    std::frexp(wide(a), &e);
  return e;
}
i16 exponentOfHalf(Half a) {
  return static_cast<i16>(exponentOf(a));
}
template <typename T> T mantissaOf(T a) {
  int e;
  return std::isfinite(wide(a)) ? static_cast<T>(std::frexp(wide(a), &e)) : a;
}

// --- faces of a cube map (V_CUBEID_F32 and its kin)

enum class Axis { kX, kY, kZ };
Axis majorAxis(float x, float y, float z) {
  float ax = std::fabs(x), ay = std::fabs(y), az = std::fabs(z);
  return az >= ax && az >= ay ? Axis::kZ : ay >= ax ? Axis::kY : Axis::kX;
}
float cubeId(float x, float y, float z) {
  switch (majorAxis(x, y, z)) {
  case Axis::kZ:
    return z < 0 ? 5.0f : 4.0f;
  case Axis::kY:
    return y < 0 ? 3.0f : 2.0f;
  default:
    return x < 0 ? 1.0f : 0.0f;
  }
}
float cubeS(float x, float y, float z) {
  switch (majorAxis(x, y, z)) {
  case Axis::kZ:
    return z < 0 ? -x : x;
  case Axis::kY:
    return x;
  default:
    return x < 0 ? z : -z;
  }
}
float cubeT(float x, float y, float z) {
  if (majorAxis(x, y, z) == Axis::kY)
    return y < 0 ? -z : z;
  return -y;
}
float cubeMajor(float x, float y, float z) {
  Axis axis = majorAxis(x, y, z);
  return (axis == Axis::kZ ? z : axis == Axis::kY ? y : x) * 2.0f;
}

constexpr auto kNone = Follows::kNone;

const Semantics kTable[] = {
    // float32
    {"v_add_f32", vector<sum<float>>, 2},
    {"v_sub_f32", vector<difference<float>>, 2},
    {"v_subrev_f32", vector<reverseDifference<float>>, 2},
    {"v_mul_f32", vector<product<float>>, 2},
    {"v_mul_legacy_f32", vector<legacyProduct>, 2},
    {"v_fma_f32", vector<fused<float>>, 3},
    {"v_fmac_f32", vector<fused<float>>, 3},
    {"v_fmamk_f32", vector<fused<float>>, 3},
    {"v_fmaak_f32", vector<fused<float>>, 3},
    {"v_min_f32", byIeee<least<true, float>, least<false, float>>, 2},
    {"v_max_f32", byIeee<greatest<true, float>, greatest<false, float>>, 2},
    {"v_min3_f32", byIeee<least3<true, float>, least3<false, float>>, 3},
    {"v_max3_f32", byIeee<greatest3<true, float>, greatest3<false, float>>, 3},
    {"v_med3_f32", byIeee<median3<true, float>, median3<false, float>>, 3},
    {"v_minimum3_f32", vector<[](float a, float b, float c) { return minimum(minimum(a, b), c); }>,
     3},
    {"v_maximum3_f32", vector<[](float a, float b, float c) { return maximum(maximum(a, b), c); }>,
     3},
    {"v_fract_f32", vector<fract<float>>, 1},
    {"v_trunc_f32", vector<truncated<float>>, 1},
    {"v_ceil_f32", vector<roundedUp<float>>, 1},
    {"v_rndne_f32", vector<roundedEven<float>, kNone>, 1},
    {"v_floor_f32", vector<roundedDown<float>>, 1},
    {"v_ldexp_f32", vector<scaled<float>>, 2},
    {"v_frexp_exp_i32_f32", vector<exponentOf<float>>, 1},
    {"v_frexp_mant_f32", vector<mantissaOf<float>>, 1},
    {"v_cubeid_f32", vector<cubeId>, 3},
    {"v_cubesc_f32", vector<cubeS>, 3},
    {"v_cubetc_f32", vector<cubeT>, 3},
    {"v_cubema_f32", vector<cubeMajor>, 3},
    // float64
    {"v_add_f64", vector<sum<double>>, 2},
    {"v_mul_f64", vector<product<double>>, 2},
    {"v_fma_f64", vector<fused<double>>, 3},
    {"v_fmac_f64", vector<fused<double>>, 3},
    {"v_min_f64", byIeee<least<true, double>, least<false, double>>, 2},
    {"v_max_f64", byIeee<greatest<true, double>, greatest<false, double>>, 2},
    {"v_fract_f64", vector<fract<double>>, 1},
    {"v_trunc_f64", vector<truncated<double>>, 1},
    {"v_ceil_f64", vector<roundedUp<double>>, 1},
    {"v_rndne_f64", vector<roundedEven<double>, kNone>, 1},
    {"v_floor_f64", vector<roundedDown<double>>, 1},
    {"v_ldexp_f64", vector<scaled<double>>, 2},
    {"v_frexp_exp_i32_f64", vector<exponentOf<double>>, 1},
    {"v_frexp_mant_f64", vector<mantissaOf<double>>, 1},
    // float16
    {"v_add_f16", vector<sum<Half>>, 2},
    {"v_sub_f16", vector<difference<Half>>, 2},
    {"v_subrev_f16", vector<reverseDifference<Half>>, 2},
    {"v_mul_f16", vector<product<Half>>, 2},
    {"v_mac_f16", vector<multiplyAdd>, 3},
    {"v_madmk_f16", vector<multiplyAdd>, 3},
    {"v_madak_f16", vector<multiplyAdd>, 3},
    {"v_mad_f16", vector<multiplyAdd>, 3},
    {"v_mad_legacy_f16", vector<multiplyAdd>, 3},
    {"v_fma_f16", vector<fused<Half>>, 3},
    {"v_fma_legacy_f16", vector<fused<Half>>, 3},
    {"v_min_f16", byIeee<least<true, Half>, least<false, Half>>, 2},
    {"v_max_f16", byIeee<greatest<true, Half>, greatest<false, Half>>, 2},
    {"v_min3_f16", byIeee<least3<true, Half>, least3<false, Half>>, 3},
    {"v_max3_f16", byIeee<greatest3<true, Half>, greatest3<false, Half>>, 3},
    {"v_med3_f16", byIeee<median3<true, Half>, median3<false, Half>>, 3},
    {"v_fract_f16", vector<fract<Half>>, 1},
    {"v_trunc_f16", vector<truncated<Half>>, 1},
    {"v_ceil_f16", vector<roundedUp<Half>>, 1},
    {"v_rndne_f16", vector<roundedEven<Half>, kNone>, 1},
    {"v_floor_f16", vector<roundedDown<Half>>, 1},
    {"v_ldexp_f16", vector<scaledHalf>, 2},
    {"v_frexp_exp_i16_f16", vector<exponentOfHalf>, 1},
    {"v_frexp_mant_f16", vector<mantissaOf<Half>>, 1},
};

} // namespace

std::span<const Semantics> vectorFloatSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
