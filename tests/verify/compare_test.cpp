#include "tools/verify/compare.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

namespace gemmsmith::verify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Compares one row of bf16 values with as many references, each the sum of one product.
Comparison compareBf16(Criterion criterion, const std::vector<double> &expected,
                       const std::vector<float> &got, std::int64_t k = 1) {
  Reference reference{{4, 10, 1, static_cast<std::int64_t>(expected.size())}, expected, {}};
  for (const double value : expected)
    reference.magnitude.push_back(std::fabs(value));
  std::vector<Bf16> output;
  for (const float value : got)
    output.push_back(toBf16(value));
  return compareOutput(criterion, DataType::kBf16, k, reference, std::as_bytes(std::span(output)));
}

TEST(Compare, RoundedReferenceIsExact) {
  const Comparison result = compareBf16(Criterion::kExact, {1, 257, -3, 0}, {1, 256, -3, 0});
  EXPECT_EQ(result.elements, 4u);
  EXPECT_EQ(result.mismatches, 0u);
  EXPECT_EQ(result.errorRatio(), 0);
}

TEST(Compare, ExactRefusesTheOtherNeighbour) {
  const Comparison result = compareBf16(Criterion::kExact, {1, 2, 257}, {1, 2, 258});
  EXPECT_EQ(result.mismatches, 1u);
  ASSERT_TRUE(result.first_mismatch);
  EXPECT_EQ(result.first_mismatch->row, 4);
  EXPECT_EQ(result.first_mismatch->column, 12);
  EXPECT_EQ(result.first_mismatch->expected, 257);
  EXPECT_EQ(result.first_mismatch->got, 258);
}

TEST(Compare, ExactTellsZerosApart) {
  EXPECT_EQ(compareBf16(Criterion::kExact, {0}, {-0.0f}).mismatches, 1u);
}

TEST(Compare, BoundAllowsHalfAnUlpPlusAccumulation) {
  EXPECT_EQ(compareBf16(Criterion::kBounded, {257}, {258}).mismatches, 0u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {256.9}, {258}).mismatches, 1u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {256.9}, {258}, 10'000).mismatches, 0u);
}

TEST(Compare, NanMatchesOnlyNan) {
  const auto nan = static_cast<float>(kNan);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {kNan}, {nan}).mismatches, 0u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {kNan}, {1}).mismatches, 1u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {1}, {nan}).mismatches, 1u);
  EXPECT_EQ(compareBf16(Criterion::kExact, {1}, {nan}).mismatches, 1u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {1}, {nan}).errorRatio(), 1);
}

TEST(Compare, InfinitiesMatchWithTheirSign) {
  const auto infinity = static_cast<float>(kInfinity);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {kInfinity}, {infinity}).mismatches, 0u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {kInfinity}, {-infinity}).mismatches, 1u);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {1}, {infinity}).mismatches, 1u);
}

TEST(Compare, OverflowOfTheOutputTypeIsRight) {
  const auto infinity = static_cast<float>(kInfinity);
  EXPECT_EQ(compareBf16(Criterion::kBounded, {3.4e38}, {infinity}).mismatches, 0u);
}

TEST(Compare, ErrorRatioCountsWhatIscloseRejects) {
  // 5e-2 + 5e-2 * 1 = 0.1
  const Comparison result = compareBf16(Criterion::kBounded, {1, 1, 1, 1}, {1.09f, 1.2f, 1, 0.8f});
  EXPECT_EQ(result.outside_tolerance, 2u);
  EXPECT_DOUBLE_EQ(result.errorRatio(), 0.5);
}

TEST(Compare, HalfUlpOfBothTypes) {
  EXPECT_EQ(halfUlp(DataType::kBf16, 256), 1);
  EXPECT_EQ(halfUlp(DataType::kBf16, -511), 1);
  EXPECT_EQ(halfUlp(DataType::kF32, 1), 0x1p-24);
  EXPECT_EQ(halfUlp(DataType::kF32, 0), 0x1p-150);
  EXPECT_EQ(halfUlp(DataType::kBf16, 1e-45), 0x1p-134);
}

TEST(Compare, AddJoinsTwoSets) {
  Comparison all = compareBf16(Criterion::kExact, {1, 2}, {1, 2});
  all.add(compareBf16(Criterion::kExact, {1, 2}, {1, 3}));
  EXPECT_EQ(all.elements, 4u);
  EXPECT_EQ(all.mismatches, 1u);
  EXPECT_EQ(all.first_mismatch->column, 11);
}

} // namespace
} // namespace gemmsmith::verify
