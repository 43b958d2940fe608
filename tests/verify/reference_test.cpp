#include "tools/verify/reference.h"

#include <cmath>
#include <gtest/gtest.h>

namespace gemmsmith::verify {
namespace {

void expectPlainSums(Inputs inputs, std::int64_t m, std::int64_t n, std::int64_t k, bool bias,
                     const Region &region, int threads) {
  Problem problem;
  problem.m = m;
  problem.n = n;
  problem.k = k;
  problem.bias = bias;
  const auto operands = makeOperands(inputs, problem, 9);
  ASSERT_TRUE(operands);
  const Reference reference = computeReference(*operands, region, threads);
  ASSERT_EQ(reference.value.size(), static_cast<std::size_t>(region.rows * region.columns));
  for (std::int64_t i = 0; i < region.rows; ++i) {
    for (std::int64_t j = 0; j < region.columns; ++j) {
      const auto column = static_cast<std::size_t>(region.column + j);
      double sum = 0;
      double magnitude = 0;
      for (std::size_t d = 0; d < static_cast<std::size_t>(k); ++d) {
        const double product = static_cast<double>(fromBf16(operands->a.row(region.row + i)[d])) *
                               fromBf16(operands->b.row(region.column + j)[d]);
        sum += product;
        magnitude += std::fabs(product);
      }
      if (bias) {
        sum += fromBf16(operands->bias[column]);
        magnitude += std::fabs(fromBf16(operands->bias[column]));
      }
      const auto at = static_cast<std::size_t>(i * region.columns + j);
      if (std::isfinite(sum)) {
        EXPECT_NEAR(reference.value[at], sum, 1e-12 * magnitude);
        EXPECT_NEAR(reference.magnitude[at], magnitude, 1e-12 * magnitude);
      } else if (std::isnan(sum)) {
        EXPECT_TRUE(std::isnan(reference.value[at]));
      } else {
        EXPECT_EQ(reference.value[at], sum);
      }
    }
  }
}

TEST(Reference, EqualsPlainSumsOnOddSizes) {
  expectPlainSums(Inputs::kNormal, 7, 13, 301, true, {0, 0, 7, 13}, 1);
}

TEST(Reference, OneElement) {
  expectPlainSums(Inputs::kNormal, 1, 1, 1, false, {0, 0, 1, 1}, 1);
}

TEST(Reference, OfARegionInside) {
  expectPlainSums(Inputs::kExactIntegers, 40, 50, 600, true, {3, 17, 20, 21}, 1);
}

TEST(Reference, SeveralThreads) {
  expectPlainSums(Inputs::kExactIntegers, 33, 70, 130, false, {0, 0, 33, 70}, 4);
}

TEST(Reference, NanAndInfinitiesPropagate) {
  expectPlainSums(Inputs::kSpecial, 24, 24, 77, true, {0, 0, 24, 24}, 2);
}

} // namespace
} // namespace gemmsmith::verify
