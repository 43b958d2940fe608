#include "tools/verify/shapes.h"

#include "tools/verify/random.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gemmsmith::verify {
namespace {

constexpr std::int64_t kTailWork = 24'000'000;    // multiplications of a case with tails
constexpr std::int64_t kSampledWork = 32'000'000; // of a case on a real shape, at least one tile

std::int64_t ceilDiv(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// 1 .. extent - 1, a multiple of `step`.
std::int64_t tail(Random &random, int extent, int step) {
  return step * random.between(1, extent / step - 1);
}

// Output tiles of a case with tails, the largest grid that fits the work; one tile if none does.
// A grouped kernel is given more tile rows than a group, so that the last group is a partial one.
std::pair<int, int> tileGrid(const KernelConfig &config, std::int64_t work_per_tile) {
  const std::array<std::pair<int, int>, 6> grids = {
      {{config.group_m > 0 ? std::max(config.group_m + 1, 3) : 3, 3},
       {3, 2},
       {2, 2},
       {2, 1},
       {1, 2},
       {1, 1}}};
  // Grouping is worth a longer run.
  std::int64_t budget = config.group_m > 0 ? 4 * kTailWork : kTailWork;
  for (const auto &[rows, columns] : grids) {
    if (rows * columns * work_per_tile <= budget)
      return {rows, columns};
    budget = kTailWork;
  }
  return {1, 1};
}

} // namespace

GemmCase tailCase(const KernelConfig &config, KLoop loop, int splits, Inputs inputs,
                  std::uint64_t seed) {
  const bool aligned = config.alignment == RowAlignment::k16Bytes;
  const int step = aligned ? 8 : 1;
  Random random(seed, 0x7368617065);
  std::int64_t k_tiles = 1;
  if (loop == KLoop::kShort)
    k_tiles = splits * random.between(1, config.stages - 1);
  else if (loop == KLoop::kLong)
    k_tiles = splits * random.between(config.stages + 1, config.stages + 2);
  if (k_tiles > 2 && splits > 1)
    --k_tiles; // splits of unequal length

  GemmCase test;
  test.config = config;
  test.splits = config.split == Split::kNone ? 1 : splits;
  test.inputs = inputs;
  test.seed = seed;
  Problem &problem = test.problem;
  problem.k = (k_tiles - 1) * config.tile.k + tail(random, config.tile.k, step);
  const auto [rows, columns] =
      tileGrid(config, std::int64_t{config.tile.m} * config.tile.n * config.tile.k * k_tiles);
  problem.m = std::int64_t{rows - 1} * config.tile.m + tail(random, config.tile.m, 1);
  problem.n = std::int64_t{columns - 1} * config.tile.n + tail(random, config.tile.n, 1);
  const auto stride = [&](std::int64_t row, int unit) {
    const auto padding = static_cast<std::int64_t>(random.below(16) * random.below(2));
    return row + padding * unit;
  };
  problem.lda = stride(problem.k, step);
  problem.ldb = stride(problem.k, step);
  problem.ldc = stride(problem.n, 1);
  problem.in_type = config.in_type;
  problem.out_type = config.out_type;
  problem.bias = config.bias;
  problem.b_layout = config.b_layout;
  if (!aligned)
    problem.pointer_alignment = 2 << random.below(4);
  return test;
}

std::vector<GemmCase> fullCases(const KernelConfig &config, std::span<const int> splits,
                                std::uint64_t seed) {
  static constexpr std::array<KLoop, 4> kLoops = {KLoop::kLong, KLoop::kShort, KLoop::kPartial,
                                                  KLoop::kLong};
  const std::vector<int> counts = config.split == Split::kNone || splits.empty()
                                      ? std::vector<int>{1}
                                      : std::vector<int>(splits.begin(), splits.end());
  std::vector<GemmCase> cases;
  Random seeds(seed, 0x66756c6c);
  std::size_t count = 0; // split counts met so far
  for (std::size_t variant = 0; variant < kLoops.size(); ++variant) {
    KernelConfig varied = config;
    varied.bias = variant & 1;
    varied.out_type = variant < 2 ? DataType::kBf16 : DataType::kF32;
    // Four variants share the split counts; where there are more counts, some take several.
    const std::size_t share = std::max<std::size_t>(ceilDiv(counts.size(), kLoops.size()), 1);
    for (std::size_t i = 0; i < share; ++i, ++count) {
      const int split_count = counts[count % counts.size()];
      const KLoop loop = kLoops[variant];
      cases.push_back(
          tailCase(varied, loop, split_count, Inputs::kExactIntegers, seeds.next() >> 32));
      cases.push_back(tailCase(varied, loop, split_count, Inputs::kNormal, seeds.next() >> 32));
      if (variant == 3 && i == 0)
        cases.push_back(
            tailCase(varied, KLoop::kShort, split_count, Inputs::kSpecial, seeds.next() >> 32));
    }
  }
  return cases;
}

std::int64_t workOf(const GemmCase &test) {
  const TileShape &tile = test.config.tile;
  const std::int64_t tiles = ceilDiv(test.problem.m, tile.m) * ceilDiv(test.problem.n, tile.n);
  const std::int64_t executed =
      test.sampled_tiles > 0 ? std::min(test.sampled_tiles, tiles) : tiles;
  return executed * tile.m * tile.n * ceilDiv(test.problem.k, tile.k) * tile.k;
}

GemmCase sampledCase(const KernelConfig &config, const Problem &problem, int splits, Inputs inputs,
                     std::uint64_t seed) {
  GemmCase test{config, problem, splits, inputs, seed, 0, {}};
  if (workOf(test) <= kSampledWork)
    return test;
  test.sampled_tiles = 1;
  test.sampled_tiles = std::clamp<std::int64_t>(kSampledWork / workOf(test), 1, 4);
  return test;
}

} // namespace gemmsmith::verify
