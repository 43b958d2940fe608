// Float arithmetic, instruction by instruction, in every rounding and denormal mode.
#include "tests/runtime/emulator/float_cases.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using namespace reference;

constexpr Round kRounds[] = {Round::kNearestEven, Round::kUp, Round::kDown, Round::kTowardZero};

u64 minus(BinaryFormat f, u64 v) {
  return v ^ f.sign();
}
u64 magnitude(BinaryFormat f, u64 v) {
  return v & ~f.sign();
}
u64 addF32(u64 a, u64 b, Round r) {
  return add(kF32, a, b, r);
}
u64 mulF32(u64 a, u64 b, Round r) {
  return multiply(kF32, a, b, r);
}
u64 addF16(u64 a, u64 b, Round r) {
  return add(kF16, a, b, r);
}
u64 fmaF32(u64 a, u64 b, u64 c, Round r) {
  return fused(kF32, a, b, c, r);
}
u64 fmaF16(u64 a, u64 b, u64 c, Round r) {
  return fused(kF16, a, b, c, r);
}
u64 fmaF64(u64 a, u64 b, u64 c, Round r) {
  return fused(kF64, a, b, c, r);
}
u64 toIntegral(BinaryFormat f, u64 v, Round r) {
  if (isNaN(f, v))
    return kAnyNaN;
  u64 integral = static_cast<u64>(f.bias() + f.mantissa_bits) << f.mantissa_bits;
  if ((v & f.infinity()) >= integral)
    return v;
  u64 rounded = fromInteger(f, integer(f, v, r), Round::kNearestEven);
  return rounded | (v & f.sign()); // a zero keeps the sign
}
// 1 is not in the range.
u64 fractOf(BinaryFormat f, u64 a, u64 below_one, Round r) {
  if (isNaN(f, a) || isInfinite(f, a))
    return kAnyNaN;
  u64 rest = add(f, a, minus(f, toIntegral(f, a, Round::kDown)), r);
  return rest == below_one + 1 ? below_one : rest;
}
// Rounds twice, without denormals.
u64 madF16(u64 a, u64 b, u64 c, Round r) {
  auto z = [](u64 v) { return v == kAnyNaN ? v : flushed(kF16, v); };
  u64 p = multiply(kF16, z(a), z(b), r);
  return p == kAnyNaN ? p : z(add(kF16, z(p), z(c), r));
}

