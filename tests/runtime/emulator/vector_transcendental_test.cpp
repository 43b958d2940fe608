// The transcendental unit: the manual's examples to the bit, everything else within an ulp.
#include "tests/runtime/emulator/float_cases.h"
#include "tests/runtime/emulator/snippets.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <numbers>
#include <random>

namespace gemmsmith::emulator {
namespace {

using namespace reference;

std::vector<std::vector<u32>> runOn(const std::vector<std::string> &snippets,
                                    std::vector<u32> inputs, int input_dwords, int output_dwords,
                                    const FloatMode &mode = {}) {
  while (inputs.size() % static_cast<std::size_t>(64 * input_dwords))
    inputs.push_back(0x3f800000);
  std::vector<std::string> code;
  for (const std::string &s : snippets)
    code.push_back(mode.setup() + s);
  SnippetTable table;
  table.inputs = inputs;
  table.input_dwords = input_dwords;
  table.output_dwords = output_dwords;
  table.directives = mode.directives();
  return runSnippets(code, table);
}

// --- the examples in the manual (CDNA4 ISA 12.8)

struct Examples {
  const char *instruction;
  std::vector<std::pair<u32, u32>> pairs;
};
const std::vector<Examples> kExamples = {
    {"v_exp_f32", {{0xff800000, 0}, {0x80000000, 0x3f800000}, {0x7f800000, 0x7f800000}}},
    {"v_log_f32",
     {{0xff800000, 0xffc00000},
      {0xbf800000, 0xffc00000},
      {0x80000000, 0xff800000},
      {0, 0xff800000},
      {0x3f800000, 0},
      {0x7f800000, 0x7f800000}}},
    {"v_rcp_f32",
     {{0xff800000, 0x80000000},
      {0xc0000000, 0xbf000000},
      {0x80000000, 0xff800000},
      {0, 0x7f800000},
      {0x7f800000, 0}}},
    {"v_rsq_f32",
     {{0xff800000, 0xffc00000},
      {0x80000000, 0xff800000},
      {0, 0x7f800000},
      {0x40800000, 0x3f000000},
      {0x7f800000, 0}}},
    {"v_sqrt_f32",
     {{0xff800000, 0xffc00000},
      {0x80000000, 0x80000000},
      {0, 0},
      {0x40800000, 0x40000000},
      {0x7f800000, 0x7f800000}}},
    {"v_sin_f32",
     {{0xff800000, 0xffc00000},
      {0xff7fffff, 0},
      {0x80000000, 0x80000000},
      {0x3e800000, 0x3f800000},
      {0x7f800000, 0xffc00000}}},
    {"v_cos_f32",
     {{0xff800000, 0xffc00000},
      {0xff7fffff, 0x3f800000},
      {0x80000000, 0x3f800000},
      {0x3e800000, 0},
      {0x7f800000, 0xffc00000}}},
    {"v_rcp_f16", {{0xfc00, 0x8000}, {0xc000, 0xb800}, {0x8000, 0xfc00}, {0, 0x7c00}, {0x7c00, 0}}},
    {"v_sqrt_f16",
     {{0xfc00, 0xfe00}, {0x8000, 0x8000}, {0, 0}, {0x4400, 0x4000}, {0x7c00, 0x7c00}}},
    {"v_rsq_f16", {{0xfc00, 0xfe00}, {0x8000, 0xfc00}, {0, 0x7c00}, {0x4400, 0x3800}, {0x7c00, 0}}},
    {"v_log_f16",
     {{0xfc00, 0xfe00},
      {0xbc00, 0xfe00},
      {0x8000, 0xfc00},
      {0, 0xfc00},
      {0x3c00, 0},
      {0x7c00, 0x7c00}}},
    {"v_exp_f16", {{0xfc00, 0}, {0x8000, 0x3c00}, {0x7c00, 0x7c00}}},
    {"v_sin_f16",
     {{0xfc00, 0xfe00},
      {0xfbff, 0},
      {0x8000, 0x8000},
      {0x3400, 0x3c00},
      {0x7bff, 0},
      {0x7c00, 0xfe00}}},
    {"v_cos_f16",
     {{0xfc00, 0xfe00},
      {0xfbff, 0x3c00},
      {0x8000, 0x3c00},
      {0x3400, 0},
      {0x7bff, 0x3c00},
      {0x7c00, 0xfe00}}},
};

TEST(Transcendental, TheManualsExamplesInEveryRoundingMode) {
  std::vector<std::string> snippets;
  std::vector<u32> inputs;
  for (const Examples &e : kExamples)
    snippets.push_back(fmt::format("{} v32, v4", e.instruction));
  for (const Examples &e : kExamples)
    for (auto [in, out] : e.pairs)
      inputs.push_back(in);
  for (Round r : {Round::kNearestEven, Round::kUp, Round::kTowardZero}) {
    auto results = runOn(snippets, inputs, 1, 1, {.round_32 = r, .round_16_64 = r});
    std::size_t at = 0;
    for (std::size_t n = 0; n < kExamples.size(); ++n)
      for (auto [in, out] : kExamples[n].pairs) {
        ASSERT_FALSE(results[n].empty());
        EXPECT_EQ(results[n][at++], out) << kExamples[n].instruction << fmt::format(" {:#x}", in);
      }
  }
}

// --- accuracy

template <typename T> T zeroIfDenormal(T v) {
  return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(T{0}, v) : v;
}
// Of `turns` turns; the reduction is exact.
long double sineOf(double turns) {
  long double rest = std::remainder(static_cast<long double>(turns), 1.0L);
  if (rest == 0 && turns != 0)
    return 0;                  // the manual's sine of -MaxFloat
  if (std::fabs(rest) > 0.25L) // sin(x) = sin(half a turn - x)
    rest = std::copysign(0.5L, rest) - rest;
  return std::sin(2 * std::numbers::pi_v<long double> * rest);
}
long double cosineOf(double turns) {
  long double rest = std::fabs(std::remainder(static_cast<long double>(turns), 1.0L));
  return std::sin(2 * std::numbers::pi_v<long double> * (0.25L - rest));
}

struct Function {
  const char *name;
  long double (*value)(double);
};
constexpr Function kFunctions[] = {
    {"rcp", [](double a) { return 1 / static_cast<long double>(a); }},
    {"sqrt", [](double a) { return std::sqrt(static_cast<long double>(a)); }},
    {"rsq", [](double a) { return 1 / std::sqrt(static_cast<long double>(a)); }},
    {"exp", [](double a) { return std::exp2(static_cast<long double>(a)); }},
    {"log", [](double a) { return std::log2(static_cast<long double>(a)); }},
    {"sin", sineOf},
    {"cos", cosineOf},
};

// Arguments of all exponents, and of those where the functions are not extreme.
std::vector<u32> float32Arguments() {
  std::vector<u32> inputs;
  for (u64 v : edgeValues(kF32))
    inputs.push_back(static_cast<u32>(v));
  std::mt19937 random(5);
  std::uniform_real_distribution<float> moderate(-150, 150), near_one(0.9f, 1.1f);
  for (int n = 0; n < 1000; ++n) {
    inputs.push_back(static_cast<u32>(random()));
    inputs.push_back(std::bit_cast<u32>(moderate(random)));
    inputs.push_back(std::bit_cast<u32>(near_one(random)));
  }
  return inputs;
}

TEST(Transcendental, Float32IsWithinOneUlpAndWithoutDenormals) {
  std::vector<u32> inputs = float32Arguments();
  std::vector<std::string> snippets;
  for (const Function &f : kFunctions)
    snippets.push_back(fmt::format("v_{}_f32_e32 v32, v4", f.name));
  auto results = runOn(snippets, inputs, 1, 1);
  for (std::size_t n = 0; n < std::size(kFunctions); ++n) {
    bool keeps_denormals = n >= 5; // sine and cosine
    ASSERT_FALSE(results[n].empty());
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      auto a = std::bit_cast<float>(inputs[k]), got = std::bit_cast<float>(results[n][k]);
      long double exact = kFunctions[n].value(keeps_denormals ? a : zeroIfDenormal(a));
      auto nearest = static_cast<float>(exact);
      std::string what = fmt::format("{} of {:#x}: {:#x}", snippets[n], inputs[k], results[n][k]);
      if (nearest != nearest) {
        ASSERT_TRUE(got != got) << what;
        continue;
      }
      if (!keeps_denormals && std::fabs(nearest) < std::numeric_limits<float>::min()) {
        ASSERT_EQ(results[n][k], std::bit_cast<u32>(std::copysign(0.0f, nearest))) << what;
        continue;
      }
      ASSERT_TRUE(got == nearest || got == std::nextafter(nearest, -INFINITY) ||
                  got == std::nextafter(nearest, INFINITY))
          << what;
    }
  }
}
TEST(Transcendental, LegacyFormsAndTheReciprocalForIntegersAreTheSame) {
  std::vector<u32> inputs = float32Arguments();
  auto results = runOn({"v_exp_f32_e32 v32, v4\n v_exp_legacy_f32_e32 v33, v4",
                        "v_log_f32_e32 v32, v4\n v_log_legacy_f32_e32 v33, v4",
                        "v_rcp_f32_e32 v32, v4\n v_rcp_iflag_f32_e32 v33, v4"},
                       inputs, 1, 2);
  for (const auto &r : results) {
    ASSERT_FALSE(r.empty());
    for (std::size_t k = 0; k < r.size(); k += 2)
      ASSERT_EQ(r[k], r[k + 1]) << k;
  }
}

TEST(Transcendental, Float16IsWithinOneUlpOnEveryArgument) {
  std::vector<u32> inputs;
  for (u32 v = 0; v < 0x10000; ++v)
    inputs.push_back(v);
  std::vector<std::string> snippets;
  for (const Function &f : kFunctions)
    snippets.push_back(fmt::format("v_{}_f16_e32 v32, v4", f.name));
  auto results = runOn(snippets, inputs, 1, 1);
  for (std::size_t n = 0; n < std::size(kFunctions); ++n) {
    ASSERT_FALSE(results[n].empty());
    for (u32 v : inputs) {
      u64 got = results[n][v];
      u64 wide = convert(kF16, kF64, v, Round::kNearestEven);
      long double exact = kFunctions[n].value(
          std::bit_cast<double>(wide == kAnyNaN ? kF64.quietBit() | kF64.infinity() : wide));
      u64 nearest =
          convert(kF64, kF16, std::bit_cast<u64>(static_cast<double>(exact)), Round::kNearestEven);
      std::string what = fmt::format("{} of {:#x}: {:#x}, not {:#x}", snippets[n], v, got, nearest);
      if (nearest == kAnyNaN)
        ASSERT_TRUE(isNaN(kF16, got)) << what;
      else
        ASSERT_LE(got > nearest ? got - nearest : nearest - got, 1u) << what;
    }
  }
}

TEST(Transcendental, Float64RootsAndReciprocals) {
  const std::vector<FloatCase> cases = {
      {"v_rcp_f64_e32 v[32:33], v[4:5]",
       [](u64 a, u64, u64, Round) {
         return divide(kF64, 0x3ff0000000000000, a, Round::kNearestEven);
       },
       kF64},
      {"v_sqrt_f64_e32 v[32:33], v[4:5]",
       [](u64 a, u64, u64, Round) { return squareRoot(kF64, a, Round::kNearestEven); }, kF64},
      {"v_rsq_f64_e32 v[32:33], v[4:5]",
       [](u64 a, u64, u64, Round) {
         u64 root = squareRoot(kF64, a, Round::kNearestEven);
         return divide(kF64, 0x3ff0000000000000, root, Round::kNearestEven);
       },
       kF64},
  };
  checkFloatCases(kF64, cases, {.round_16_64 = Round::kUp});
  checkFloatCases(kF64, cases, {.denormals_16_64 = 0});
}

// --- V_TRIG_PREOP_F64

__extension__ typedef __float128 Quad;

// Segments 0, 1 and 2 of 2/pi reduce an argument to quarter turns and a rest: with these, sine must
// be what the host's library, which has its own 2/pi, says.
TEST(TrigPreop, ReducesArgumentsOfAnySize) {
  std::mt19937_64 random(9);
  std::vector<double> arguments;
  std::vector<u32> inputs;
  for (int n = 0; n < 1024; ++n) {
    u64 exponent = 1023 + random() % 1023; // 1 to 2^1022 and more
    u64 bits = exponent << 52 | (random() & 0xfffffffffffff);
    arguments.push_back(std::bit_cast<double>(bits));
    inputs.push_back(static_cast<u32>(bits));
    inputs.push_back(static_cast<u32>(bits >> 32));
  }
  auto results = runOn({"v_trig_preop_f64 v[32:33], v[4:5], 0\n"
                        "v_trig_preop_f64 v[34:35], v[4:5], 1\n"
                        "v_trig_preop_f64 v[36:37], v[4:5], 2"},
                       inputs, 2, 6);
  ASSERT_FALSE(results[0].empty());
  for (std::size_t n = 0; n < arguments.size(); ++n) {
    double x = arguments[n];
    bool scaled = std::bit_cast<u64>(x) >> 52 >= 1968; // by 2^128, to stay clear of denormals
    Quad quarters = 0;
    for (std::size_t s = 0; s < 3; ++s) {
      u64 bits = results[0][6 * n + 2 * s] | u64{results[0][6 * n + 2 * s + 1]} << 32;
      Quad product = static_cast<Quad>(std::bit_cast<double>(bits)) * static_cast<Quad>(x);
      if (scaled)
        product *= static_cast<Quad>(0x1p-128);
      // Whole turns are of no matter.
      auto turns = static_cast<WideInteger>(product / 4);
      quarters += product - static_cast<Quad>(turns) * 4;
    }
    double angle =
        static_cast<double>(quarters * static_cast<Quad>(std::numbers::pi_v<long double>) / 2);
    ASSERT_NEAR(std::sin(angle), std::sin(x), 1e-14) << x;
    ASSERT_NEAR(std::cos(angle), std::cos(x), 1e-14) << x;
  }
}
TEST(TrigPreop, SegmentsAreCutOffAndEndWithTheTable) {
  // v[4:5] is 1, v[6:7] almost the largest number.
  auto results = runOn({"v_trig_preop_f64 v[32:33], v[4:5], 0\n"
                        "v_trig_preop_f64 v[34:35], v[4:5], 20\n"
                        "v_trig_preop_f64 v[36:37], v[4:5], 31\n"
                        "v_trig_preop_f64 v[38:39], v[6:7], 4\n"
                        "v_trig_preop_f64 v[40:41], v[6:7], 5"},
                       std::vector<u32>{0, 0x3ff00000, 0, 0x7fe00000}, 4, 10);
  ASSERT_FALSE(results[0].empty());
  auto segment = [&](std::size_t n) {
    return results[0][2 * n] | u64{results[0][2 * n + 1]} << 32;
  };
  EXPECT_EQ(segment(0), 0x3fe45f306dc9c882u); // 2/pi, truncated
  // From bit 1060 on, of which the 14 down to 2^-1074 are left.
  EXPECT_LT(segment(1), u64{1} << 14);
  EXPECT_GT(segment(1), 0u);
  EXPECT_EQ(segment(2), 0u);
  // Bits 1181 to 1200 are the last, scaled by 2^128.
  EXPECT_GT(segment(3), 0u);
  EXPECT_LT(segment(3), u64{1} << 21);
  EXPECT_EQ(segment(4), 0u);
}

} // namespace
} // namespace gemmsmith::emulator
