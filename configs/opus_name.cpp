// Names of opus kernels for gfx950.
//
//   name   := "opus_gemm" [ "_gfx950" ] [ "_" tag ] "_" threads "x" M "x" N "x" K "_" WM "x" WN
//             "_" mM "x" mN "x" mK "_" N "x" N "x" N [ "_wgpcu" N ] [ "_nooob" ] [ "_4g_safe" ]
//             [ "_cA" N "cB" N ]
//   tag    := "mono_tile" | "persistent" | "flatmm_splitk"
//
// nooob (no bounds checks) and 4g_safe (64-bit addresses) have no counterpart: ring kernels check
// bounds for nothing and address any operand.
#include "configs/legality.h"
#include "configs/name_scanner.h"
#include "configs/public_name.h"
#include "configs/tile_defaults.h"

#include <algorithm>
#include <fmt/ranges.h>

namespace gemmsmith {

namespace {

constexpr int kSimdsPerCu = 4;
constexpr int kMostStages = 8;

// Tiles of prefill shapes come in thousands: visiting them in groups of rows keeps B in the L2.
constexpr int kGroupedTileArea = 128 * 128;
constexpr int kGroupM = 4;

struct OpusFields {
  std::string_view tag;
  int threads = 0;
  TileShape tile;
  WaveGrid waves;
  TileShape mfma;
  int workgroups_per_cu = 0; // 0 = not said
  int cache_a = 0;
  int cache_b = 0;
};

class OpusScanner {
public:
  explicit OpusScanner(std::string_view name) : scanner_(name) {}

  Expected<OpusFields> scan() {
    OpusFields f;
    int unused = 0;
    if (!scanner_.literal("opus_gemm"))
      return scanner_.expected("'opus_gemm'");
    scanner_.literal("_gfx950");
    for (std::string_view tag : {"_mono_tile", "_persistent", "_flatmm_splitk"})
      if (f.tag.empty() && scanner_.literal(tag))
        f.tag = tag.substr(1);
    if (!number("_", f.threads) || !number("x", f.tile.m) || !number("x", f.tile.n) ||
        !number("x", f.tile.k))
      return scanner_.expected("mono_tile, persistent, flatmm_splitk, or threads and tile "
                               "(_512x256x256x64)");
    if (!number("_", f.waves.m) || !number("x", f.waves.n))
      return scanner_.expected("waves (_2x4)");
    if (!number("_", f.mfma.m) || !number("x", f.mfma.n) || !number("x", f.mfma.k))
      return scanner_.expected("an MFMA (_16x16x32)");
    if (!number("_", unused) || !number("x", unused) || !number("x", unused))
      return scanner_.expected("three numbers (_0x0x0)");
    if (scanner_.rest().starts_with("_wgpcu") && !number("_wgpcu", f.workgroups_per_cu))
      return scanner_.expected("workgroups per CU (_wgpcu2)");
    scanner_.literal("_nooob");
    scanner_.literal("_4g_safe");
    if (scanner_.rest().starts_with("_cA") &&
        (!number("_cA", f.cache_a) || !number("cB", f.cache_b)))
      return scanner_.expected("cache policies (_cA1cB17)");
    if (!scanner_.done())
      return scanner_.expected("_wgpcu#, _nooob, _4g_safe, _cA#cB# in this order, or the end");
    return f;
  }

private:
  bool number(std::string_view before, int &out) {
    if (!scanner_.literal(before))
      return false;
    const std::optional<int> value = scanner_.number();
    out = value.value_or(0);
    return value.has_value();
  }

  NameScanner scanner_;
};

// The aux operand of LLVM's buffer intrinsics: bit 0 = sc0, bit 1 = nt, bit 4 = sc1.
CachePolicy cachePolicy(char operand, int bits, std::vector<std::string> &changes) {
  if ((bits & ~0x13) != 0)
    changes.push_back(
        fmt::format("c{}{}: bits other than sc0, nt and sc1 are dropped", operand, bits));
  return {.sc0 = (bits & 1) != 0, .sc1 = (bits & 16) != 0, .nt = (bits & 2) != 0};
}

void setOccupancy(const OpusFields &f, KernelConfig &c, std::vector<std::string> &changes) {
  const int workgroups = std::max(f.workgroups_per_cu, 1);
  c.stages = stagesThatFit(c, workgroups, kMostStages);
  if (c.tile.m * c.tile.n >= kGroupedTileArea && c.split == Split::kNone)
    c.group_m = kGroupM;
  changes.push_back(
      fmt::format("the name does not say stages or grouping: {} stages and group_m {} "
                  "are used",
                  c.stages, c.group_m));
  // One wave per SIMD is what every kernel gets.
  const int waves_per_simd = workgroups * c.waves.count() / kSimdsPerCu;
  if (f.workgroups_per_cu > 1 && waves_per_simd > 1)
    c.waves_per_eu = waves_per_simd;
  if (ldsBytes(c) > ldsCapacity(c.target) / workgroups)
    changes.push_back(fmt::format("wgpcu{}: LDS allows fewer workgroups per CU", workgroups));
}

} // namespace

Expected<NamedKernel> parseOpusName(std::string_view name, int splits) {
  const Expected<OpusFields> fields = OpusScanner(name).scan();
  if (!fields)
    return tl::unexpected(fields.error());
  const Expected<int> count = splitCount(splits);
  if (!count)
    return tl::unexpected(count.error());
  NamedKernel kernel;
  kernel.splits = *count;
  KernelConfig &c = kernel.config;
  c.tile = fields->tile;
  c.waves = fields->waves;
  c.split = kernel.splits > 1 ? Split::kReduce : Split::kNone;

  // Legal with the fewest stages, or not at all: rules out extents on which arithmetic would fail.
  const std::vector<std::string> issues = legalityIssues(c);
  if (!issues.empty())
    return makeError(ErrorKind::kIllegal, fmt::format("{}", fmt::join(issues, "; ")));
  if (fields->workgroups_per_cu > kMostStages)
    return makeError(ErrorKind::kIllegal,
                     fmt::format("wgpcu{}: more than a CU holds", fields->workgroups_per_cu));
  setOccupancy(*fields, c, kernel.changes);
  c.cache_a = cachePolicy('A', fields->cache_a, kernel.changes);
  c.cache_b = cachePolicy('B', fields->cache_b, kernel.changes);
  if (threadCount(c) != fields->threads)
    kernel.changes.push_back(fmt::format("{} threads, all of which load and compute, instead of {} "
                                         "with {} computing waves",
                                         threadCount(c), fields->threads, c.waves.count()));
  if (fields->mfma != TileShape{16, 16, 32})
    kernel.changes.push_back(fmt::format("MFMA 16x16x32 instead of {}x{}x{}", fields->mfma.m,
                                         fields->mfma.n, fields->mfma.k));
  if (fields->tag == "persistent")
    kernel.changes.push_back("persistent: one workgroup per tile instead of a loop over tiles");
  if (const auto legal = legalityIssues(c); !legal.empty())
    return makeError(ErrorKind::kIllegal, fmt::format("{}", fmt::join(legal, "; ")));
  return kernel;
}

} // namespace gemmsmith