const std::vector<FloatCase> kArithmetic32 = {
    {"v_add_f32_e32 v32, v4, v5", [](u64 a, u64 b, u64, Round r) { return addF32(a, b, r); }, kF32},
    {"v_sub_f32_e32 v32, v4, v5",
     [](u64 a, u64 b, u64, Round r) { return addF32(a, minus(kF32, b), r); }, kF32},
    {"v_subrev_f32_e32 v32, v4, v5",
     [](u64 a, u64 b, u64, Round r) { return addF32(b, minus(kF32, a), r); }, kF32},
    {"v_mul_f32_e32 v32, v4, v5", [](u64 a, u64 b, u64, Round r) { return mulF32(a, b, r); }, kF32},
    {"v_mul_legacy_f32 v32, v4, v5",
     [](u64 a, u64 b, u64, Round r) {
       return isZero(kF32, a) || isZero(kF32, b) ? 0 : mulF32(a, b, r);
     },
     kF32},
    {"v_fma_f32 v32, v4, v5, v6", fmaF32, kF32},
    {"v_fma_f32 v32, -v4, |v5|, -|v6|",
     [](u64 a, u64 b, u64 c, Round r) {
       return fmaF32(minus(kF32, a), magnitude(kF32, b), magnitude(kF32, c) | kF32.sign(), r);
     },
     kF32},
    {"v_mov_b32_e32 v32, v6\n v_fmac_f32_e32 v32, v4, v5", fmaF32, kF32},
    {"v_fmamk_f32 v32, v4, 0x40490fdb, v6",
     [](u64 a, u64, u64 c, Round r) { return fmaF32(a, 0x40490fdb, c, r); }, kF32},
    {"v_fmaak_f32 v32, v4, v5, 0xbdcccccd",
     [](u64 a, u64 b, u64, Round r) { return fmaF32(a, b, 0xbdcccccd, r); }, kF32},
    {"v_ldexp_f32 v32, v4, -3", [](u64 a, u64, u64, Round r) { return scale(kF32, a, -3, r); },
     kF32},
    {"v_ldexp_f32 v32, v4, 30", [](u64 a, u64, u64, Round r) { return scale(kF32, a, 30, r); },
     kF32},
    {"s_mov_b32 s20, 0x80000000\n v_ldexp_f32 v32, v4, s20",
     [](u64 a, u64, u64, Round r) { return scale(kF32, a, -10000, r); }, kF32},
    {"v_fract_f32_e32 v32, v4",
     [](u64 a, u64, u64, Round r) { return fractOf(kF32, a, 0x3f7fffff, r); }, kF32},
    {"v_cubema_f32 v32, v4, v5, v6",
     [](u64 a, u64 b, u64 c, Round r) {
       auto not_less = [](u64 x, u64 y) {
         x = magnitude(kF32, x), y = magnitude(kF32, y);
         return !isNaN(kF32, x) && !isNaN(kF32, y) && x >= y;
       };
       u64 axis = not_less(c, a) && not_less(c, b) ? c : not_less(b, a) ? b : a;
       return mulF32(axis, 0x40000000, r);
     },
     kF32},
};
const std::vector<FloatCase> kArithmetic64 = {
    {"v_add_f64 v[32:33], v[4:5], v[6:7]",
     [](u64 a, u64 b, u64, Round r) { return add(kF64, a, b, r); }, kF64},
    {"v_add_f64 v[32:33], -|v[4:5]|, -v[6:7]",
     [](u64 a, u64 b, u64, Round r) { return add(kF64, a | kF64.sign(), minus(kF64, b), r); },
     kF64},
    {"v_mul_f64 v[32:33], v[4:5], v[6:7]",
     [](u64 a, u64 b, u64, Round r) { return multiply(kF64, a, b, r); }, kF64},
    {"v_fma_f64 v[32:33], v[4:5], v[6:7], v[8:9]", fmaF64, kF64},
    {"v_mov_b32_e32 v32, v8\n v_mov_b32_e32 v33, v9\n v_fmac_f64_e32 v[32:33], v[4:5], v[6:7]",
     fmaF64, kF64},
    {"v_ldexp_f64 v[32:33], v[4:5], -5",
     [](u64 a, u64, u64, Round r) { return scale(kF64, a, -5, r); }, kF64},
    {"v_fract_f64_e32 v[32:33], v[4:5]",
     [](u64 a, u64, u64, Round r) { return fractOf(kF64, a, 0x3fefffffffffffff, r); }, kF64},
};
const std::vector<FloatCase> kArithmetic16 = {
    {"v_add_f16_e32 v32, v4, v5", [](u64 a, u64 b, u64, Round r) { return addF16(a, b, r); }, kF16},
    {"v_sub_f16_e32 v32, v4, v5",
     [](u64 a, u64 b, u64, Round r) { return addF16(a, minus(kF16, b), r); }, kF16},
    {"v_subrev_f16_e32 v32, v4, v5",
     [](u64 a, u64 b, u64, Round r) { return addF16(b, minus(kF16, a), r); }, kF16},
    {"v_add_f16_e64 v32, -v4, |v5|",
     [](u64 a, u64 b, u64, Round r) { return addF16(minus(kF16, a), magnitude(kF16, b), r); },
     kF16},
    {"v_mul_f16_e32 v32, v4, v5",
     [](u64 a, u64 b, u64, Round r) { return multiply(kF16, a, b, r); }, kF16},
    {"v_mul_f16_e32 v32, 4.0, v5",
     [](u64, u64 b, u64, Round r) { return multiply(kF16, 0x4400, b, r); }, kF16},
    {"v_mov_b32_e32 v32, 0\n v_fma_f16 v32, v4, v5, v6", fmaF16, kF16},
    {"v_fma_legacy_f16 v32, v4, v5, v6", fmaF16, kF16},
    {"v_mov_b32_e32 v32, 0\n v_mad_f16 v32, v4, v5, v6", madF16, kF16},
    {"v_mad_legacy_f16 v32, v4, v5, v6", madF16, kF16},
    {"v_mov_b32_e32 v32, v6\n v_mac_f16_e32 v32, v4, v5", madF16, kF16},
    {"v_madmk_f16 v32, v4, 0x4248, v6",
     [](u64 a, u64, u64 c, Round r) { return madF16(a, 0x4248, c, r); }, kF16},
    {"v_madak_f16 v32, v4, v5, 0xae66",
     [](u64 a, u64 b, u64, Round r) { return madF16(a, b, 0xae66, r); }, kF16},
    {"v_ldexp_f16_e64 v32, v4, -4", [](u64 a, u64, u64, Round r) { return scale(kF16, a, -4, r); },
     kF16},
    {"v_fract_f16_e32 v32, v4",
     [](u64 a, u64, u64, Round r) { return fractOf(kF16, a, 0x3bff, r); }, kF16},
};

