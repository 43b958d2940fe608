// Conversions between formats, instruction by instruction.
#include "tests/runtime/emulator/float_cases.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using namespace reference;

constexpr Round kRounds[] = {Round::kNearestEven, Round::kUp, Round::kDown, Round::kTowardZero};

// As the manual's f32_to_u32 and kin: saturated, NaN gives 0.
WideInteger limited(BinaryFormat f, u64 v, WideInteger least, WideInteger most, Round r) {
  if (isNaN(f, v))
    return 0;
  if (isInfinite(f, v))
    return v & f.sign() ? least : most;
  WideInteger n = integer(f, v, r);
  return n < least ? least : n > most ? most : n;
}
template <typename I> u64 toInteger(BinaryFormat f, u64 v) {
  using Limits = std::numeric_limits<I>;
  auto n = static_cast<I>(limited(f, v, Limits::min(), Limits::max(), Round::kTowardZero));
  return static_cast<std::make_unsigned_t<I>>(n);
}
template <typename I> FloatFunction integerOf(BinaryFormat f) {
  return [=](u64 a, u64, u64, Round) { return toInteger<I>(f, a); };
}
FloatFunction converted(BinaryFormat from, BinaryFormat to) {
  return [=](u64 a, u64, u64, Round r) { return convert(from, to, a, r); };
}
// The nearest integer to the value times `one`, for values from `least` (-1 or 0) to 1.
u64 normalized(BinaryFormat f, u64 v, int one, int least, Round r) {
  if (isNaN(f, v))
    return 0;
  bool negative = v & f.sign();
  u64 limit = static_cast<u64>(f.bias()) << f.mantissa_bits;
  if ((v & ~f.sign()) >= limit)
    return static_cast<u16>(negative ? least * one : one);
  if (negative && least == 0)
    return 0;
  // Exact in float64: at most 24 bits times 16.
  u64 wide = convert(f, kF64, v, r), factor = fromInteger(kF64, one, r);
  return static_cast<u16>(integer(kF64, multiply(kF64, wide, factor, r), r));
}
// A half of a packed result, moved to where a case looks.
const std::string kLow = "\n v_and_b32_e32 v32, 0xffff, v32";
const std::string kHigh = "\n v_lshrrev_b32_e32 v32, 16, v32";

TEST(Conversion, FromFloat32) {
  const std::vector<FloatCase> cases = {
      {"v_cvt_f16_f32_e32 v32, v4", converted(kF32, kF16), kF16},
      {"v_cvt_f16_f32_e64 v32, -|v4|",
       [](u64 a, u64, u64, Round r) { return convert(kF32, kF16, a | kF32.sign(), r); }, kF16},
      {"v_cvt_f64_f32_e32 v[32:33], v4", converted(kF32, kF64), kF64},
      {"v_cvt_u32_f32_e32 v32, v4", integerOf<u32>(kF32), kBits32},
      {"v_cvt_i32_f32_e32 v32, v4", integerOf<i32>(kF32), kBits32},
      {"v_cvt_flr_i32_f32_e32 v32, v4",
       [](u64 a, u64, u64, Round) -> u64 {
         return static_cast<u32>(limited(kF32, a, -2147483648LL, 2147483647, Round::kDown));
       },
       kBits32},
      {"v_cvt_rpi_i32_f32_e32 v32, v4", // floor(x + 0.5) = floor((2 x + 1) / 2), exactly
       [](u64 a, u64, u64, Round) -> u64 {
         if (isNaN(kF32, a) || isInfinite(kF32, a))
           return toInteger<i32>(kF32, a);
         u64 twice = scale(kF32, a, 1, Round::kTowardZero);
         WideInteger n =
             limited(kF32, twice, -(WideInteger{1} << 99), WideInteger{1} << 99, Round::kDown);
         n = (n + 1) >> 1;
         WideInteger least = -2147483648LL, most = 2147483647;
         return static_cast<u32>(n < least ? least : n > most ? most : n);
       },
       kBits32},
      {"v_cvt_pkrtz_f16_f32 v32, v4, v5" + kLow,
       [](u64 a, u64, u64, Round) { return convert(kF32, kF16, a, Round::kTowardZero); }, kF16},
      {"v_cvt_pkrtz_f16_f32 v32, v4, v5" + kHigh,
       [](u64, u64 b, u64, Round) { return convert(kF32, kF16, b, Round::kTowardZero); }, kF16},
      {"v_cvt_pk_f16_f32 v32, v4, v5" + kLow,
       [](u64 a, u64, u64, Round) { return convert(kF32, kF16, a, Round::kNearestEven); }, kF16},
      {"v_cvt_pk_f16_f32 v32, v4, v5" + kHigh,
       [](u64, u64 b, u64, Round) { return convert(kF32, kF16, b, Round::kNearestEven); }, kF16},
      {"v_cvt_pk_bf16_f32 v32, v4, v5" + kLow,
       [](u64 a, u64, u64, Round) { return convert(kF32, kBf16, a, Round::kNearestEven); }, kBf16},
      {"v_cvt_pk_bf16_f32 v32, v4, v5" + kHigh,
       [](u64, u64 b, u64, Round) { return convert(kF32, kBf16, b, Round::kNearestEven); }, kBf16},
      {"v_cvt_pk_u8_f32 v32, v4, 2, v6",
       [](u64 a, u64, u64 c, Round) -> u64 {
         auto n = static_cast<u64>(limited(kF32, a, 0, 255, Round::kNearestEven));
         return (c & 0xff00ffff) | n << 16;
       },
       kBits32},
      {"v_mov_b32_e32 v32, v6\n v_cvt_pkaccum_u8_f32 v32, v4, 7",
       [](u64 a, u64, u64 c, Round) -> u64 {
         auto n = static_cast<u64>(limited(kF32, a, 0, 255, Round::kNearestEven));
         return (c & 0x00ffffff) | n << 24;
       },
       kBits32},
  };
  for (Round r : kRounds)
    checkFloatCases(kF32, cases, {.round_32 = r, .round_16_64 = r});
}

