// The store as those see it who need a kernel: all places where it may lie already, in order: the
// bundles, then the directory, then the remote stores.
//
// Promises: get() looks everywhere before it says that there is nothing, and what it returns is
// whole and of this key. The store never fails its user: a directory that cannot be used, a full
// disk or a damaged entry is told to `warn`, a place that cannot be used or written to once, and
// the kernel is compiled as if the store were empty. What a remote store has is put into the
// directory. Remote stores are reached when an entry is nowhere else, or put; one that fails again
// and again is dropped (guarded_remote.h). Does not: compile, or keep anything in memory.
// Thread-safe; `warn` is called from any thread.
#pragma once

#include "cache/bundle.h"
#include "cache/disk_store.h"
#include "cache/entry.h"
#include "cache/remote/guarded_remote.h"
#include "cache/store_options.h"
#include "configs/error.h"
#include "configs/kernel_config.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

enum class StoreTier : std::uint8_t { kBundle, kDisk, kRemote };

struct StoreHit {
  Entry entry;
  StoreTier tier = StoreTier::kDisk;
  std::string origin; // the bundle's or the entry's path, or the remote store's address
};

// Of a kernel that is nowhere while StoreMode::kRequire forbids to compile it: that, and the
// command that builds it.
Error missingRequired(const KernelConfig &config, bool allow_spills);

class Store {
public:
  using Warn = std::function<void(const std::string &)>;

  Store(StoreOptions options, Warn warn);

  // Nothing when it is to be compiled. With StoreMode::kRequire that is an error (kFailed), which
  // names the kernel and the command that builds it.
  Expected<std::optional<StoreHit>> get(const CacheKey &key);

  // One place alone, whatever the mode says of a miss.
  std::optional<StoreHit> onDisk(const CacheKey &key);
  std::optional<StoreHit> onRemotes(const CacheKey &key);
  // Of any compiler, `preferred` first: whoever names a bundle wants what is in it.
  std::optional<StoreHit> inBundles(const KernelConfig &config,
                                    const std::optional<std::string> &preferred = {});

  // Only with StoreMode::kReadWrite: into the directory, then into the remote stores that may be
  // written to, which takes up to the timeouts of each. The two apart are for those who have
  // somebody waiting for the kernel.
  void put(const Entry &entry);
  void putOnDisk(const Entry &entry);
  void putOnRemotes(const Entry &entry);

  // The directory; -1 where there is none.
  int directory() const { return disk_ ? disk_->directory() : -1; }
  // The same where entries are put, for key_lock.h; else -1.
  int lockDirectory() const;

  const StoreOptions &options() const { return options_; }

private:
  std::optional<StoreHit> find(const CacheKey &key);
  std::optional<StoreHit> accept(Found<Entry> entry, StoreTier tier, std::string origin);

  StoreOptions options_;
  Warn warn_;
  std::vector<Bundle> bundles_;
  std::once_flag compilers_read_;
  std::vector<std::vector<std::string>> compilers_; // of each bundle, once inBundles() was called
  std::unique_ptr<DiskStore> disk_;                 // none when it is off or cannot be used
  std::deque<GuardedRemote> remotes_;               // which cannot be moved
  std::atomic<bool> put_failed_ = false;
};

} // namespace gemmsmith
