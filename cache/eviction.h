// Keeping a store within its size: what was used longest ago goes first.
//
// Reads the whole directory, so it is for after a compile and for `gemmsmith cache gc`, not for a
// look-up. When an entry was used last is its date, which get() renews once an hour. Thread-safe,
// and safe among other processes: what one of them is about to read is a miss at worst.
#pragma once

#include "configs/error.h"
#include "configs/hash128.h"

#include <cstdint>
#include <optional>

namespace gemmsmith {

struct EvictionResult {
  std::uint64_t entries_removed = 0;
  std::uint64_t bytes_removed = 0; // of entries
  std::uint64_t entries_left = 0;
  std::uint64_t bytes_left = 0;
  // Pending files and locks of processes that are gone, and old records of compilers.
  std::uint64_t leftovers_removed = 0;
};

// Removes what killed processes left and compilers' records of three months ago, then entries until
// `limit_bytes` hold the rest (0 = no limit). `keep` stays, however old or large it is.
Expected<EvictionResult> evict(int directory, std::uint64_t limit_bytes,
                               const std::optional<Hash128> &keep = {});

// Removes all entries, the compilers' records, and what killed processes left.
Expected<EvictionResult> evictAll(int directory);

} // namespace gemmsmith
