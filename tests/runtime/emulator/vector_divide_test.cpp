// Division: its steps one by one, and what LLVM makes of them.
#include "tests/runtime/emulator/float_cases.h"
#include "tests/runtime/emulator/harness.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

using namespace reference;

// --- single steps, as the manual's pseudocode but for what vector_divide.cpp says of it

int exponentField(BinaryFormat f, u64 v) {
  return static_cast<int>((v & f.infinity()) >> f.mantissa_bits);
}
bool equal(BinaryFormat f, u64 a, u64 b) {
  return !isNaN(f, a) && !isNaN(f, b) && compare(f, a, b) == 0;
}
bool tinyQuotient(BinaryFormat f, u64 a, u64 b, Round r) {
  u64 q = divide(f, a, b, r);
  return q != kAnyNaN && !isInfinite(f, b) && (isDenormal(f, q) || isZero(f, q));
}

struct DivisionConstants {
  int scale, large, tiny, underflow;
};
DivisionConstants constants(BinaryFormat f) {
  return f.width() == 32 ? DivisionConstants{64, 96, 23, -150}
                         : DivisionConstants{128, 768, 53, -1075};
}

struct Scaled {
  u64 value;
  bool flag;
};
Scaled divScale(BinaryFormat f, u64 s0, u64 s1, u64 s2, Round r) {
  DivisionConstants k = constants(f);
  u64 one = static_cast<u64>(f.bias()) << f.mantissa_bits;
  auto by = [&](int n) { return scale(f, s0, n, r); };
  if (isZero(f, s2) || isZero(f, s1))
    return {kAnyNaN, false};
  if (exponentField(f, s2) - exponentField(f, s1) >= k.large)
    return {equal(f, s0, s1) ? by(k.scale) : s0, true};
  if (isDenormal(f, s1))
    return {by(k.scale), false};
  bool reciprocal = tinyQuotient(f, one, s1, r), quotient = tinyQuotient(f, s2, s1, r);
  if (reciprocal && quotient)
    return {equal(f, s0, s1) ? by(-k.scale) : s0, true};
  if (reciprocal)
    return {by(-k.scale), false};
  if (quotient)
    return {equal(f, s0, s2) ? by(k.scale) : s0, true};
  if (exponentField(f, s2) <= k.tiny)
    return {by(k.scale), false};
  return {s0, false};
}

u64 divFixup(BinaryFormat f, u64 s0, u64 s1, u64 s2, Round r) {
  u64 sign = (s1 ^ s2) & f.sign();
  if (isNaN(f, s2))
    return quieted(f, s2);
  if (isNaN(f, s1))
    return quieted(f, s1);
  if ((isZero(f, s1) && isZero(f, s2)) || (isInfinite(f, s1) && isInfinite(f, s2)))
    return f.sign() | f.infinity() | f.quietBit();
  if (isZero(f, s1) || isInfinite(f, s2))
    return sign | f.infinity();
  if (isInfinite(f, s1) || isZero(f, s2))
    return sign;
  if (f.width() > 16 && exponentField(f, s2) - exponentField(f, s1) < constants(f).underflow)
    return scale(f, sign | 1, -4, r); // UNDERFLOW
  if (f.width() > 16 && isNaN(f, s0))
    return scale(f, sign | f.largest(), 4, r); // OVERFLOW
  return isNaN(f, s0) ? kAnyNaN : (s0 & ~f.sign()) | sign;
}

std::vector<FloatCase> steps(BinaryFormat f) {
  std::string type = f.width() == 32 ? "f32" : "f64";
  auto reg = [&](int first) {
    return f.width() == 32 ? fmt::format("v{}", first / 2 + 2)
                           : fmt::format("v[{}:{}]", first, first + 1);
  };
  std::string d = f.width() == 32 ? "v32" : "v[32:33]", a = reg(4), b = reg(6), c = reg(8);
  std::string scale_code = "v_div_scale_" + type + " ";
  auto flag_code = [&](const std::string &operands) {
    return scale_code + (f.width() == 32 ? "v34" : "v[34:35]") + ", vcc, " + operands +
           "\n v_cndmask_b32_e64 v32, 0, 1, vcc";
  };
  int n = constants(f).scale;
  return {
      // The denominator is b, the numerator c.
      {scale_code + d + ", vcc, " + b + ", " + b + ", " + c,
       [=](u64, u64 y, u64 z, Round r) { return divScale(f, y, y, z, r).value; }, f},
      {scale_code + d + ", vcc, " + c + ", " + b + ", " + c,
       [=](u64, u64 y, u64 z, Round r) { return divScale(f, z, y, z, r).value; }, f},
      {flag_code(b + ", " + b + ", " + c),
       [=](u64, u64 y, u64 z, Round r) -> u64 { return divScale(f, y, y, z, r).flag; }, kBits32},
      {flag_code(c + ", " + b + ", " + c),
       [=](u64, u64 y, u64 z, Round r) -> u64 { return divScale(f, z, y, z, r).flag; }, kBits32},
      {"s_mov_b64 vcc, 0\n v_div_fmas_" + type + " " + d + ", " + a + ", " + b + ", " + c,
       [=](u64 x, u64 y, u64 z, Round r) { return fused(f, x, y, z, r); }, f},
      {"s_mov_b64 vcc, -1\n v_div_fmas_" + type + " " + d + ", " + a + ", " + b + ", " + c,
       [=](u64 x, u64 y, u64 z, Round r) {
         return fused(f, x, y, z, r, exponentField(f, z) > f.bias() ? n : -n);
       },
       f},
      {"v_div_fixup_" + type + " " + d + ", " + a + ", " + b + ", " + c,
       [=](u64 x, u64 y, u64 z, Round r) { return divFixup(f, x, y, z, r); }, f},
  };
}

