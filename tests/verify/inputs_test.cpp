#include "tools/verify/inputs.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace gemmsmith::verify {
namespace {

Problem problem(std::int64_t m, std::int64_t n, std::int64_t k, bool bias = true) {
  Problem p;
  p.m = m;
  p.n = n;
  p.k = k;
  p.bias = bias;
  return p;
}

TEST(Inputs, SameSeedSameOperands) {
  const auto first = makeOperands(Inputs::kNormal, problem(5, 7, 33), 42);
  const auto again = makeOperands(Inputs::kNormal, problem(5, 7, 33), 42);
  const auto other = makeOperands(Inputs::kNormal, problem(5, 7, 33), 43);
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(first->a.values, again->a.values);
  EXPECT_EQ(first->bias, again->bias);
  EXPECT_NE(first->a.values, other->a.values);
  EXPECT_NE(first->a.values, first->b.values);
}

TEST(Inputs, ExactIntegersAreSmallAndUseTheirWholeRange) {
  const auto operands = makeOperands(Inputs::kExactIntegers, problem(40, 30, 50), 1);
  ASSERT_TRUE(operands);
  const auto [low, high] =
      std::ranges::minmax(operands->a.values, {}, [](Bf16 value) { return fromBf16(value); });
  EXPECT_EQ(fromBf16(low), -8);
  EXPECT_EQ(fromBf16(high), 8);
  for (const Bf16 value : operands->b.values)
    EXPECT_EQ(fromBf16(value), std::nearbyint(fromBf16(value)));
}

TEST(Inputs, ExactSumsStayBelowTwoToThe24) {
  for (const std::int64_t k : {1ll, 8192ll, 1ll << 17, (1ll << 18) - 1, 1ll << 18, 1ll << 20,
                               1ll << 22, (1ll << 24) - 2}) {
    const std::int64_t limit = exactIntegerLimit(k);
    EXPECT_GE(limit, 1) << k;
    EXPECT_LT(limit * limit * k + limit, 1 << 24) << k;
  }
  EXPECT_EQ(exactIntegerLimit(1 << 17), 8);
  EXPECT_EQ(exactIntegerLimit((1 << 24) - 1), 0);
  EXPECT_EQ(exactIntegerLimit(1ll << 40), 0);
}

TEST(Inputs, TooLongSumsAreRefusedForExactIntegers) {
  const auto operands = makeOperands(Inputs::kExactIntegers, problem(1, 1, 1 << 25), 1);
  ASSERT_FALSE(operands);
  EXPECT_EQ(operands.error().kind, ErrorKind::kIllegal);
}

TEST(Inputs, NormalNumbersHaveMeanZeroAndVarianceOne) {
  const auto operands = makeOperands(Inputs::kNormal, problem(300, 1, 1000), 3);
  ASSERT_TRUE(operands);
  double sum = 0;
  double squares = 0;
  for (const Bf16 value : operands->a.values) {
    sum += fromBf16(value);
    squares += fromBf16(value) * fromBf16(value);
  }
  EXPECT_NEAR(sum / 300'000, 0, 0.01);
  EXPECT_NEAR(squares / 300'000, 1, 0.02);
}

TEST(Inputs, SpecialValuesLeaveMostRowsFinite) {
  const auto operands = makeOperands(Inputs::kSpecial, problem(64, 64, 100), 3);
  ASSERT_TRUE(operands);
  int rows = 0;
  int denormals = 0;
  for (std::int64_t row = 0; row < 64; ++row) {
    rows += std::ranges::any_of(operands->a.row(row),
                                [](Bf16 value) { return !std::isfinite(fromBf16(value)); });
    denormals += static_cast<int>(std::ranges::count_if(operands->a.row(row), [](Bf16 value) {
      return std::fpclassify(fromBf16(value)) == FP_SUBNORMAL;
    }));
  }
  EXPECT_EQ(rows, 8);
  EXPECT_GT(denormals, 50);
}

} // namespace
} // namespace gemmsmith::verify
