// Which cases to run on the kernels of tuned tables, and on shapes that nobody tuned.
//
// Deterministic: the same uses in any order, count and seed give the same cases.
#pragma once

#include "configs/error.h"
#include "tools/verify/kernel_run.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::verify {

// A row of a table: a shape that a kernel serves.
struct KernelUse {
  KernelConfig config;
  Problem problem;
  int splits = 1;
};

struct CasePlan {
  std::vector<GemmCase> cases;
  std::string description; // what was chosen and what was left out, as a sentence
};

// `kernels` of the distinct kernels in use, spread over the tile shapes. Each gets a case with
// tails in M, N and K on exact integers, another on normal numbers, and one of its real shapes by
// sampled output tiles.
CasePlan planSample(std::span<const KernelUse> uses, std::size_t kernels, std::uint64_t seed);

// Every distinct tile configuration in use, with and without bias, with bf16 and fp32 output, under
// both criteria, and with every number of splits that it is used with.
CasePlan planFull(std::span<const KernelUse> uses, std::uint64_t seed);

// `count` random problems with 1 <= M, N, K <= 600, two of three with rows that are not aligned to
// 16 bytes, each with the kernel that selectKernel() has for it, under both criteria.
Expected<CasePlan> planRandom(std::size_t count, std::uint64_t seed);

} // namespace gemmsmith::verify
