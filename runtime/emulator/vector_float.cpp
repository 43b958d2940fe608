// Floating-point arithmetic, lane by lane (CDNA4 ISA 12.7, 12.8, 12.11). The steps of an IEEE
// division are in vector_divide.cpp.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <numbers>

namespace gemmsmith::emulator {
namespace {

float med3f(float a, float b, float c) {
  if (a != a || b != b || c != c)
    return minNum(minNum(a, b), c);
  return med3(a, b, c);
}

const Semantics kTable[] = {
    // float32
    {"v_add_f32", vector<[](float a, float b) { return a + b; }>, 2},
    {"v_sub_f32", vector<[](float a, float b) { return a - b; }>, 2},
    {"v_subrev_f32", vector<[](float a, float b) { return b - a; }>, 2},
    {"v_mul_f32", vector<[](float a, float b) { return a * b; }>, 2},
    {"v_mul_legacy_f32", vector<[](float a, float b) { return a == 0 || b == 0 ? 0.0f : a * b; }>,
     2},
    {"v_fma_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_fmac_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_fmamk_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_fmaak_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_min_f32", vector<[](float a, float b) { return minNum(a, b); }>, 2},
    {"v_max_f32", vector<[](float a, float b) { return maxNum(a, b); }>, 2},
    {"v_min3_f32", vector<[](float a, float b, float c) { return minNum(minNum(a, b), c); }>, 3},
    {"v_max3_f32", vector<[](float a, float b, float c) { return maxNum(maxNum(a, b), c); }>, 3},
    {"v_minimum3_f32", vector<[](float a, float b, float c) { return minimum(minimum(a, b), c); }>,
     3},
    {"v_maximum3_f32", vector<[](float a, float b, float c) { return maximum(maximum(a, b), c); }>,
     3},
    {"v_med3_f32", vector<[](float a, float b, float c) { return med3f(a, b, c); }>, 3},
    {"v_fract_f32", vector<[](float a) {
       float r = a - std::floor(a);
       return (r >= 1.0f ? std::nextafter(1.0f, 0.0f) : r);
     }>,
     1},
    {"v_trunc_f32", vector<[](float a) { return std::trunc(a); }>, 1},
    {"v_ceil_f32", vector<[](float a) { return std::ceil(a); }>, 1},
    {"v_rndne_f32", vector<[](float a) { return std::nearbyint(a); }>, 1},
    {"v_floor_f32", vector<[](float a) { return std::floor(a); }>, 1},
    // The transcendental unit promises one ulp; these give the correctly rounded value.
    {"v_exp_f32", vector<[](float a) { return std::exp2(a); }>, 1},
    {"v_log_f32", vector<[](float a) { return std::log2(a); }>, 1},
    {"v_exp_legacy_f32", vector<[](float a) { return std::exp2(a); }>, 1},
    {"v_log_legacy_f32", vector<[](float a) { return std::log2(a); }>, 1},
    {"v_rcp_f32", vector<[](float a) { return 1.0f / a; }>, 1},
    {"v_rcp_iflag_f32", vector<[](float a) { return 1.0f / a; }>, 1},
    {"v_rsq_f32",
     vector<[](float a) { return (static_cast<float>(1.0 / std::sqrt(static_cast<double>(a)))); }>,
     1},
    {"v_sqrt_f32", vector<[](float a) { return std::sqrt(a); }>, 1},
    {"v_sin_f32", vector<[](float a) {
       return (static_cast<float>(std::sin(2 * std::numbers::pi * static_cast<double>(a))));
     }>,
     1},
    {"v_cos_f32", vector<[](float a) {
       return (static_cast<float>(std::cos(2 * std::numbers::pi * static_cast<double>(a))));
     }>,
     1},
    {"v_ldexp_f32", vector<[](float a, i32 b) { return std::ldexp(a, b); }>, 2},
    {"v_frexp_exp_i32_f32", vector<[](float a) {
       int e = 0;
       if (std::isfinite(a))
         std::frexp(a, &e);
       return e;
     }>,
     1},
    {"v_frexp_mant_f32", vector<[](float a) {
       int e;
       return std::isfinite(a) ? std::frexp(a, &e) : a;
     }>,
     1},
    // float64
    {"v_add_f64", vector<[](double a, double b) { return a + b; }>, 2},
    {"v_mul_f64", vector<[](double a, double b) { return a * b; }>, 2},
    {"v_min_f64", vector<[](double a, double b) { return minNum(a, b); }>, 2},
    {"v_max_f64", vector<[](double a, double b) { return maxNum(a, b); }>, 2},
    {"v_fma_f64", vector<[](double a, double b, double c) { return std::fma(a, b, c); }>, 3},
    {"v_fmac_f64", vector<[](double a, double b, double c) { return std::fma(a, b, c); }>, 3},
    {"v_trunc_f64", vector<[](double a) { return std::trunc(a); }>, 1},
    {"v_ceil_f64", vector<[](double a) { return std::ceil(a); }>, 1},
    {"v_rndne_f64", vector<[](double a) { return std::nearbyint(a); }>, 1},
    {"v_floor_f64", vector<[](double a) { return std::floor(a); }>, 1},
    {"v_fract_f64", vector<[](double a) {
       double r = a - std::floor(a);
       return (r >= 1.0 ? std::nextafter(1.0, 0.0) : r);
     }>,
     1},
    {"v_rcp_f64", vector<[](double a) { return 1.0 / a; }>, 1},
    {"v_rsq_f64", vector<[](double a) { return 1.0 / std::sqrt(a); }>, 1},
    {"v_sqrt_f64", vector<[](double a) { return std::sqrt(a); }>, 1},
    {"v_ldexp_f64", vector<[](double a, i32 b) { return std::ldexp(a, b); }>, 2},
    // float16
    {"v_add_f16", vector<[](Half a, Half b) { return (static_cast<Half>(a + b)); }>, 2},
    {"v_sub_f16", vector<[](Half a, Half b) { return (static_cast<Half>(a - b)); }>, 2},
    {"v_subrev_f16", vector<[](Half a, Half b) { return (static_cast<Half>(b - a)); }>, 2},
    {"v_mul_f16", vector<[](Half a, Half b) { return (static_cast<Half>(a * b)); }>, 2},
    {"v_min_f16", vector<[](Half a, Half b) { return minNum(a, b); }>, 2},
    {"v_max_f16", vector<[](Half a, Half b) { return maxNum(a, b); }>, 2},
    // The product of two halves is exact in double, and so is rounding once more harmless.
    {"v_fma_f16", vector<[](Half a, Half b, Half c) {
       return (static_cast<Half>(static_cast<double>(a) * static_cast<double>(b) +
                                 static_cast<double>(c)));
     }>,
     3},
};

} // namespace

std::span<const Semantics> vectorFloatSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
