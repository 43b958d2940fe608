// The one judge of whether a KernelConfig can be built, and why not.
//
// Rules and their sources: KERNEL_NAMES.md "When is a tile configuration legal?", GFX950.md. The
// verifier of gemm.kernel, the parsers of public names, the policy and the command line all ask
// here.
#pragma once

#include "configs/kernel_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gemmsmith {

// Bytes of LDS a workgroup may use: 163,840 on gfx950, 65,536 on gfx942.
std::int64_t ldsCapacity(Target target);

// Bytes of the LDS ring: stages * (tile.m + tile.n) * tile.k * size of an element.
std::int64_t ringBytes(const KernelConfig &config);

// Bytes of the slice-K scratch, which reuses the ring's memory after the main loop:
// (waves.k - 1) * tile.m * tile.n fp32 values.
std::int64_t sliceScratchBytes(const KernelConfig &config);

// Bytes of LDS the kernel's code object declares: the larger of the two.
std::int64_t ldsBytes(const KernelConfig &config);

// Why `config` cannot be built, one sentence per broken rule; empty when it is legal. Total: any
// field values are acceptable input, negative and huge ones included. Thread-safe.
std::vector<std::string> legalityIssues(const KernelConfig &config);

inline bool isLegal(const KernelConfig &config) {
  return legalityIssues(config).empty();
}

} // namespace gemmsmith
