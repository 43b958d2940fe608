// What a public kernel name leaves open and a ring kernel needs: waves and stages for a given tile.
#pragma once

#include "configs/kernel_config.h"

#include <span>

namespace gemmsmith {

// The most stages, from 2 to `most`, that are legal and let `workgroups` workgroups share a CU; 2
// when not even that many fit.
int stagesThatFit(const KernelConfig &config, int workgroups, int most);

// `config` with the first of `candidates` that makes it legal, stages re-chosen by stagesThatFit()
// for each; the last candidate when none does.
KernelConfig withFirstLegalWaves(KernelConfig config, std::span<const WaveGrid> candidates,
                                 int workgroups, int most_stages);

} // namespace gemmsmith
