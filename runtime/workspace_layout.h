// How one workspace serves launches of any number of tiles, one after the other.
//
//   base                        base + 64 KiB
//   | unused, zero | counters   | partial tiles …
//                  ^ what the kernel is given
//
// A kernel expects its arrival counters, zero, at the start and its partial tiles right behind
// (configs/launch.h). Were every launch given the base, the partial tiles of one would lie where
// another has its counters. So counters end at a fixed place: below it everything is zero before
// and after each launch, whatever ran before.
#pragma once

#include "configs/launch.h"

#include <cstddef>
#include <cstdint>

namespace gemmsmith::runtime {

inline constexpr std::size_t kWorkspaceZeroBytes = 64 * 1024;
inline constexpr std::size_t kWorkspaceAlignment = 256;

// Bytes of the launch's counters with their padding.
constexpr std::size_t counterBytes(const Launch &launch) {
  const std::size_t unit = kCounterAlignment;
  return (std::size_t{launch.grid.x} * kCounterBytes + unit - 1) / unit * unit;
}

// Whether the counters have room: 16,384 tiles, where splitting K has long ceased to pay.
constexpr bool fitsWorkspace(const Launch &launch) {
  return launch.workspace_bytes == 0 || counterBytes(launch) <= kWorkspaceZeroBytes;
}

// Size of the whole workspace that a launch needs; 0 without split.
constexpr std::size_t workspaceBytesFor(const Launch &launch) {
  return launch.workspace_bytes == 0 ? 0
                                     : static_cast<std::size_t>(launch.workspace_bytes) -
                                           counterBytes(launch) + kWorkspaceZeroBytes;
}

} // namespace gemmsmith::runtime
