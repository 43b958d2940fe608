#include "configs/policy.h"

#include "configs/cost_model.h"
#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "configs/legality.h"

#include <cmath>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace gemmsmith {
namespace {

using testing::IsEmpty;

std::int64_t tiles(const KernelChoice &choice, const Problem &p) {
  const TileShape &t = choice.config.tile;
  return ((p.m + t.m - 1) / t.m) * ((p.n + t.n - 1) / t.n);
}

TEST(Policy, EveryCandidateIsLegal) {
  for (const KernelConfig &c : candidateConfigs())
    EXPECT_THAT(legalityIssues(c), IsEmpty()) << kernelName(c);
}

TEST(Policy, DecodeShapeWithFewColumnsIsSplitToFillTheDevice) {
  const Problem p{.m = 1, .n = 512, .k = 7168};
  const KernelChoice choice = chooseByCostModel(p).value();
  EXPECT_EQ(choice.config.tile.m, 16);
  EXPECT_EQ(choice.config.split, Split::kReduce);
  EXPECT_GE(tiles(choice, p) * choice.splits, 64);
}

// The public winner splits by 4 here; 64 CUs alone could not draw what HBM gives.
TEST(Policy, WeightStreamingKeepsEveryCuBusy) {
  for (const std::int64_t m : {1, 16}) {
    const Problem p{.m = m, .n = 4096, .k = 4096};
    const KernelChoice choice = chooseByCostModel(p).value();
    EXPECT_GE(tiles(choice, p) * choice.splits, 192) << kernelName(choice.config);
  }
}

TEST(Policy, DecodeShapeWithManyColumnsNeedsNoSplit) {
  const KernelChoice choice = chooseByCostModel({.m = 16, .n = 51200, .k = 5120}).value();
  EXPECT_EQ(choice.config.tile.m, 16);
  EXPECT_EQ(choice.splits, 1);
  EXPECT_EQ(choice.config.split, Split::kNone);
}

TEST(Policy, LargeSquareTakesTheLargestTile) {
  const KernelChoice choice = chooseByCostModel({.m = 8192, .n = 8192, .k = 8192}).value();
  EXPECT_EQ(choice.config.tile, (TileShape{256, 256, 64}));
  EXPECT_EQ(choice.splits, 1);
}

TEST(Policy, LargeOutputsFillTheDevice) {
  for (std::int64_t m = 256; m <= 16384; m *= 2) {
    const Problem p{.m = m, .n = 8192, .k = 4096};
    const KernelChoice choice = chooseByCostModel(p).value();
    EXPECT_GE(tiles(choice, p) * choice.splits, 192) << "M=" << m;
  }
}

TEST(Policy, ProblemDecidesBiasOutputAndAlignment) {
  const KernelChoice choice =
      chooseByCostModel({.m = 5, .n = 7, .k = 9, .out_type = DataType::kF32, .bias = true}).value();
  EXPECT_EQ(choice.config.out_type, DataType::kF32);
  EXPECT_TRUE(choice.config.bias);
  EXPECT_EQ(choice.config.alignment, RowAlignment::kElement);
}

TEST(Policy, WhatNoKernelServesIsRefusedWithTheReason) {
  const Expected<KernelChoice> choice =
      chooseByCostModel({.m = 5, .n = 7, .k = 9, .b_layout = BLayout::kPreshuffled});
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().message, testing::HasSubstr("pre-shuffled"));
}

RC_GTEST_PROP(Policy, ChoiceIsLegalPlannableAndRepeatable, ()) {
  const auto extent = rc::gen::oneOf(
      rc::gen::inRange<std::int64_t>(1, 64), rc::gen::inRange<std::int64_t>(1, 20000),
      rc::gen::map(rc::gen::inRange<std::int64_t>(1, 40000), [](std::int64_t e) { return 8 * e; }));
  Problem p{.m = *extent, .n = *extent, .k = *extent};
  p.out_type = *rc::gen::element(DataType::kBf16, DataType::kF32);
  p.bias = *rc::gen::arbitrary<bool>();
  p.lda = p.k + *rc::gen::element(0, 0, 1, 8);
  p.pointer_alignment = *rc::gen::element(2, 16);
  const Expected<KernelChoice> choice = chooseByCostModel(p);
  RC_ASSERT(choice.has_value());
  RC_ASSERT(isLegal(choice->config));
  RC_ASSERT(planLaunch(choice->config, p, choice->splits).has_value());
  RC_ASSERT((choice->config.split == Split::kReduce) == (choice->splits > 1));
  const bool aligned = p.k % 8 == 0 && p.lda % 8 == 0 && p.pointer_alignment >= 16;
  RC_ASSERT((choice->config.alignment == RowAlignment::k16Bytes) == aligned);
  const Expected<KernelChoice> again = chooseByCostModel(p);
  RC_ASSERT(again->config == choice->config && again->splits == choice->splits);
  const double us = estimateMicroseconds(choice->config, p, choice->splits);
  RC_ASSERT(std::isfinite(us) && us > 0);
}

} // namespace
} // namespace gemmsmith
