// Symbols of aiter's assembly kernels.
//
//   name  := "_ZN5aiter" length ident "E", length being that of ident
//   ident := "bf16gemm_" ("bf16" | "fp32bf16") "_tn_" M "x" N [ "_bpreshuffle" | "_bshuffle" ]
//            [ "_pf3" ] [ "_splitk" ] [ "_clean" ]
//
// Each runs 256 threads over K in tiles of 64; neither waves nor stages are in the name.
#include "configs/legality.h"
#include "configs/name_scanner.h"
#include "configs/public_name.h"
#include "configs/tile_defaults.h"

#include <array>
#include <fmt/ranges.h>

namespace gemmsmith {

namespace {

constexpr int kAsmTileK = 64;
constexpr int kAsmThreads = 256;

// Four waves as in the original, if rule 2 of legality allows; then fewer.
constexpr std::array kWaveCandidates{WaveGrid{2, 2, 1}, WaveGrid{1, 4, 1}, WaveGrid{4, 1, 1},
                                     WaveGrid{1, 2, 1}, WaveGrid{2, 1, 1}, WaveGrid{1, 1, 1}};

// Two workgroups per CU hide each other's latency in the decode shapes that these tiles win.
constexpr int kSmallTileWorkgroups = 2;
constexpr int kSmallTileStages = 8;

// The 256x256 tile needs 256 accumulators per thread with four waves, all there are; eight waves
// as 2x4 with two stages and groups of four tile rows is what won in published kernels.
constexpr int kLargeTile = 256;

// The tiles in flight beside the one being read.
constexpr int kPrefetch3Stages = 4;

KernelConfig largeTileConfig(KernelConfig c) {
  c.waves = {2, 4, 1};
  c.stages = 2;
  c.group_m = 4;
  return c;
}

KernelConfig smallTileConfig(KernelConfig c, bool prefetch3) {
  return withFirstLegalWaves(c, kWaveCandidates, prefetch3 ? 1 : kSmallTileWorkgroups,
                             prefetch3 ? kPrefetch3Stages : kSmallTileStages);
}

struct AsmFields {
  TileShape tile;
  bool preshuffled = false;
  bool prefetch3 = false;
  bool split = false;
};

Expected<AsmFields> scanFields(std::string_view name) {
  NameScanner scanner(name);
  AsmFields fields;
  if (!scanner.literal("_ZN5aiter"))
    return scanner.expected("'_ZN5aiter'");
  const std::optional<int> length = scanner.number();
  if (!length || scanner.rest().size() != static_cast<std::size_t>(*length) + 1)
    return scanner.expected("the length of an identifier that ends one character before the end");
  if (!scanner.literal("bf16gemm_"))
    return scanner.expected("'bf16gemm_'");
  if (!scanner.literal("bf16_tn_") && !scanner.literal("fp32bf16_tn_"))
    return scanner.expected("bf16_tn_ or fp32bf16_tn_");
  const std::optional<int> m = scanner.number();
  if (!m || !scanner.literal("x"))
    return scanner.expected("a tile (96x64)");
  const std::optional<int> n = scanner.number();
  if (!n)
    return scanner.expected("a tile (96x64)");
  fields.tile = {*m, *n, kAsmTileK};
  fields.preshuffled = scanner.literal("_bpreshuffle") || scanner.literal("_bshuffle");
  fields.prefetch3 = scanner.literal("_pf3");
  fields.split = scanner.literal("_splitk");
  scanner.literal("_clean"); // clears the split's output first; ours needs no clearing
  if (!scanner.literal("E") || !scanner.done())
    return scanner.expected("_bpreshuffle, _pf3, _splitk, _clean or the end");
  return fields;
}

} // namespace

Expected<NamedKernel> parseAsmName(std::string_view name, int splits) {
  const Expected<AsmFields> fields = scanFields(name);
  if (!fields)
    return tl::unexpected(fields.error());
  const Expected<int> count = splitCount(splits);
  if (!count)
    return tl::unexpected(count.error());
  NamedKernel kernel;
  kernel.splits = *count;
  if (kernel.splits > 1 && !fields->split)
    return makeError(
        ErrorKind::kInput,
        fmt::format("column splitK says {}, but the kernel's name has no _splitk", splits));
  KernelConfig &c = kernel.config;
  c.tile = fields->tile;
  c.b_layout = fields->preshuffled ? BLayout::kPreshuffled : BLayout::kRowMajor;
  c.split = kernel.splits > 1 ? Split::kReduce : Split::kNone;
  const bool large = c.tile.m >= kLargeTile && c.tile.n >= kLargeTile;
  c = large ? largeTileConfig(c) : smallTileConfig(c, fields->prefetch3);
  const std::vector<std::string> issues = legalityIssues(c);
  if (!issues.empty())
    return makeError(ErrorKind::kIllegal, fmt::format("{}", fmt::join(issues, "; ")));

  kernel.changes.push_back(
      fmt::format("the name does not say stages, waves or grouping: {} stages, {}x{}x{} waves and "
                  "group_m {} are used",
                  c.stages, c.waves.m, c.waves.n, c.waves.k, c.group_m));
  if (threadCount(c) != kAsmThreads)
    kernel.changes.push_back(fmt::format("{} threads instead of {}", threadCount(c), kAsmThreads));
  return kernel;
}

} // namespace gemmsmith
