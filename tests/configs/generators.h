// Random configurations and problems for the property tests.
#pragma once

#include "configs/kernel_config.h"
#include "configs/kernel_name.h"
#include "configs/problem.h"

#include <ostream>
#include <rapidcheck.h>

namespace gemmsmith {

inline void showValue(const KernelConfig &config, std::ostream &os) {
  os << kernelName(config);
}

inline rc::Gen<CachePolicy> anyCachePolicy() {
  return rc::gen::build<CachePolicy>(rc::gen::set(&CachePolicy::sc0),
                                     rc::gen::set(&CachePolicy::sc1),
                                     rc::gen::set(&CachePolicy::nt));
}

// Every enumerator; numbers from `number`. Not legal as a rule.
inline rc::Gen<KernelConfig> configWithNumbers(const rc::Gen<int> &number) {
  using rc::gen::element;
  using rc::gen::set;
  const auto tile = rc::gen::build<TileShape>(
      set(&TileShape::m, number), set(&TileShape::n, number), set(&TileShape::k, number));
  const auto waves = rc::gen::build<WaveGrid>(set(&WaveGrid::m, number), set(&WaveGrid::n, number),
                                              set(&WaveGrid::k, number));
  return rc::gen::build<KernelConfig>(
      set(&KernelConfig::target, element(Target::kGfx942, Target::kGfx950)),
      set(&KernelConfig::in_type, element(DataType::kBf16, DataType::kF16, DataType::kF32)),
      set(&KernelConfig::out_type, element(DataType::kBf16, DataType::kF16, DataType::kF32)),
      set(&KernelConfig::family, element(Family::kRing, Family::kPingPong, Family::kSkinny)),
      set(&KernelConfig::tile, tile), set(&KernelConfig::stages, number),
      set(&KernelConfig::waves, waves),
      set(&KernelConfig::split, element(Split::kNone, Split::kReduce)),
      set(&KernelConfig::group_m, number), set(&KernelConfig::bias),
      set(&KernelConfig::b_layout, element(BLayout::kRowMajor, BLayout::kPreshuffled)),
      set(&KernelConfig::cache_a, anyCachePolicy()), set(&KernelConfig::cache_b, anyCachePolicy()),
      set(&KernelConfig::waves_per_eu, number),
      set(&KernelConfig::alignment, element(RowAlignment::k16Bytes, RowAlignment::kElement)));
}

// Ring configurations of the shapes that legality is about; some legal, most not.
inline rc::Gen<KernelConfig> plausibleConfig() {
  using rc::gen::element;
  using rc::gen::set;
  const auto extent = rc::gen::map(rc::gen::inRange(1, 17), [](int blocks) { return 16 * blocks; });
  const auto tile =
      rc::gen::build<TileShape>(set(&TileShape::m, extent), set(&TileShape::n, extent),
                                set(&TileShape::k, element(32, 64, 96, 128, 256)));
  const auto count = element(1, 2, 3, 4, 8);
  const auto waves = rc::gen::build<WaveGrid>(set(&WaveGrid::m, count), set(&WaveGrid::n, count),
                                              set(&WaveGrid::k, element(1, 2, 4)));
  return rc::gen::build<KernelConfig>(set(&KernelConfig::tile, tile),
                                      set(&KernelConfig::stages, rc::gen::inRange(1, 12)),
                                      set(&KernelConfig::waves, waves));
}

} // namespace gemmsmith
