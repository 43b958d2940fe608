#include "tools/verify/case_plan.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace gemmsmith::verify {
namespace {

using testing::HasSubstr;

KernelUse use(std::string_view name, std::int64_t m, std::int64_t n, std::int64_t k, int splits) {
  const Expected<KernelConfig> config = parseKernelName(name);
  EXPECT_TRUE(config) << name;
  KernelUse result;
  result.config = config.value_or(KernelConfig{});
  result.problem.m = m;
  result.problem.n = n;
  result.problem.k = k;
  result.problem.bias = result.config.bias;
  result.problem.out_type = result.config.out_type;
  result.splits = splits;
  return result;
}

std::vector<KernelUse> someUses() {
  return {
      use("gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk", 16, 4096, 7168, 4),
      use("gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk", 32, 2048, 4096, 8),
      use("gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk_bias", 1, 2048, 4096, 2),
      use("gemm_gfx950_bf16_bf16_ring_t64x64x128_s3_w2x2x2", 64, 4096, 7168, 1),
      use("gemm_gfx950_bf16_f32_ring_t128x128x64_s4_w2x4x1", 32768, 201088, 7168, 1),
  };
}

std::multiset<std::string> spelled(const CasePlan &plan) {
  std::multiset<std::string> cases;
  for (const GemmCase &test : plan.cases)
    cases.insert(kernelName(test.config) + " " + test.str());
  return cases;
}

void expectLaunchable(const CasePlan &plan) {
  for (const GemmCase &test : plan.cases) {
    const Expected<Launch> launch = planLaunch(test.config, test.problem, test.splits);
    EXPECT_TRUE(launch) << launch.error().str();
  }
}

TEST(CasePlan, SampleIsTheSameWhateverTheOrderOfTheRows) {
  std::vector<KernelUse> uses = someUses();
  const CasePlan plan = planSample(uses, 3, 5);
  std::ranges::reverse(uses);
  EXPECT_EQ(spelled(planSample(uses, 3, 5)), spelled(plan));
  EXPECT_NE(spelled(planSample(uses, 3, 6)), spelled(plan));
  expectLaunchable(plan);
}

TEST(CasePlan, SampleSpreadsOverTileShapes) {
  const CasePlan plan = planSample(someUses(), 3, 1);
  std::set<int> tiles;
  for (const GemmCase &test : plan.cases)
    tiles.insert(test.config.tile.m);
  EXPECT_EQ(tiles, (std::set{16, 64, 128}));
  EXPECT_THAT(plan.description, HasSubstr("3 of 4 distinct kernels"));
}

TEST(CasePlan, SampleOfMoreThanThereAreTakesAll) {
  EXPECT_THAT(planSample(someUses(), 100, 1).description, HasSubstr("4 of 4 distinct kernels"));
}

TEST(CasePlan, RealShapesAreCutToWhatMemoryHolds) {
  for (const GemmCase &test : planSample(someUses(), 100, 1).cases)
    EXPECT_LE((test.problem.m + test.problem.n) * test.problem.k, std::int64_t{1} << 28);
}

TEST(CasePlan, FullMergesTheVariantsAndCoversTheirSplits) {
  const CasePlan plan = planFull(someUses(), 1);
  expectLaunchable(plan);
  std::set<std::string> names;
  std::set<int> splits;
  for (const GemmCase &test : plan.cases) {
    names.insert(kernelName(test.config));
    if (test.config.split == Split::kReduce)
      splits.insert(test.splits);
  }
  EXPECT_EQ(names.size(), 3u * 4);
  EXPECT_EQ(splits, (std::set{2, 4, 8}));
}

TEST(CasePlan, RandomShapesIncludeUnalignedOnes) {
  const Expected<CasePlan> plan = planRandom(60, 1);
  ASSERT_TRUE(plan) << plan.error().str();
  EXPECT_EQ(plan->cases.size(), 120u);
  expectLaunchable(*plan);
  EXPECT_TRUE(std::ranges::any_of(plan->cases, [](const GemmCase &test) {
    return test.config.alignment == RowAlignment::k16Bytes;
  }));
  EXPECT_TRUE(std::ranges::any_of(plan->cases, [](const GemmCase &test) {
    return test.config.alignment == RowAlignment::kElement && test.problem.k % 8 != 0;
  }));
}

} // namespace
} // namespace gemmsmith::verify