TEST(DivisionSteps, ScaleFuseAndFixUpInEveryRoundingMode) {
  for (BinaryFormat f : {kF32, kF64})
    for (Round r : {Round::kNearestEven, Round::kUp, Round::kDown, Round::kTowardZero})
      checkFloatCases(f, steps(f), {.round_32 = r, .round_16_64 = r});
}
TEST(DivisionSteps, HalvesAreOnlyFixedUp) {
  const std::vector<FloatCase> cases = {
      {"v_mov_b32_e32 v32, 0\n v_div_fixup_f16 v32, v4, v5, v6",
       [](u64 x, u64 y, u64 z, Round r) { return divFixup(kF16, x, y, z, r); }, kF16},
      {"v_div_fixup_legacy_f16 v32, v4, v5, v6",
       [](u64 x, u64 y, u64 z, Round r) { return divFixup(kF16, x, y, z, r); }, kF16},
  };
  checkFloatCases(kF16, cases);
}

// --- whole divisions

class CompiledQuotient : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Levels, CompiledQuotient, testing::Values(0, 3),
                         [](const auto &info) { return fmt::format("O{}", info.param); });

// Besides the usual values, quotients next to where they become denormal, zero or infinite, and
// where the steps change their ways.
template <typename B>
void operandsOf(BinaryFormat f, std::vector<B> &numerators, std::vector<B> &denominators) {
  for (const FloatTriple &t : floatTriples(f)) {
    numerators.push_back(static_cast<B>(t.value[0]));
    denominators.push_back(static_cast<B>(t.value[1]));
  }
  int m = f.mantissa_bits, bias = f.bias(), large = f.width() == 64 ? 768 : 96;
  std::mt19937_64 random(3);
  for (int t : {-bias - m, 1 - bias - m, -bias - m - 1, -bias, 1 - bias, 2 - bias, bias, bias + 1,
                bias - 1, large, large - 1, large + 1})
    for (int n = 0; n < 512; ++n) {
      u64 mantissa = n % 8 ? random() : n % 16 ? 0 : ~u64{0};
      u64 denominator =
          (mantissa & ((u64{1} << m) - 1)) | (1 + random() % static_cast<u64>(2 * bias)) << m;
      u64 near = denominator + random() % 7 - 3;
      u64 numerator = scale(f, near, t, Round::kNearestEven);
      u64 sign = random() & f.sign();
      numerators.push_back(static_cast<B>(numerator == kAnyNaN ? f.infinity() : numerator | sign));
      denominators.push_back(static_cast<B>(denominator));
    }
  while (numerators.size() % 64) {
    numerators.push_back(1);
    denominators.push_back(3);
  }
}

template <typename B>
void expectSame(BinaryFormat f, B got, u64 expected, const std::string &what) {
  if (expected == kAnyNaN)
    ASSERT_TRUE(isNaN(f, got)) << what;
  else
    ASSERT_EQ(got, expected) << what << fmt::format(": {:#x}, not {:#x}", got, expected);
}

template <typename B> void checkQuotients(int level, BinaryFormat f, const std::string &kernel) {
  std::vector<B> numerators, denominators;
  operandsOf(f, numerators, denominators);
  Harness h;
  h.load(compiledKernels("quotients", level));
  std::size_t count = numerators.size();
  DevicePointer a = h.upload(numerators), b = h.upload(denominators),
                out = h.empty(count * sizeof(B));
  ASSERT_EQ(h.launch(kernel, {static_cast<u32>(count / 64)}, {64}, out, a, b), "");
  auto got = h.download<B>(out, count);
  for (std::size_t n = 0; n < count; ++n)
    expectSame(f, got[n], divide(f, numerators[n], denominators[n], Round::kNearestEven),
               fmt::format("{:#x} / {:#x}", numerators[n], denominators[n]));
}
template <typename B> void checkRoots(int level, BinaryFormat f, const std::string &kernel) {
  std::vector<B> values, others;
  operandsOf(f, values, others);
  values.insert(values.end(), others.begin(), others.end());
  Harness h;
  h.load(compiledKernels("quotients", level));
  std::size_t count = values.size();
  DevicePointer a = h.upload(values), out = h.empty(count * sizeof(B));
  ASSERT_EQ(h.launch(kernel, {static_cast<u32>(count / 64)}, {64}, out, a), "");
  auto got = h.download<B>(out, count);
  for (std::size_t n = 0; n < count; ++n)
    expectSame(f, got[n], squareRoot(f, values[n], Round::kNearestEven),
               fmt::format("root of {:#x}", values[n]));
}

TEST_P(CompiledQuotient, Float16IsCorrectlyRounded) {
  checkQuotients<std::uint16_t>(GetParam(), kF16, "quotient_f16");
}
TEST_P(CompiledQuotient, Float32IsCorrectlyRounded) {
  checkQuotients<u32>(GetParam(), kF32, "quotient_f32");
}
TEST_P(CompiledQuotient, Float64IsCorrectlyRounded) {
  checkQuotients<u64>(GetParam(), kF64, "quotient_f64");
}
TEST_P(CompiledQuotient, SquareRootsAreCorrectlyRounded) {
  checkRoots<u32>(GetParam(), kF32, "root_f32");
  checkRoots<u64>(GetParam(), kF64, "root_f64");
}

} // namespace
} // namespace gemmsmith::emulator
