// The promises of the kernel contract (DESIGN section 4), one by one, for the ring family.

#include "tests/e2e/emulated_gemm.h"

#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using verify::Bf16;
using verify::CaseResult;
using verify::Inputs;

TEST_F(EmulatedGemm, WholeTilesAreExact) {
  expectGood({.m = 32, .n = 128, .k = 256, .config = "t16x64x64_s3_w1x2x1"});
}

TEST_F(EmulatedGemm, TailInAllThreeDimensionsIsExactOnIntegers) {
  expectGood({.m = 17, .n = 70, .k = 200, .config = "t16x64x64_s3_w1x2x1"});
}

TEST_F(EmulatedGemm, TailInOneDimensionOnly) {
  expectGood({.m = 19, .n = 128, .k = 128, .config = "t16x64x64_s3_w1x2x1"});
  expectGood({.m = 32, .n = 65, .k = 128, .config = "t16x64x64_s3_w1x2x1"});
  expectGood({.m = 32, .n = 128, .k = 136, .config = "t16x64x64_s3_w1x2x1"});
}

TEST_F(EmulatedGemm, OneElementOfOutput) {
  expectGood({.m = 1, .n = 1, .k = 8, .config = "t16x64x64_s3_w1x2x1"});
  expectGood({.m = 1, .n = 1, .k = 1, .config = "t16x64x64_s3_w1x2x1_elem"});
}

TEST_F(EmulatedGemm, KShorterThanOneTile) {
  for (const std::int64_t k : {8, 32, 56})
    expectGood({.m = 20, .n = 70, .k = k, .config = "t16x64x64_s3_w1x2x1"});
}

TEST_F(EmulatedGemm, AnyNumberOfKTilesAroundTheNumberOfStages) {
  for (std::int64_t k_tiles = 1; k_tiles <= 12; ++k_tiles)
    expectGood({.m = 5, .n = 33, .k = k_tiles * 64 - 8, .config = "t16x64x64_s5_w1x2x1"});
}

TEST_F(EmulatedGemm, WavesSideBySide) {
  expectGood({.m = 70, .n = 90, .k = 328, .config = "t64x64x64_s2_w2x2x1"});
  expectGood({.m = 100, .n = 50, .k = 200, .config = "t64x64x64_s3_w4x1x1"});
  expectGood({.m = 50, .n = 100, .k = 200, .config = "t64x64x64_s3_w1x4x1"});
}

TEST_F(EmulatedGemm, LargeTile) {
  expectGood({.m = 300, .n = 250, .k = 232, .config = "t256x256x64_s2_w2x4x1"});
}

TEST_F(EmulatedGemm, TileWidthsThatAreNoPowersOfTwo) {
  expectGood({.m = 60, .n = 70, .k = 200, .config = "t48x64x64_s3_w1x2x1"});
  expectGood({.m = 90, .n = 130, .k = 200, .config = "t80x128x64_s3_w1x2x1"});
}

TEST_F(EmulatedGemm, SliceKAddsTheSlicesInFp32) {
  expectGood({.m = 21, .n = 75, .k = 712, .config = "t16x64x128_s3_w1x1x2"});
  expectGood({.m = 40, .n = 75, .k = 456, .config = "t32x64x128_s3_w1x1x4"});
  expectGood({.m = 70, .n = 140, .k = 392, .config = "t64x128x128_s3_w2x4x2"});
}

TEST_F(EmulatedGemm, SplitKWithEveryNumberOfSplits) {
  for (const int splits : {1, 2, 3, 4, 7})
    expectGood(
        {.m = 21, .n = 75, .k = 1096, .config = "t16x64x128_s3_w1x1x2_splitk", .splits = splits});
}

TEST_F(EmulatedGemm, SplitK_MoreSplitsThanKTiles) {
  expectGood({.m = 21, .n = 75, .k = 136, .config = "t16x64x64_s3_w1x2x1_splitk", .splits = 8});
}

TEST_F(EmulatedGemm, SplitK_ResetsItsCountersAndReusesTheWorkspace) {
  const CaseResult result =
      run({.m = 40, .n = 200, .k = 520, .config = "t16x64x64_s3_w1x2x1_splitk_bias", .splits = 5});
  EXPECT_EQ(result.counters_left, 0u);
  EXPECT_EQ(result.differing, 0u); // the second run started with the counters of the first
  EXPECT_EQ(result.failure(), "");
}

// Partial sums 2^24, 1, -2^24: from left to right in fp32 the 1 is lost, in any other order not.
TEST_F(EmulatedGemm, SplitK_LastArriverReducesInSplitOrder) {
  const auto sumOf = [&](float first, float second, float third) {
    auto operands = std::make_shared<verify::Operands>();
    operands->a = {1, 192, std::vector<Bf16>(192, 0)};
    operands->b = operands->a;
    const float partials[] = {first, second, third};
    for (std::size_t split = 0; split < 3; ++split) {
      operands->a.values[split * 64] = verify::toBf16(1.0f);
      operands->b.values[split * 64] = verify::toBf16(partials[split]);
    }
    const CaseResult result = run({.m = 1,
                                   .n = 1,
                                   .k = 192,
                                   .config = "t16x64x64_s3_w1x2x1_splitk",
                                   .splits = 3,
                                   .out_type = DataType::kF32,
                                   .operands = operands});
    EXPECT_EQ(result.fault, "");
    EXPECT_EQ(result.differing, 0u);
    const auto &mismatch = result.comparison.first_mismatch;
    return mismatch ? mismatch->got : 1.0; // the exact sum of all three is 1
  };
  EXPECT_EQ(sumOf(0x1p24f, 1, -0x1p24f), 0);
  EXPECT_EQ(sumOf(1, 0x1p24f, -0x1p24f), 0);
  EXPECT_EQ(sumOf(0x1p24f, -0x1p24f, 1), 1);
}

