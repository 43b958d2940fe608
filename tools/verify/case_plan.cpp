#include "tools/verify/case_plan.h"

#include "configs/kernel_name.h"
#include "configs/selection.h"
#include "tools/verify/random.h"
#include "tools/verify/shapes.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <tuple>

namespace gemmsmith::verify {
namespace {

// What one kernel is used for.
struct Usage {
  KernelConfig config;
  std::set<int> splits;
  std::vector<KernelUse> rows;
};

// By kernel name, so that the order of the rows does not matter.
std::map<std::string, Usage> usageByKernel(std::span<const KernelUse> uses) {
  std::map<std::string, Usage> kernels;
  for (const KernelUse &use : uses) {
    Usage &usage = kernels[kernelName(use.config)];
    usage.config = use.config;
    usage.splits.insert(use.splits);
    usage.rows.push_back(use);
  }
  const auto shape = [](const KernelUse &use) {
    return std::tuple(use.problem.m, use.problem.n, use.problem.k, use.splits);
  };
  for (auto &[name, usage] : kernels)
    std::ranges::sort(usage.rows, {}, shape);
  return kernels;
}

// A row whose operands are quickly made and whose tiles are quickly computed: one of the cheaper
// half.
const KernelUse &chooseRow(const Usage &usage, Random &random) {
  std::vector<const KernelUse *> rows;
  for (const KernelUse &row : usage.rows)
    rows.push_back(&row);
  std::ranges::stable_sort(rows, {}, [](const KernelUse *row) { return row->problem.k; });
  return *rows[random.below((rows.size() + 1) / 2)];
}

// Real shapes are cut to this many elements of A and B together: 512 MiB.
constexpr std::int64_t kMaxOperandElements = std::int64_t{1} << 28;

// The shape with M or N, whichever is larger, halved until memory holds it.
Problem cutToMemory(Problem problem) {
  while ((problem.m + problem.n) * problem.k > kMaxOperandElements)
    (problem.m > problem.n ? problem.m : problem.n) /= 2;
  problem.ldc = 0; // dense again
  return problem;
}

// `count` kernels, tile shape by tile shape: from each in turn one that was not taken yet.
std::vector<const Usage *> chooseKernels(const std::map<std::string, Usage> &kernels,
                                         std::size_t count, Random &random) {
  std::map<std::tuple<int, int, int>, std::vector<const Usage *>> by_tile;
  for (const auto &[name, usage] : kernels) {
    const TileShape &tile = usage.config.tile;
    by_tile[{tile.m * tile.n, tile.m, tile.k}].push_back(&usage);
  }
  std::vector<std::vector<const Usage *> *> groups;
  for (auto &[tile, group] : by_tile)
    groups.push_back(&group);
  std::vector<const Usage *> chosen;
  while (chosen.size() < std::min(count, kernels.size())) {
    const std::size_t left = std::min(count, kernels.size()) - chosen.size();
    const std::size_t take = std::min(left, groups.size());
    // Evenly spread over the groups, which are sorted by the size of the tile.
    for (std::size_t i = 0; i < take; ++i) {
      std::vector<const Usage *> &group =
          *groups[take == 1 ? 0 : i * (groups.size() - 1) / (take - 1)];
      const auto pick = group.begin() + static_cast<std::ptrdiff_t>(random.below(group.size()));
      chosen.push_back(*pick);
      group.erase(pick);
    }
    std::erase_if(groups, [](const auto *group) { return group->empty(); });
  }
  return chosen;
}

} // namespace

CasePlan planSample(std::span<const KernelUse> uses, std::size_t kernels, std::uint64_t seed) {
  const std::map<std::string, Usage> all = usageByKernel(uses);
  Random random(seed, 0x73616d706c65);
  CasePlan plan;
  const std::vector<const Usage *> chosen = chooseKernels(all, kernels, random);
  for (const Usage *usage : chosen) {
    const KernelConfig &config = usage->config;
    const std::uint64_t case_seed = random.next() >> 32;
    const KernelUse &row = chooseRow(*usage, random);
    plan.cases.push_back(
        tailCase(config, KLoop::kLong, row.splits, Inputs::kExactIntegers, case_seed));
    plan.cases.push_back(
        tailCase(config, KLoop::kShort, row.splits, Inputs::kNormal, case_seed + 1));
    plan.cases.push_back(sampledCase(config, cutToMemory(row.problem), row.splits,
                                     Inputs::kExactIntegers, case_seed + 2));
  }
  plan.description = fmt::format(
      "a sample: {} of {} distinct kernels, spread over the tile shapes (seed {}); each on two "
      "shapes "
      "with tails in M, N and K and on one of its table's shapes by up to 4 output tiles (shapes "
      "above 512 "
      "MiB of operands are cut in M or N); --full "
      "verifies all",
      chosen.size(), all.size(), seed);
  return plan;
}

CasePlan planFull(std::span<const KernelUse> uses, std::uint64_t seed) {
  std::vector<KernelUse> plain(uses.begin(), uses.end());
  for (KernelUse &use : plain) {
    use.config.bias = false;
    use.config.out_type = DataType::kBf16;
  }
  const std::map<std::string, Usage> kernels = usageByKernel(plain);
  Random random(seed, 0x66756c6c);
  CasePlan plan;
  for (const auto &[name, usage] : kernels) {
    const std::vector<int> splits(usage.splits.begin(), usage.splits.end());
    std::ranges::copy(fullCases(usage.config, splits, random.next()),
                      std::back_inserter(plan.cases));
  }
  plan.description = fmt::format("everything: {} distinct tile configurations, each with and "
                                 "without bias and with bf16 and fp32 "
                                 "output, on shapes with tails in M, N and K, with the numbers of "
                                 "splits that the tables use, on "
                                 "integers (exact) and on random numbers (bounded); seed {}",
                                 kernels.size(), seed);
  return plan;
}

Expected<CasePlan> planRandom(std::size_t count, std::uint64_t seed) {
  constexpr std::int64_t kMaxExtent = 600;
  Random random(seed, 0x72616e646f6d);
  CasePlan plan;
  std::set<std::string> kernels;
  for (std::size_t i = 0; i < count; ++i) {
    Problem problem;
    problem.m = random.between(1, kMaxExtent);
    problem.n = random.between(1, kMaxExtent);
    problem.k = random.between(1, kMaxExtent);
    const auto padding = [&] {
      return static_cast<std::int64_t>(random.below(3) * random.below(20));
    };
    problem.lda = problem.k + padding();
    problem.ldb = problem.k + padding();
    problem.ldc = problem.n + padding();
    problem.bias = random.below(2) != 0;
    problem.out_type = random.below(2) ? DataType::kBf16 : DataType::kF32;
    if (i % 3 == 0) { // random extents alone would hardly ever be aligned
      problem.k = (problem.k + 7) / 8 * 8;
      problem.lda = (problem.lda + 7) / 8 * 8;
      problem.ldb = (problem.ldb + 7) / 8 * 8;
    } else {
      problem.pointer_alignment = 2 << random.below(4);
    }
    const Expected<Selection> selection = selectKernel(problem);
    if (!selection)
      return tl::unexpected<Error>(selection.error());
    kernels.insert(kernelName(selection->config));
    const std::uint64_t case_seed = random.next() >> 32;
    for (const Inputs inputs : {Inputs::kExactIntegers, Inputs::kNormal})
      plan.cases.push_back(
          {selection->config, problem, selection->splits, inputs, case_seed, 0, {}});
  }
  plan.description =
      fmt::format("{} random shapes up to {}, served by the selection policy with {} distinct "
                  "kernels, each on integers (exact) and on random numbers (bounded); seed {}",
                  count, kMaxExtent, kernels.size(), seed);
  return plan;
}

} // namespace gemmsmith::verify
