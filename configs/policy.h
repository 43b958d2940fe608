// Choosing a kernel for a problem that no table knows.
//
// Promises of every policy: the choice depends on the problem alone, is legal, and planLaunch()
// accepts it for this problem; or an error says why no kernel can serve the problem. Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"
#include "configs/problem.h"

#include <functional>
#include <span>

namespace gemmsmith {

struct KernelChoice {
  KernelConfig config;
  int splits = 1;
};

// A policy is any function that keeps the promises above, so that a learned one can take the place
// of the default.
using SelectionPolicy = std::function<Expected<KernelChoice>(const Problem &)>;

// The candidate of least estimated time (cost_model.h), with as many splits as serve it best. Ties
// go to the earlier candidate and to fewer splits.
Expected<KernelChoice> chooseByCostModel(const Problem &problem);

// The tiles that chooseByCostModel() considers, without bias, split and alignment, which the
// problem decides. All legal.
std::span<const KernelConfig> candidateConfigs();

} // namespace gemmsmith
