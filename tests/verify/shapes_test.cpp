#include "tools/verify/shapes.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "configs/legality.h"

#include <array>
#include <gtest/gtest.h>
#include <set>

namespace gemmsmith::verify {
namespace {

KernelConfig parsed(std::string_view name) {
  const Expected<KernelConfig> config = parseKernelName(name);
  EXPECT_TRUE(config) << name;
  return config.value_or(KernelConfig{});
}

const std::array kConfigs = {
    "gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk",
    "gemm_gfx950_bf16_bf16_ring_t16x64x64_s8_w1x2x1_elem",
    "gemm_gfx950_bf16_bf16_ring_t128x128x64_s4_w2x2x1_gm4",
    "gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1_gm4",
    "gemm_gfx950_bf16_bf16_ring_t48x64x64_s2_w1x2x1_splitk",
};

TEST(Shapes, TailCasesLeaveTailsEverywhereAndCanBeLaunched) {
  for (const char *name : kConfigs) {
    const KernelConfig config = parsed(name);
    for (const KLoop loop : {KLoop::kPartial, KLoop::kShort, KLoop::kLong})
      for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const GemmCase test = tailCase(config, loop, 3, Inputs::kExactIntegers, seed);
        EXPECT_NE(test.problem.m % config.tile.m, 0);
        EXPECT_NE(test.problem.n % config.tile.n, 0);
        EXPECT_NE(test.problem.k % config.tile.k, 0);
        const auto launch = planLaunch(config, test.problem, test.splits);
        EXPECT_TRUE(launch) << launch.error().str();
      }
  }
}

TEST(Shapes, LoopsCoverTheRing) {
  const KernelConfig config = parsed(kConfigs[1]);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto tiles = [&](KLoop loop) {
      const GemmCase test = tailCase(config, loop, 1, Inputs::kNormal, seed);
      return (test.problem.k + config.tile.k - 1) / config.tile.k;
    };
    EXPECT_EQ(tiles(KLoop::kPartial), 1);
    EXPECT_LT(tiles(KLoop::kShort), config.stages);
    EXPECT_GT(tiles(KLoop::kLong), config.stages);
  }
}

TEST(Shapes, WorkIsLimited) {
  for (const char *name : kConfigs)
    for (const GemmCase &test : fullCases(parsed(name), std::array{2, 4, 8}, 7))
      EXPECT_LE(workOf(test), 100'000'000) << test.str();
}

TEST(Shapes, FullCasesCoverVariantsCriteriaAndSplitCounts) {
  const std::array counts = {2, 3, 4, 5, 7, 9};
  std::set<std::string> names;
  std::set<std::string> exact;
  std::set<std::string> bounded;
  std::set<int> splits;
  for (const GemmCase &test : fullCases(parsed(kConfigs[0]), counts, 1)) {
    names.insert(kernelName(test.config));
    (test.inputs == Inputs::kExactIntegers ? exact : bounded).insert(kernelName(test.config));
    splits.insert(test.splits);
  }
  EXPECT_EQ(names.size(), 4u);
  EXPECT_EQ(exact, names);
  EXPECT_EQ(bounded, names);
  EXPECT_EQ(splits, std::set<int>(counts.begin(), counts.end()));
}

TEST(Shapes, RealShapesAreSampledWhenLarge) {
  const KernelConfig config = parsed(kConfigs[2]);
  Problem problem;
  problem.m = 8192;
  problem.n = 8192;
  problem.k = 1024;
  EXPECT_EQ(sampledCase(config, problem, 1, Inputs::kNormal, 1).sampled_tiles, 1);
  problem.m = problem.n = 128;
  EXPECT_EQ(sampledCase(config, problem, 1, Inputs::kNormal, 1).sampled_tiles, 0);
}

} // namespace
} // namespace gemmsmith::verify
