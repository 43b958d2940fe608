// What lies in a store's directory.
#pragma once

#include "cache/store_layout.h"
#include "configs/error.h"

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace gemmsmith {

struct StoreFile {
  std::string name;
  StoreFileKind kind = StoreFileKind::kEntry;
  Hash128 hash;
  std::uint64_t bytes = 0;
  timespec modified = {}; // of an entry: when it was last used, to the hour
};

// The files whose names are a store's, by name; others are left out, and so is what goes away
// meanwhile. An empty descriptor (-1) is an empty store. Thread-safe.
Expected<std::vector<StoreFile>> listStore(int directory);

} // namespace gemmsmith