TEST(Conversion, NormalizedIntegersFollowTheRoundingModeOfTheirOperands) {
  for (BinaryFormat f : {kF16, kF32}) {
    std::string type = f.width() == 16 ? "f16" : "f32";
    for (Round r : kRounds) {
      // The mode of the operands' format, which a case of an integer result is not told.
      std::vector<FloatCase> cases = {
          {"v_cvt_pknorm_i16_" + type + " v32, v4, v5",
           [=](u64 a, u64 b, u64, Round) {
             return normalized(f, a, 32767, -1, r) | normalized(f, b, 32767, -1, r) << 16;
           },
           kBits32},
          {"v_cvt_pknorm_u16_" + type + " v32, v4, -v5",
           [=](u64 a, u64 b, u64, Round) {
             return normalized(f, a, 65535, 0, r) | normalized(f, b ^ f.sign(), 65535, 0, r) << 16;
           },
           kBits32},
      };
      if (f.width() == 16) {
        cases.push_back({"v_cvt_norm_i16_f16_e32 v32, v4",
                         [=](u64 a, u64, u64, Round) { return normalized(f, a, 32767, -1, r); },
                         kBits32});
        cases.push_back({"v_cvt_norm_u16_f16_e32 v32, v4",
                         [=](u64 a, u64, u64, Round) { return normalized(f, a, 65535, 0, r); },
                         kBits32});
      }
      FloatMode mode;
      (f.width() == 16 ? mode.round_16_64 : mode.round_32) = r;
      checkFloatCases(f, cases, mode);
    }
  }
}

TEST(Conversion, FromFloat64) {
  const std::vector<FloatCase> cases = {
      {"v_cvt_f32_f64_e32 v32, v[4:5]", converted(kF64, kF32), kF32},
      {"v_cvt_i32_f64_e32 v32, v[4:5]", integerOf<i32>(kF64), kBits32},
      {"v_cvt_u32_f64_e32 v32, v[4:5]", integerOf<u32>(kF64), kBits32},
      {"v_cvt_u32_f64_e64 v32, |v[4:5]|",
       [](u64 a, u64, u64, Round) { return toInteger<u32>(kF64, a & ~kF64.sign()); }, kBits32},
  };
  for (Round r : kRounds)
    checkFloatCases(kF64, cases, {.round_32 = r});
  checkFloatCases(kF64, cases, {.denormals_32 = 1});
}

TEST(Conversion, FromFloat16) {
  const std::vector<FloatCase> cases = {
      {"v_cvt_f32_f16_e32 v32, v4", converted(kF16, kF32), kF32},
      {"v_cvt_u16_f16_e32 v32, v4", integerOf<u16>(kF16), kBits32},
      {"v_cvt_i16_f16_e32 v32, v4", integerOf<i16>(kF16), kBits32},
      {"v_cvt_i16_f16_e64 v32, -v4",
       [](u64 a, u64, u64, Round) { return toInteger<i16>(kF16, a ^ kF16.sign()); }, kBits32},
      {"v_pack_b32_f16 v32, v4, -v5",
       [](u64 a, u64 b, u64, Round) { return a | (b ^ kF16.sign()) << 16; }, kBits32},
      {"v_lshlrev_b32_e32 v10, 16, v4\n v_pack_b32_f16 v32, v10, v5 op_sel:[1,0,0]",
       [](u64 a, u64 b, u64, Round) { return a | b << 16; }, kBits32},
  };
  checkFloatCases(kF16, cases);
  checkFloatCases(kF16, cases, {.denormals_16_64 = 2});
}