TEST(FloatArithmetic, Float32RoundsOnceInEveryRoundingMode) {
  for (Round r : kRounds)
    checkFloatCases(kF32, kArithmetic32, {.round_32 = r});
}
TEST(FloatArithmetic, Float64RoundsOnceInEveryRoundingMode) {
  for (Round r : kRounds)
    checkFloatCases(kF64, kArithmetic64, {.round_16_64 = r});
}
TEST(FloatArithmetic, Float16RoundsOnceInEveryRoundingMode) {
  for (Round r : kRounds)
    checkFloatCases(kF16, kArithmetic16, {.round_16_64 = r});
}
TEST(FloatArithmetic, Float16ScalesBySignedHalfwords) {
  // Apart, since a table flushes no integers.
  const std::vector<FloatCase> cases = {
      {"v_ldexp_f16_e32 v32, v4, v5",
       [](u64 a, u64 b, u64, Round r) { return scale(kF16, a, static_cast<std::int16_t>(b), r); },
       kF16},
  };
  for (Round r : kRounds)
    checkFloatCases(kF16, cases, {.round_16_64 = r});
}
TEST(FloatArithmetic, TheRoundingModesOfFloat32AndOfTheOthersAreApart) {
  checkFloatCases(kF32, kArithmetic32, {.round_16_64 = Round::kUp});
  checkFloatCases(kF64, kArithmetic64, {.round_32 = Round::kDown});
  checkFloatCases(kF16, kArithmetic16, {.round_32 = Round::kTowardZero});
}
TEST(FloatArithmetic, DenormalsAreFlushedOnTheWayInAndOutApart) {
  for (int d = 0; d < 3; ++d) {
    checkFloatCases(kF32, kArithmetic32, {.denormals_32 = d});
    checkFloatCases(kF64, kArithmetic64, {.denormals_16_64 = d});
    checkFloatCases(kF16, kArithmetic16, {.denormals_16_64 = d});
  }
}
TEST(FloatArithmetic, RoundingAndFlushingTogether) {
  checkFloatCases(kF32, kArithmetic32, {.round_32 = Round::kUp, .denormals_32 = 0});
  checkFloatCases(kF16, kArithmetic16, {.round_16_64 = Round::kDown, .denormals_16_64 = 1});
}

// --- selections: V_MIN, V_MAX and kin, as the manual's pseudocode

