#include "configs/policy.h"

#include "configs/cost_model.h"
#include "configs/launch.h"

#include <algorithm>
#include <array>
#include <optional>

namespace gemmsmith {

namespace {

constexpr KernelConfig ring(TileShape tile, int stages, WaveGrid waves, int group_m = 0) {
  KernelConfig c;
  c.tile = tile;
  c.stages = stages;
  c.waves = waves;
  c.group_m = group_m;
  return c;
}

// Tiles that win often in the public tables, from decode shapes to prefill shapes, with the stages
// and waves that win with them. Few enough that the objects of a model stay few.
constexpr std::array kCandidates{
    ring({16, 64, 64}, 7, {1, 2, 1}),      ring({16, 64, 128}, 6, {1, 2, 1}),
    ring({16, 64, 256}, 4, {1, 1, 2}),     ring({16, 128, 128}, 4, {1, 4, 1}),
    ring({32, 64, 128}, 5, {1, 4, 1}),     ring({48, 64, 64}, 8, {1, 2, 1}),
    ring({64, 64, 128}, 5, {2, 2, 2}),     ring({64, 128, 128}, 3, {2, 4, 2}),
    ring({96, 64, 64}, 4, {2, 2, 1}),      ring({96, 128, 64}, 4, {1, 4, 1}),
    ring({128, 64, 128}, 3, {2, 4, 2}),    ring({128, 128, 64}, 4, {2, 4, 1}),
    ring({128, 256, 64}, 3, {2, 4, 1}, 4), ring({256, 128, 64}, 3, {4, 2, 1}, 4),
    ring({192, 256, 64}, 2, {2, 4, 1}, 4), ring({256, 256, 64}, 2, {2, 4, 1}, 4),
};

// Beyond these the reduction costs more than the parallelism gains (public rows: 2 to 16).
constexpr int kMostSplits = 16;
constexpr std::int64_t kFewestTilesPerSplit = 2;

// Split-K is for launches that leave CUs idle, or a last round of workgroups nearly empty.
constexpr std::int64_t kMostTilesToSplit = 512;

std::int64_t ceilDiv(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

int mostSplits(const KernelConfig &c, const Problem &p) {
  if (ceilDiv(p.m, c.tile.m) * ceilDiv(p.n, c.tile.n) > kMostTilesToSplit)
    return 1;
  const std::int64_t k_tiles = ceilDiv(p.k, c.tile.k);
  return static_cast<int>(std::clamp<std::int64_t>(k_tiles / kFewestTilesPerSplit, 1, kMostSplits));
}

// The candidate as the problem needs it, on the fastest path that can serve it.
Expected<KernelConfig> fitted(KernelConfig c, const Problem &p) {
  c.in_type = p.in_type;
  c.out_type = p.out_type;
  c.bias = p.bias;
  c.b_layout = p.b_layout;
  if (planLaunch(c, p, 1))
    return c;
  c.alignment = RowAlignment::kElement;
  return planLaunch(c, p, 1).map([&](const Launch &) { return c; });
}

} // namespace

std::span<const KernelConfig> candidateConfigs() {
  return kCandidates;
}

Expected<KernelChoice> chooseByCostModel(const Problem &problem) {
  std::optional<KernelChoice> best;
  double best_us = 0;
  Error first_error;
  for (const KernelConfig &candidate : kCandidates) {
    Expected<KernelConfig> config = fitted(candidate, problem);
    if (!config) {
      if (first_error.message.empty())
        first_error = config.error();
      continue;
    }
    for (int splits = 1; splits <= mostSplits(*config, problem); ++splits) {
      config->split = splits > 1 ? Split::kReduce : Split::kNone;
      const double us = estimateMicroseconds(*config, problem, splits);
      if (best && us >= best_us)
        continue;
      best = KernelChoice{*config, splits};
      best_us = us;
    }
  }
  if (!best)
    return makeError(ErrorKind::kIllegal,
                     "no kernel can serve this problem: " + first_error.message);
  return *best;
}

} // namespace gemmsmith
