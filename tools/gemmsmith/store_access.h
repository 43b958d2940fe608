// The store on disk, for the commands that look at it and for those that change it.
#pragma once

#include "cache/disk_store.h"
#include "cache/store_listing.h"
#include "cache/store_options.h"
#include "configs/error.h"

#include <memory>
#include <vector>

namespace gemmsmith {

struct OpenStore {
  StoreOptions options;
  std::unique_ptr<DiskStore> disk;
};

// Where the environment says. To look at it, it need not exist; to change it, its mode must be
// "rw".
Expected<OpenStore> openStore(DiskAccess access);

// An entry's file, and what it holds or what is wrong with it.
struct ListedEntry {
  StoreFile file;
  Found<Entry> entry;
};

// All of them, by kernel, then by hash; those that cannot be read last.
Expected<std::vector<ListedEntry>> readEntries(const DiskStore &disk);

} // namespace gemmsmith
