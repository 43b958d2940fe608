// The commands that remove from the store: `gemmsmith cache gc|clear`. Exit codes.
#pragma once

#include <cstdint>
#include <optional>

namespace gemmsmith {

struct CollectCacheOptions {
  std::optional<std::uint64_t> limit_bytes; // else the store's own
  bool json = false;
};

int collectCache(const CollectCacheOptions &options);

int clearCache(bool json);

} // namespace gemmsmith
