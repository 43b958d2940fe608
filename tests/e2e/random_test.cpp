// Configurations and shapes that nobody wrote down.

#include "configs/kernel_name.h"
#include "configs/legality.h"
#include "tests/e2e/emulated_gemm.h"
#include "tools/verify/case_plan.h"
#include "tools/verify/random.h"
#include "tools/verify/shapes.h"

#include <array>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using verify::GemmCase;
using verify::Inputs;
using verify::Random;

constexpr std::int64_t kMaxTileElements = 128 * 128; // larger tiles have tests of their own

// Legal is not buildable: accumulators that leave too few registers for the rest end in a spill,
// which is an error of the compiler, as it should be.
constexpr int kMaxAccumulators = 64;

template <std::size_t N> int pick(Random &random, const std::array<int, N> &values) {
  return values[random.below(N)];
}

KernelConfig randomConfig(Random &random) {
  for (;;) {
    KernelConfig config;
    config.tile.m = pick(random, std::array{16, 32, 48, 64, 80, 96, 128});
    config.tile.n = pick(random, std::array{32, 64, 96, 128, 192});
    config.tile.k = pick(random, std::array{32, 64, 128, 256});
    config.stages = static_cast<int>(random.between(2, 8));
    config.waves.m = pick(random, std::array{1, 1, 2, 4});
    config.waves.n = pick(random, std::array{1, 2, 4});
    config.waves.k = pick(random, std::array{1, 1, 2, 4});
    config.split = random.below(2) ? Split::kReduce : Split::kNone;
    config.group_m = pick(random, std::array{0, 0, 1, 4, 8});
    config.bias = random.below(2) != 0;
    config.out_type = random.below(2) ? DataType::kBf16 : DataType::kF32;
    config.cache_b.nt = random.below(4) == 0;
    config.alignment = random.below(4) ? RowAlignment::k16Bytes : RowAlignment::kElement;
    const int accumulators =
        config.tile.m * config.tile.n / (config.waves.m * config.waves.n * kWaveSize);
    if (config.tile.m * config.tile.n <= kMaxTileElements && accumulators <= kMaxAccumulators &&
        isLegal(config))
      return config;
  }
}

class RandomGemm : public EmulatedGemm {};

TEST_F(RandomGemm, RandomLegalConfigurationsAreRightOnShapesWithTails) {
  Random random(20261123);
  for (int i = 0; i < 24; ++i) {
    const KernelConfig config = randomConfig(random);
    const auto loop = static_cast<verify::KLoop>(random.below(3));
    const int splits = config.split == Split::kNone ? 1 : static_cast<int>(random.between(1, 6));
    const Inputs inputs = random.below(2) ? Inputs::kNormal : Inputs::kExactIntegers;
    const GemmCase test = verify::tailCase(config, loop, splits, inputs, random.next() >> 32);
    EXPECT_EQ(run(test).failure(), "") << kernelName(config) << ": " << test.str();
  }
}

TEST_F(RandomGemm, RandomShapesGetARightKernelFromThePolicy) {
  const Expected<verify::CasePlan> plan = verify::planRandom(8, 5);
  ASSERT_TRUE(plan) << plan.error().str();
  for (const GemmCase &test : plan->cases)
    EXPECT_EQ(run(test).failure(), "") << kernelName(test.config) << ": " << test.str();
}

} // namespace
} // namespace gemmsmith
