#include "configs/legality.h"

#include "configs/kernel_name.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace gemmsmith {

namespace {

// Beyond these no other rule could be met; they keep all arithmetic below within 64 bits.
constexpr int kMaxTileExtent = 4096;
constexpr int kMaxWaves = 16;  // 1,024 threads per workgroup
constexpr int kMaxStages = 64; // rule 4 with one load per thread and stage
constexpr int kMaxGroupM = 64;
constexpr int kMaxWavesPerEu = 8;

// v_mfma_f32_16x16x32_bf16: each wave works in blocks of 16 rows, 16 columns and 32 of K.
constexpr int kMfmaRows = 16;
constexpr int kMfmaDepth = 32;

// Half of the 512 VGPRs of a wave (GFX950.md "registers"): the accumulation file.
constexpr int kMaxAccumulators = 256;

// vmcnt has 6 bits: CDNA4 ISA 4.4; rule 4 stays below its largest value.
constexpr int kMaxOutstandingLoads = 63;

constexpr int kVectorBytes = 16; // what one thread moves at a time

// Products of field values, which may be anything an int holds: saturated, never wrapped.
std::int64_t saturatingProduct(std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 1;
  for (std::int64_t factor : factors)
    if (__builtin_mul_overflow(product, factor, &product))
      return std::numeric_limits<std::int64_t>::max();
  return product;
}

bool within(int value, int low, int high) {
  return low <= value && value <= high;
}

using Issues = std::vector<std::string>;

template <typename... Args>
void require(Issues &issues, bool holds, fmt::format_string<Args...> reason, Args &&...args) {
  if (!holds)
    issues.push_back(fmt::format(reason, std::forward<Args>(args)...));
}

// What this version has no template or no lowering for.
void checkSupport(const KernelConfig &c, Issues &issues) {
  require(issues, c.target == Target::kGfx950,
          "there is no template for target {} yet, only for gfx950", toString(c.target));
  require(issues, c.family == Family::kRing,
          "there is no template for family {} yet, only for ring", toString(c.family));
  require(issues, c.in_type == DataType::kBf16, "input type {} is not supported, only bf16",
          toString(c.in_type));
  require(issues, c.out_type == DataType::kBf16 || c.out_type == DataType::kF32,
          "output type {} is not supported, only bf16 and f32", toString(c.out_type));
  require(issues, c.b_layout == BLayout::kRowMajor,
          "pre-shuffled B is not supported yet, only row-major B");
}

void checkRanges(const KernelConfig &c, Issues &issues) {
  const auto extent = [&](const char *name, int value) {
    require(issues, within(value, 1, kMaxTileExtent), "tile.{} is {}, it must be 1 to {}", name,
            value, kMaxTileExtent);
  };
  extent("m", c.tile.m);
  extent("n", c.tile.n);
  extent("k", c.tile.k);
  const auto waves = [&](const char *name, int value) {
    require(issues, within(value, 1, kMaxWaves), "waves.{} is {}, it must be 1 to {}", name, value,
            kMaxWaves);
  };
  waves("m", c.waves.m);
  waves("n", c.waves.n);
  waves("k", c.waves.k);
  require(issues, within(c.stages, 2, kMaxStages), "stages is {}, it must be 2 to {}", c.stages,
          kMaxStages);
  require(issues, within(c.group_m, 0, kMaxGroupM), "group_m is {}, it must be 0 to {}", c.group_m,
          kMaxGroupM);
  require(issues, within(c.waves_per_eu, 0, kMaxWavesPerEu),
          "waves_per_eu is {}, it must be 0 to {}", c.waves_per_eu, kMaxWavesPerEu);
}

// Rule 1: every wave owns whole MFMA blocks.
void checkMfmaBlocks(const KernelConfig &c, Issues &issues) {
  const auto divides = [&](const char *name, int extent, int waves, int block) {
    require(issues, extent % (block * waves) == 0,
            "tile.{0} is {1}, not a multiple of {2} = {3} * waves.{0}", name, extent, block * waves,
            block);
  };
  divides("m", c.tile.m, c.waves.m, kMfmaRows);
  divides("n", c.tile.n, c.waves.n, kMfmaRows);
  divides("k", c.tile.k, c.waves.k, kMfmaDepth);
  require(issues, c.waves.count() <= kMaxWaves, "{}x{}x{} = {} waves, a workgroup has at most {}",
          c.waves.m, c.waves.n, c.waves.k, c.waves.count(), kMaxWaves);
}

// Rule 2: every thread moves whole 16-byte vectors.
void checkWholeVectors(const KernelConfig &c, Issues &issues) {
  const int elements = kVectorBytes / sizeInBytes(c.in_type) * threadCount(c);
  const auto divides = [&](const char *what, int rows, int columns) {
    require(issues, rows * columns % elements == 0,
            "{} = {} elements, not a multiple of {} (8 elements for each of {} threads)", what,
            rows * columns, elements, threadCount(c));
  };
  divides("tile.m * tile.k", c.tile.m, c.tile.k);
  divides("tile.n * tile.k", c.tile.n, c.tile.k);
  divides("tile.m * tile.n", c.tile.m, c.tile.n);
}

// Rule 3.
void checkLds(const KernelConfig &c, Issues &issues) {
  require(issues, ringBytes(c) <= ldsCapacity(c.target),
          "{} stages of {}x{}x{} need {} bytes of LDS, {} has {}", c.stages, c.tile.m, c.tile.n,
          c.tile.k, ringBytes(c), toString(c.target), ldsCapacity(c.target));
  require(issues, sliceScratchBytes(c) <= ldsCapacity(c.target),
          "slice-K over {} waves needs {} bytes of LDS, {} has {}", c.waves.k, sliceScratchBytes(c),
          toString(c.target), ldsCapacity(c.target));
}

// Rule 4: the loads of all stages in flight can be counted.
void checkOutstandingLoads(const KernelConfig &c, Issues &issues) {
  const int stage_bytes = (c.tile.m + c.tile.n) * c.tile.k * sizeInBytes(c.in_type);
  const int loads = stage_bytes / (kVectorBytes * threadCount(c));
  const int outstanding = (c.stages - 2) * loads;
  require(issues, outstanding < kMaxOutstandingLoads,
          "{} stages with {} loads per thread and stage leave {} outstanding, vmcnt counts fewer "
          "than {}",
          c.stages, loads, outstanding, kMaxOutstandingLoads);
}

// The fp32 accumulators of a wave fit its accumulation registers.
void checkAccumulators(const KernelConfig &c, Issues &issues) {
  const int accumulators = c.tile.m * c.tile.n / (c.waves.m * c.waves.n * kWaveSize);
  require(issues, accumulators <= kMaxAccumulators,
          "{}x{} over {}x{} waves needs {} accumulators per thread, there are {}", c.tile.m,
          c.tile.n, c.waves.m, c.waves.n, accumulators, kMaxAccumulators);
}

} // namespace

std::int64_t ldsCapacity(Target target) {
  return target == Target::kGfx950 ? 163840 : 65536;
}

std::int64_t ringBytes(const KernelConfig &c) {
  return saturatingProduct(
      {c.stages, std::int64_t{c.tile.m} + c.tile.n, c.tile.k, sizeInBytes(c.in_type)});
}

std::int64_t sliceScratchBytes(const KernelConfig &c) {
  return saturatingProduct(
      {std::int64_t{c.waves.k} - 1, c.tile.m, c.tile.n, sizeInBytes(DataType::kF32)});
}

std::int64_t ldsBytes(const KernelConfig &c) {
  return std::max(ringBytes(c), sliceScratchBytes(c));
}

std::vector<std::string> legalityIssues(const KernelConfig &c) {
  Issues issues;
  checkSupport(c, issues);
  const std::size_t supported = issues.size();
  checkRanges(c, issues);
  if (issues.size() > supported)
    return issues; // the rules below would divide by zero or overflow
  checkMfmaBlocks(c, issues);
  checkWholeVectors(c, issues);
  checkLds(c, issues);
  checkOutstandingLoads(c, issues);
  checkAccumulators(c, issues);
  return issues;
}

} // namespace gemmsmith
