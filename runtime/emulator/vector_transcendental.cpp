// The transcendental unit: reciprocals and roots, logarithm and exponential to base 2, sine and
// cosine of turns (CDNA4 ISA 12.8); and V_TRIG_PREOP_F64, which reduces the arguments of the last.
//
// The manual promises one ulp (2^29 for float64 roots and reciprocals), and no rounding mode; here
// the result is the host library's, which is the correctly rounded value or beside it. What the
// manual does fix is kept: the float32 functions other than sine and cosine take and give no
// denormals whatever MODE says, sine and cosine are exact at quarters of a turn for arguments of
// any size, and an invalid operation gives a negative quiet NaN.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <numbers>

namespace gemmsmith::emulator {
namespace {

float reciprocal(float a) {
  return flushDenormal(1.0f / flushDenormal(a));
}
float inverseRoot(float a) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(flushDenormal(a))));
}
float root(float a) {
  return std::sqrt(flushDenormal(a));
}
template <typename T> T logarithm(T a) {
  return a < 0 ? invalid<T>() : std::log2(a);
}

// The sine of `turns` turns. Halves of a turn away from the argument leave it exact.
double sineOfTurns(double turns) {
  if (!std::isfinite(turns))
    return turns != turns ? turns : invalid<double>();
  if (turns == 0)
    return turns;
  double rest = turns - std::nearbyint(turns); // in [-0.5, 0.5], and exact
  double quarter = std::nearbyint(4 * rest);
  double angle = 2 * std::numbers::pi * (rest - quarter / 4);
  double r = quarter == 0    ? std::sin(angle)
             : quarter == 1  ? std::cos(angle)
             : quarter == -1 ? -std::cos(angle)
                             : -std::sin(angle);
  return r == 0 ? 0 : r; // +0 wherever the argument was not a zero
}
double cosineOfTurns(double turns) {
  if (!std::isfinite(turns))
    return turns != turns ? turns : invalid<double>();
  double rest = std::fabs(turns - std::nearbyint(turns));
  double quarter = std::nearbyint(4 * rest);
  double angle = 2 * std::numbers::pi * (rest - quarter / 4);
  double r = quarter == 0 ? std::cos(angle) : quarter == 1 ? -std::sin(angle) : -std::cos(angle);
  return r == 0 ? 0 : r;
}

// A function of float32 or double for halves.
template <auto F> Half ofHalf(Half a) {
  return static_cast<Half>(F(static_cast<float>(a)));
}

// The first 1216 bits of 2/pi; the hardware has 1201.
constexpr int kTwoOverPiBits = 1201;
constexpr u64 kTwoOverPi[] = {
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
    0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};

u64 twoOverPiBit(int n) { // bit n after the binary point, from 0
  return n < kTwoOverPiBits ? kTwoOverPi[n / 64] >> (63 - n % 64) & 1 : 0;
}
// 53 bits of 2/pi, in place: those from bit 53 * segment on, further right for large arguments.
double trigPreop(double a, u32 segment) {
  int exponent = exponentField(a);
  int shift = static_cast<int>(segment & 31) * 53 + std::max(exponent - 1077, 0);
  u64 bits = 0;
  for (int n = 0; n < 53; ++n)
    bits = bits << 1 | twoOverPiBit(shift + n);
  int scale = -53 - shift + (exponent >= 1968 ? 128 : 0);
  constexpr int kLeast = -1074; // the last place of denormals; what lies below is cut off
  if (scale < kLeast) {
    bits >>= std::min(kLeast - scale, 63);
    scale = kLeast;
  }
  return std::ldexp(static_cast<double>(bits), scale);
}

constexpr auto kNone = Follows::kNone;

const Semantics kTable[] = {
    {"v_rcp_f32", vector<reciprocal, kNone>, 1},
    {"v_rcp_iflag_f32", vector<reciprocal, kNone>, 1},
    {"v_rsq_f32", vector<inverseRoot, kNone>, 1},
    {"v_sqrt_f32", vector<root, kNone>, 1},
    {"v_log_f32", vector<[](float a) { return logarithm(flushDenormal(a)); }, kNone>, 1},
    {"v_log_legacy_f32", vector<[](float a) { return logarithm(flushDenormal(a)); }, kNone>, 1},
    {"v_exp_f32", vector<[](float a) { return flushDenormal(std::exp2(a)); }, kNone>, 1},
    {"v_exp_legacy_f32", vector<[](float a) { return flushDenormal(std::exp2(a)); }, kNone>, 1},
    {"v_sin_f32", vector<[](float a) { return static_cast<float>(sineOfTurns(a)); }, kNone>, 1},
    {"v_cos_f32", vector<[](float a) { return static_cast<float>(cosineOfTurns(a)); }, kNone>, 1},
    {"v_rcp_f64", vector<[](double a) { return 1.0 / a; }, kNone>, 1},
    {"v_rsq_f64", vector<[](double a) { return 1.0 / std::sqrt(a); }, kNone>, 1},
    {"v_sqrt_f64", vector<[](double a) { return std::sqrt(a); }, kNone>, 1},
    {"v_trig_preop_f64", vector<trigPreop, kNone>, 2},
    {"v_rcp_f16", vector<ofHalf<[](float a) { return 1.0f / a; }>, kNone>, 1},
    {"v_rsq_f16", vector<ofHalf<[](float a) { return 1.0f / std::sqrt(a); }>, kNone>, 1},
    {"v_sqrt_f16", vector<ofHalf<[](float a) { return std::sqrt(a); }>, kNone>, 1},
    {"v_log_f16", vector<ofHalf<[](float a) { return logarithm(a); }>, kNone>, 1},
    {"v_exp_f16", vector<ofHalf<[](float a) { return std::exp2(a); }>, kNone>, 1},
    {"v_sin_f16", vector<ofHalf<sineOfTurns>, kNone>, 1},
    {"v_cos_f16", vector<ofHalf<cosineOfTurns>, kNone>, 1},
};

} // namespace

std::span<const Semantics> vectorTranscendentalSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