u64 least(BinaryFormat f, bool ieee, bool wants_least, u64 a, u64 b) {
  if (ieee && isSignaling(f, a))
    return quieted(f, a);
  if (ieee && isSignaling(f, b))
    return quieted(f, b);
  if (isNaN(f, a))
    return b;
  if (isNaN(f, b))
    return a;
  if (isZero(f, a) && isZero(f, b))
    return wants_least ? a | b : a & b;
  return (compare(f, a, b) < 0) == wants_least ? a : b;
}
u64 least3(BinaryFormat f, bool ieee, bool wants_least, u64 a, u64 b, u64 c) {
  return least(f, ieee, wants_least, least(f, ieee, wants_least, a, b), c);
}
u64 median(BinaryFormat f, bool ieee, u64 a, u64 b, u64 c) {
  if (isNaN(f, a) || isNaN(f, b) || isNaN(f, c))
    return least3(f, ieee, true, a, b, c);
  u64 most = least3(f, ieee, false, a, b, c);
  if (compare(f, most, a) == 0)
    return least(f, ieee, false, b, c);
  if (compare(f, most, b) == 0)
    return least(f, ieee, false, a, c);
  return least(f, ieee, false, a, b);
}
// minimum and maximum: signaling NaNs first, then quiet ones.
u64 minimum(bool wants_least, u64 a, u64 b) {
  for (u64 v : {a, b})
    if (isSignaling(kF32, v))
      return quieted(kF32, v);
  for (u64 v : {a, b})
    if (isNaN(kF32, v))
      return v;
  return least(kF32, true, wants_least, a, b);
}

std::vector<FloatCase> selections(BinaryFormat f, bool ieee) {
  std::string suffix = f.width() == 16 ? "f16" : f.width() == 32 ? "f32" : "f64";
  bool is_double = f.width() == 64;
  std::string two = is_double ? " v[32:33], v[4:5], v[6:7]" : " v32, v4, v5";
  std::vector<FloatCase> cases = {
      {"v_min_" + suffix + two,
       [=](u64 a, u64 b, u64, Round) { return least(f, ieee, true, a, b); }, f},
      {"v_max_" + suffix + two,
       [=](u64 a, u64 b, u64, Round) { return least(f, ieee, false, a, b); }, f},
  };
  if (is_double)
    return cases;
  cases.push_back({"v_min3_" + suffix + " v32, v4, v5, v6",
                   [=](u64 a, u64 b, u64 c, Round) { return least3(f, ieee, true, a, b, c); }, f});
  cases.push_back({"v_max3_" + suffix + " v32, v4, v5, v6",
                   [=](u64 a, u64 b, u64 c, Round) { return least3(f, ieee, false, a, b, c); }, f});
  cases.push_back({"v_med3_" + suffix + " v32, v4, v5, v6",
                   [=](u64 a, u64 b, u64 c, Round) { return median(f, ieee, a, b, c); }, f});
  return cases;
}

TEST(FloatSelection, MinimaMaximaAndMediansFollowIeeeMode) {
  for (bool ieee : {false, true})
    for (BinaryFormat f : {kF16, kF32, kF64})
      checkFloatCases(f, selections(f, ieee), {.ieee = ieee});
}
TEST(FloatSelection, DenormalsAreFlushed) {
  for (BinaryFormat f : {kF16, kF32, kF64})
    checkFloatCases(f, selections(f, true), {.denormals_32 = 0, .denormals_16_64 = 0});
}
TEST(FloatSelection, MinimumAndMaximumPropagateNaNsInEitherMode) {
  const std::vector<FloatCase> cases = {
      {"v_minimum3_f32 v32, v4, v5, v6",
       [](u64 a, u64 b, u64 c, Round) { return minimum(true, minimum(true, a, b), c); }, kF32},
      {"v_maximum3_f32 v32, v4, v5, v6",
       [](u64 a, u64 b, u64 c, Round) { return minimum(false, minimum(false, a, b), c); }, kF32},
  };
  for (bool ieee : {false, true})
    checkFloatCases(kF32, cases, {.ieee = ieee});
}

// --- integers and parts of numbers