// The operands are the bits of float32 edge values: small, large and negative integers.
TEST(Conversion, FromIntegers) {
  auto from = [](BinaryFormat to, auto pick) {
    return [=](u64 a, u64, u64, Round r) { return fromInteger(to, pick(a), r); };
  };
  const std::vector<FloatCase> cases = {
      {"v_cvt_f32_i32_e32 v32, v4", from(kF32, [](u64 a) { return static_cast<i32>(a); }), kF32},
      {"v_cvt_f32_u32_e32 v32, v4", from(kF32, [](u64 a) { return static_cast<u32>(a); }), kF32},
      {"v_cvt_f64_i32_e32 v[32:33], v4", from(kF64, [](u64 a) { return static_cast<i32>(a); }),
       kF64},
      {"v_cvt_f64_u32_e32 v[32:33], v4", from(kF64, [](u64 a) { return static_cast<u32>(a); }),
       kF64},
      {"v_cvt_f16_i16_e32 v32, v4", from(kF16, [](u64 a) { return static_cast<i16>(a); }), kF16},
      {"v_cvt_f16_u16_e32 v32, v4", from(kF16, [](u64 a) { return static_cast<u16>(a); }), kF16},
      {"v_cvt_f32_ubyte0_e32 v32, v4", from(kF32, [](u64 a) { return a & 0xff; }), kF32},
      {"v_cvt_f32_ubyte1_e32 v32, v4", from(kF32, [](u64 a) { return a >> 8 & 0xff; }), kF32},
      {"v_cvt_f32_ubyte2_e32 v32, v4", from(kF32, [](u64 a) { return a >> 16 & 0xff; }), kF32},
      {"v_cvt_f32_ubyte3_e32 v32, v4", from(kF32, [](u64 a) { return a >> 24 & 0xff; }), kF32},
      {"v_cvt_off_f32_i4_e32 v32, v4",
       [](u64 a, u64, u64, Round r) {
         int n = static_cast<int>(a & 7) - static_cast<int>(a & 8);
         return scale(kF32, fromInteger(kF32, n, r), -4, r);
       },
       kF32},
      {"v_cvt_f32_bf16_e32 v32, v4",
       [](u64 a, u64, u64, Round) -> u64 { return (a & 0xffff) << 16; }, kF32},
      {"v_cvt_pk_u16_u32 v32, v4, v5",
       [](u64 a, u64 b, u64, Round) {
         return std::min<u64>(a, 0xffff) | std::min<u64>(b, 0xffff) << 16;
       },
       kBits32},
      {"v_cvt_pk_i16_i32 v32, v4, v5",
       [](u64 a, u64 b, u64, Round) -> u64 {
         auto one = [](u64 v) {
           return static_cast<u16>(std::clamp(static_cast<i32>(v), -32768, 32767));
         };
         return one(a) | static_cast<u32>(one(b)) << 16;
       },
       kBits32},
      {"v_prng_b32_e32 v32, v4",
       [](u64 a, u64, u64, Round) -> u64 {
         return static_cast<u32>(a << 1) ^ (a & 0x80000000 ? 197 : 0);
       },
       kBits32},
  };
  for (Round r : kRounds)
    checkFloatCases(kF32, cases, {.round_32 = r, .round_16_64 = r});
}

// Rounded away from zero if the seed, as a fraction, and the fraction that is lost make one or
// more.
u64 stochastic(BinaryFormat to, u64 v, u64 seed) {
  if (isNaN(kF32, v) || isInfinite(kF32, v))
    return convert(kF32, to, v, Round::kTowardZero);
  u64 sign = v & kF32.sign() ? to.sign() : 0;
  u64 below = convert(kF32, to, v & ~kF32.sign(), Round::kTowardZero);
  u64 above = convert(kF32, to, v & ~kF32.sign(), Round::kUp);
  if (below == above)
    return sign | below;
  // (value - below) * 2^32 / (above - below), as integers: both differences are exact in float64.
  u64 low = convert(to, kF64, below, Round::kNearestEven);
  Number value = decode(kF32, v & ~kF32.sign());
  Number place = decode(to, below);
  u64 wide_value = encode(kF64, value, Round::kNearestEven);
  u64 lost = add(kF64, wide_value, low ^ kF64.sign(), Round::kNearestEven);
  u64 fraction = scale(kF64, lost, 32 - place.exponent, Round::kNearestEven);
  bool up = integer(kF64, fraction, Round::kDown) + static_cast<WideInteger>(seed) >= WideInteger{1}
                                                                                          << 32;
  return sign | (up ? above : below);
}

TEST(Conversion, StochasticRoundingGoesUpWhereTheSeedFillsThePlace) {
  auto seeded = [](BinaryFormat to) {
    return [=](u64 a, u64 b, u64, Round) { return stochastic(to, a, b); };
  };
  const std::vector<FloatCase> cases = {
      {"v_mov_b32_e32 v32, 0\n v_cvt_sr_f16_f32 v32, v4, v5", seeded(kF16), kF16},
      {"v_mov_b32_e32 v32, 0\n v_cvt_sr_bf16_f32 v32, v4, v5", seeded(kBf16), kBf16},
      {"v_mov_b32_e32 v32, 0\n v_cvt_sr_bf16_f32 v32, v4, v5 op_sel:[0,0,1]" + kHigh, seeded(kBf16),
       kBf16},
  };
  for (Round r : {Round::kNearestEven, Round::kUp})
    checkFloatCases(kF32, cases, {.round_32 = r, .round_16_64 = r});
}

} // namespace
} // namespace gemmsmith::emulator
