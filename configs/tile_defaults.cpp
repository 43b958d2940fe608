#include "configs/tile_defaults.h"

#include "configs/legality.h"

namespace gemmsmith {

int stagesThatFit(const KernelConfig &config, int workgroups, int most) {
  KernelConfig candidate = config;
  for (candidate.stages = most; candidate.stages > 2; --candidate.stages)
    if (ldsBytes(candidate) <= ldsCapacity(candidate.target) / workgroups && isLegal(candidate))
      break;
  return candidate.stages;
}

KernelConfig withFirstLegalWaves(KernelConfig config, std::span<const WaveGrid> candidates,
                                 int workgroups, int most_stages) {
  for (const WaveGrid &waves : candidates) {
    config.waves = waves;
    config.stages = stagesThatFit(config, workgroups, most_stages);
    if (isLegal(config))
      break;
  }
  return config;
}

} // namespace gemmsmith