u64 exponentOf(BinaryFormat f, u64 v) {
  if (isNaN(f, v) || isInfinite(f, v) || isZero(f, v))
    return 0;
  Number n = decode(f, v);
  int e = n.exponent;
  for (auto m = n.mantissa; m; m >>= 1)
    ++e;
  return static_cast<std::uint32_t>(e);
}
u64 mantissaOf(BinaryFormat f, u64 v) {
  if (isNaN(f, v) || isInfinite(f, v) || isZero(f, v))
    return v;
  return scale(f, v, -static_cast<int>(exponentOf(f, v)), Round::kNearestEven);
}

std::vector<FloatCase> parts(BinaryFormat f) {
  std::string suffix = f.width() == 16 ? "f16" : f.width() == 32 ? "f32" : "f64";
  bool is_double = f.width() == 64;
  std::string one = is_double ? " v[32:33], v[4:5]" : " v32, v4";
  auto rounds = [&](const char *name, Round r) {
    return FloatCase{std::string(name) + suffix + one,
                     [=](u64 a, u64, u64, Round) { return toIntegral(f, a, r); }, f};
  };
  return {
      rounds("v_trunc_", Round::kTowardZero),
      rounds("v_ceil_", Round::kUp),
      rounds("v_floor_", Round::kDown),
      rounds("v_rndne_", Round::kNearestEven),
      {"v_frexp_mant_" + suffix + one,
       [=](u64 a, u64, u64, Round) { return isNaN(f, a) ? a : mantissaOf(f, a); }, f},
      {(f.width() == 16 ? "v_frexp_exp_i16_" : "v_frexp_exp_i32_") + suffix + " v32, " +
           (is_double ? "v[4:5]" : "v4"),
       [=](u64 a, u64, u64, Round) {
         return exponentOf(f, a) & (f.width() == 16 ? 0xffffu : 0xffffffffu);
       },
       kBits32},
  };
}

TEST(FloatParts, IntegralValuesMantissasAndExponentsIgnoreRoundingModes) {
  for (BinaryFormat f : {kF16, kF32, kF64})
    for (Round r : kRounds)
      checkFloatCases(f, parts(f), {.round_32 = r, .round_16_64 = r});
}

// --- faces of a cube map

TEST(FloatParts, CubeMapFacesFollowTheLargestCoordinate) {
  auto negative = [](u64 v) { return !isNaN(kF32, v) && (v & kF32.sign()) && !isZero(kF32, v); };
  auto face = [](u64 x, u64 y, u64 z) { // 0: x, 1: y, 2: z
    auto not_less = [](u64 a, u64 b) {
      a = magnitude(kF32, a), b = magnitude(kF32, b);
      return !isNaN(kF32, a) && !isNaN(kF32, b) && a >= b;
    };
    return not_less(z, x) && not_less(z, y) ? 2 : not_less(y, x) ? 1 : 0;
  };
  const std::vector<FloatCase> cases = {
      {"v_cubeid_f32 v32, v4, v5, v6",
       [=](u64 x, u64 y, u64 z, Round) {
         int n = face(x, y, z);
         u64 axis = n == 2 ? z : n == 1 ? y : x;
         return fromInteger(kF32, 2 * n + negative(axis), Round::kNearestEven);
       },
       kF32},
      {"v_cubesc_f32 v32, v4, v5, v6",
       [=](u64 x, u64 y, u64 z, Round) {
         int n = face(x, y, z);
         return n == 2   ? (negative(z) ? minus(kF32, x) : x)
                : n == 1 ? x
                         : (negative(x) ? z : minus(kF32, z));
       },
       kF32},
      {"v_cubetc_f32 v32, v4, v5, v6",
       [=](u64 x, u64 y, u64 z, Round) {
         return face(x, y, z) == 1 ? (negative(y) ? minus(kF32, z) : z) : minus(kF32, y);
       },
       kF32},
  };
  checkFloatCases(kF32, cases);
}

} // namespace
} // namespace gemmsmith::emulator
