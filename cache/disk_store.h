// A directory of code objects, each addressed by what it was made from.
//
// Promises: get() returns what was put() whole under this key, or nothing; it never returns a torn,
// foreign or misplaced entry. put() is atomic across processes and machines that share the
// directory; of several writers of one key, the last one's bytes stay. Losing an entry is allowed,
// a wrong one is not. What get() finds and does not accept is moved out of the way (quarantine.h),
// so that the next put() repairs it. Does not: compile, wait for anybody, or trust a directory that
// others can write to. Thread-safe.
#pragma once

#include "cache/entry.h"
#include "cache/miss.h"
#include "configs/error.h"
#include "configs/file_descriptor.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace gemmsmith {

enum class DiskAccess : std::uint8_t {
  kReadWrite,
  kReadOnly, // nothing is created, touched, moved or removed
};

struct DiskStoreOptions {
  std::string directory;
  DiskAccess access = DiskAccess::kReadWrite;
  std::uint64_t limit_bytes = 0; // 0 = none
};

class DiskStore {
public:
  // Creates the directory unless it is only read: where it is absent then, so is everything in it.
  // kFailed with the reason when the directory is not safe (trusted_directory.h).
  static Expected<std::unique_ptr<DiskStore>> open(const DiskStoreOptions &options);

  Found<Entry> get(const CacheKey &key) const;

  // The entry of whichever key has this hash. For looking at the store: nothing is touched or
  // moved.
  Found<Entry> read(const Hash128 &hash) const;

  // kFailed when it cannot be written; the store is as it was then.
  Expected<void> put(const Entry &entry);

  int directory() const { return directory_.get(); } // -1 where there is none
  const DiskStoreOptions &options() const { return options_; }

private:
  DiskStore(DiskStoreOptions options, FileDescriptor directory);
  void keepWithinLimit(const CacheKey &just_put, std::uint64_t bytes);

  DiskStoreOptions options_;
  FileDescriptor directory_;
  std::atomic<std::uint64_t> put_bytes_; // since the directory was last looked through
};

} // namespace gemmsmith
