// The store as those see it who need a kernel: all places where it may lie already, in order: the
// bundles, then the directory.
//
// Promises: get() looks everywhere before it says that there is nothing, and what it returns is
// whole and of this key. The store never fails its user: a directory that cannot be used, a full
// disk or a damaged entry is told to `warn`, a place that cannot be used or written to once, and
// the kernel is compiled as if the store were empty. Does not: compile, or keep anything in memory.
// Thread-safe; `warn` is called from any thread.
#pragma once

#include "cache/bundle.h"
#include "cache/disk_store.h"
#include "cache/entry.h"
#include "cache/store_options.h"
#include "configs/error.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

enum class StoreTier : std::uint8_t { kBundle, kDisk };

struct StoreHit {
  Entry entry;
  StoreTier tier = StoreTier::kDisk;
};

class Store {
public:
  using Warn = std::function<void(const std::string &)>;

  Store(StoreOptions options, Warn warn);

  // Nothing when it is to be compiled. With StoreMode::kRequire that is an error (kFailed), which
  // names the kernel and the command that builds it.
  Expected<std::optional<StoreHit>> get(const CacheKey &key);

  // Only with StoreMode::kReadWrite.
  void put(const Entry &entry);

  // Of the directory where entries are put, for key_lock.h; -1 when none are.
  int lockDirectory() const;

  const StoreOptions &options() const { return options_; }

private:
  std::optional<StoreHit> find(const CacheKey &key);

  StoreOptions options_;
  Warn warn_;
  std::vector<Bundle> bundles_;
  std::unique_ptr<DiskStore> disk_; // none when it is off or cannot be used
  std::atomic<bool> put_failed_ = false;
};

} // namespace gemmsmith
