// The store on disk and bundles, for the commands that look at it and for those that change it.
#pragma once

#include "cache/bundle.h"
#include "cache/bundle_writer.h"
#include "cache/disk_store.h"
#include "cache/store_listing.h"
#include "cache/store_options.h"
#include "configs/error.h"

#include <memory>
#include <string>
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

// Writes a bundle, signed where there is a key for it.
Expected<void> writeBundle(const BundleWriter &bundle, const std::string &path,
                           const std::string &private_key);

// A bundle, with the signature checked where there is a key for it.
Expected<Bundle> openBundle(const std::string &path, const std::string &public_key);

} // namespace gemmsmith
