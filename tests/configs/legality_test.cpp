#include "configs/legality.h"

#include "configs/kernel_name.h"
#include "tests/configs/generators.h"

#include <gmock/gmock.h>
#include <limits>
#include <rapidcheck/gtest.h>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

KernelConfig config(std::string_view name) {
  const Expected<KernelConfig> parsed = parseKernelName(name);
  EXPECT_TRUE(parsed) << parsed.error().str();
  return parsed.value_or(KernelConfig{});
}

TEST(Legality, DeepRingOfTheDecodeTileIsLegalAndHasItsPublishedLdsSize) {
  const KernelConfig c = config("gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk");
  EXPECT_THAT(legalityIssues(c), IsEmpty());
  EXPECT_EQ(ldsBytes(c), 143360); // KERNEL_NAMES.md, first grammar's example
}

TEST(Legality, Rule1NamesTheExtentAndTheMultiple) {
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t80x128x64_s2_w2x1x1")),
              ElementsAre("tile.m is 80, not a multiple of 32 = 16 * waves.m"));
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t128x128x96_s2_w1x1x2")),
              ElementsAre("tile.k is 96, not a multiple of 64 = 32 * waves.k"));
}

TEST(Legality, MoreThanSixteenWavesAreRefused) {
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w4x4x2")),
              testing::Contains("4x4x2 = 32 waves, a workgroup has at most 16"));
}

TEST(Legality, Rule2RefusesFourWavesOn48Rows) {
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t48x64x64_s4_w1x4x1")),
              ElementsAre("tile.m * tile.k = 3072 elements, not a multiple of 2048 (8 elements for "
                          "each of 256 threads)",
                          "tile.m * tile.n = 3072 elements, not a multiple of 2048 (8 elements for "
                          "each of 256 threads)"));
}

TEST(Legality, Rule3CountsTheRing) {
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t256x256x64_s3_w2x4x1")),
              ElementsAre("3 stages of 256x256x64 need 196608 bytes of LDS, gfx950 has 163840"));
}

TEST(Legality, Rule3CountsTheSliceScratch) {
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x2")),
              ElementsAre("slice-K over 2 waves needs 262144 bytes of LDS, gfx950 has 163840"));
}

TEST(Legality, Rule4CountsOutstandingLoads) {
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t128x64x64_s6_w1x1x1")),
              ElementsAre("6 stages with 24 loads per thread and stage leave 96 outstanding, vmcnt "
                          "counts fewer than 63"));
}

TEST(Legality, AccumulatorsMustFitTheirRegisters) {
  EXPECT_THAT(
      legalityIssues(config("gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w1x2x2")),
      testing::Contains("256x256 over 1x2 waves needs 512 accumulators per thread, there are "
                        "256"));
}

TEST(Legality, WhatHasNoTemplateYetIsRefusedByName) {
  const std::string rest = "_t64x64x64_s2_w2x2x1";
  EXPECT_THAT(legalityIssues(config("gemm_gfx942_bf16_bf16_ring" + rest)),
              ElementsAre(HasSubstr("target gfx942")));
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_f16_bf16_ring" + rest)),
              ElementsAre(HasSubstr("input type f16")));
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_f16_ring" + rest)),
              ElementsAre(HasSubstr("output type f16")));
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_pingpong" + rest)),
              ElementsAre(HasSubstr("family pingpong")));
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_skinny" + rest)),
              ElementsAre(HasSubstr("family skinny")));
  EXPECT_THAT(legalityIssues(config("gemm_gfx950_bf16_bf16_ring" + rest + "_bpre")),
              ElementsAre(HasSubstr("pre-shuffled B")));
}

TEST(Legality, RangesOfOptionsAreChecked) {
  const std::string name = "gemm_gfx950_bf16_bf16_ring_t64x64x64_s2_w2x2x1";
  EXPECT_TRUE(isLegal(config(name + "_gm64")));
  EXPECT_THAT(legalityIssues(config(name + "_gm65")),
              ElementsAre("group_m is 65, it must be 0 to 64"));
  EXPECT_TRUE(isLegal(config(name + "_wpe8")));
  EXPECT_THAT(legalityIssues(config(name + "_wpe9")),
              ElementsAre("waves_per_eu is 9, it must be 0 to 8"));
}

TEST(Legality, EnumeratorsOutOfRangeAreRefused) {
  KernelConfig c = config("gemm_gfx950_bf16_bf16_ring_t64x64x64_s2_w2x2x1");
  c.family = static_cast<Family>(200);
  EXPECT_FALSE(isLegal(c));
}

RC_GTEST_PROP(Legality, IsTotalOnAnyFieldValues, ()) {
  const auto number = rc::gen::oneOf(
      rc::gen::arbitrary<int>(),
      rc::gen::element(0, -1, 1, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()));
  const KernelConfig c = *configWithNumbers(number);
  for (const std::string &issue : legalityIssues(c))
    RC_ASSERT(!issue.empty());
  RC_ASSERT(ldsBytes(c) >= ringBytes(c));
}

RC_GTEST_PROP(Legality, LegalConfigurationsObeyTheFourPublishedRules, ()) {
  const KernelConfig c = *plausibleConfig();
  if (!isLegal(c))
    return;
  const int threads = threadCount(c);
  RC_ASSERT(c.tile.m % (16 * c.waves.m) == 0 && c.tile.n % (16 * c.waves.n) == 0 &&
            c.tile.k % (32 * c.waves.k) == 0);
  RC_ASSERT(c.waves.count() <= 16);
  RC_ASSERT(c.tile.m * c.tile.k % (8 * threads) == 0 && c.tile.n * c.tile.k % (8 * threads) == 0 &&
            c.tile.m * c.tile.n % (8 * threads) == 0);
  RC_ASSERT(c.stages * (c.tile.m + c.tile.n) * c.tile.k * 2 <= 163840);
  RC_ASSERT((c.waves.k - 1) * c.tile.m * c.tile.n * 4 <= 163840);
  RC_ASSERT(c.stages >= 2);
  RC_ASSERT((c.stages - 2) * ((c.tile.m + c.tile.n) * c.tile.k / (8 * threads)) < 63);
}

} // namespace
} // namespace gemmsmith