TEST_F(EmulatedGemm, GroupedOrderVisitsEveryTileOnce) {
  // 5 x 3 tiles: neither the 8 dies nor the groups of 4 tile rows divide them.
  expectGood({.m = 75, .n = 150, .k = 72, .config = "t16x64x64_s2_w1x2x1_gm4"});
  expectGood({.m = 10, .n = 60, .k = 72, .config = "t16x64x64_s2_w1x2x1_gm4"});
  expectGood({.m = 161, .n = 200, .k = 40, .config = "t16x64x64_s2_w1x2x1_gm8"});
  expectGood(
      {.m = 75, .n = 150, .k = 200, .config = "t16x64x64_s2_w1x2x1_splitk_gm4", .splits = 3});
}

TEST_F(EmulatedGemm, BiasIsAddedBeforeTheRounding) {
  expectGood({.m = 20, .n = 75, .k = 136, .config = "t16x64x64_s3_w1x2x1_bias"});
  expectGood(
      {.m = 20, .n = 75, .k = 136, .config = "t16x64x64_s3_w1x2x1_splitk_bias", .splits = 2});
  expectGood({.m = 20, .n = 75, .k = 136, .config = "t16x64x64_s3_w1x1x2_bias"});
}

TEST_F(EmulatedGemm, Fp32OutputIsNotRounded) {
  for (const char *config : {"t16x64x64_s3_w1x2x1", "t16x64x64_s3_w1x2x1_bias",
                             "t16x64x128_s3_w1x1x2", "t64x64x64_s2_w2x2x1"})
    expectGood({.m = 37, .n = 75, .k = 328, .config = config, .out_type = DataType::kF32});
  expectGood({.m = 37,
              .n = 75,
              .k = 328,
              .config = "t16x64x64_s3_w1x2x1_splitk_bias",
              .splits = 3,
              .out_type = DataType::kF32});
}

TEST_F(EmulatedGemm, LeadingStridesBeyondTheRows) {
  expectGood({.m = 37,
              .n = 75,
              .k = 200,
              .config = "t16x64x64_s3_w1x2x1",
              .lda = 208,
              .ldb = 256,
              .ldc = 80});
  expectGood({.m = 37,
              .n = 75,
              .k = 200,
              .config = "t16x64x64_s3_w1x2x1_splitk",
              .splits = 2,
              .lda = 2048,
              .ldc = 77});
}

TEST_F(EmulatedGemm, RowsThatAreNotAligned) {
  for (const int alignment : {2, 4, 8, 16})
    expectGood({.m = 37,
                .n = 75,
                .k = 201,
                .config = "t16x64x64_s3_w1x2x1_elem",
                .lda = 203,
                .ldb = 211,
                .pointer_alignment = alignment});
}

TEST_F(EmulatedGemm, AnyKWithoutAlignment) {
  for (std::int64_t k = 59; k <= 71; ++k)
    expectGood({.m = 5, .n = 33, .k = k, .config = "t16x64x64_s3_w1x2x1_elem"});
  expectGood(
      {.m = 5, .n = 33, .k = 333, .config = "t16x64x128_s3_w1x1x2_splitk_elem", .splits = 3});
}

TEST_F(EmulatedGemm, NanAndInfinitiesPropagateAndPaddingInjectsNone) {
  for (const char *config : {"t16x64x64_s3_w1x2x1_bias", "t16x64x128_s3_w1x1x2",
                             "t16x64x64_s3_w1x2x1_elem", "t64x64x64_s2_w2x2x1"}) {
    const CaseResult result = run({.m = 37,
                                   .n = 75,
                                   .k = 72,
                                   .config = config,
                                   .lda = 80,
                                   .ldb = 88,
                                   .inputs = Inputs::kSpecial});
    EXPECT_EQ(result.failure(), "") << config;
  }
  const CaseResult split = run({.m = 37,
                                .n = 75,
                                .k = 328,
                                .config = "t16x64x64_s3_w1x2x1_splitk",
                                .splits = 3,
                                .inputs = Inputs::kSpecial});
  EXPECT_EQ(split.failure(), "");
}

TEST_F(EmulatedGemm, OperandsBeyond4GiB) {
  constexpr std::int64_t kStride = 60'000'000; // elements: 16 rows stay below 2 GiB, 45 do not
  expectGood({.m = 45, .n = 10, .k = 72, .config = "t16x64x64_s3_w1x2x1", .lda = kStride});
  expectGood({.m = 10, .n = 200, .k = 72, .config = "t16x64x64_s3_w1x2x1", .ldb = kStride / 4});
}

TEST_F(EmulatedGemm, OutputBeyond4GiB) {
  // Once: looking for stray bytes in that much memory takes seconds.
  const CaseResult result =
      run({.m = 37, .n = 70, .k = 72, .config = "t16x64x64_s3_w1x2x1", .ldc = 60'000'000});
  EXPECT_EQ(result.failure(), "");
}

TEST_F(EmulatedGemm, SampledTilesOfALargeProblem) {
  expectGood(
      {.m = 4096, .n = 1000, .k = 520, .config = "t64x64x64_s2_w2x2x1_gm4", .sampled_tiles = 5});
  expectGood({.m = 64,
              .n = 20'000,
              .k = 1024,
              .config = "t16x64x64_s3_w1x2x1_splitk",
              .splits = 4,
              .sampled_tiles = 4});
}

TEST_F(EmulatedGemm, CachePoliciesChangeNoNumbers) {
  expectGood({.m = 20, .n = 75, .k = 328, .config = "t16x64x64_s3_w1x2x1_cbnt"});
}

} // namespace
} // namespace gemmsmith
