// The problems that a kernel is tried on.
#pragma once

#include "configs/kernel_config.h"
#include "tools/verify/kernel_run.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gemmsmith::verify {

// How many K-tiles a split walks through, compared with the LDS ring.
enum class KLoop : std::uint8_t {
  kPartial, // K is less than one K-tile; with more than one split, the others find nothing to do
  kShort,   // fewer K-tiles than stages: the ring is never full
  kLong,    // more than stages: every slot is used again
};

// A case whose M, N and K all leave tails, as small as the tile allows: no more work than some tens
// of millions of multiplications, several tiles where that fits, row strides beyond the rows in
// every other case, and within what the configuration assumes of alignment. `config` must be legal.
GemmCase tailCase(const KernelConfig &config, KLoop loop, int splits, Inputs inputs,
                  std::uint64_t seed);

// All that is tried on a configuration, in its four variants: with and without bias, bf16 and fp32
// output. Every variant has exact and bounded cases, every way of the K loop and every number of
// splits is met by some variant. `splits` lists the numbers in use (ignored without split).
std::vector<GemmCase> fullCases(const KernelConfig &config, std::span<const int> splits,
                                std::uint64_t seed);

// A case for `problem`, a real shape: whole if that is little work, else a few sampled tiles.
GemmCase sampledCase(const KernelConfig &config, const Problem &problem, int splits, Inputs inputs,
                     std::uint64_t seed);

// Multiplications that executing the case once takes, tails counted as whole tiles.
std::int64_t workOf(const GemmCase &test);

} // namespace gemmsmith::verify
