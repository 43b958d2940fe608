#include "cache/disk_store.h"

#include "cache/eviction.h"
#include "cache/pending_file.h"
#include "cache/quarantine.h"
#include "cache/store_layout.h"
#include "cache/trusted_directory.h"
#include "cache/trusted_file.h"

#include <ctime>
#include <limits>
#include <sys/stat.h>
#include <utility>

namespace gemmsmith {

namespace {

// The date of an entry says when it was last used. Once an hour is enough to tell old from new, and
// keeps writes out of nearly every get().
constexpr std::time_t kTouchSeconds = 3600;

// Bytes that are put between two looks through the directory.
std::uint64_t bytesBetweenLooks(std::uint64_t limit_bytes) {
  return limit_bytes == 0 ? std::numeric_limits<std::uint64_t>::max() / 2 : limit_bytes / 16;
}

void touch(const TrustedFile &file) {
  if (std::time(nullptr) - file.modified.tv_sec >= kTouchSeconds)
    ::futimens(file.fd.get(), nullptr);
}

} // namespace

DiskStore::DiskStore(DiskStoreOptions options, FileDescriptor directory)
    : options_(std::move(options)), directory_(std::move(directory)),
      put_bytes_(bytesBetweenLooks(options_.limit_bytes)) {}

Expected<std::unique_ptr<DiskStore>> DiskStore::open(const DiskStoreOptions &options) {
  auto directory = openTrustedDirectory(options.directory, options.access == DiskAccess::kReadWrite
                                                               ? WhenAbsent::kCreate
                                                               : WhenAbsent::kAccept);
  if (!directory)
    return tl::unexpected(directory.error());
  return std::unique_ptr<DiskStore>(new DiskStore(options, std::move(*directory)));
}

Found<Entry> DiskStore::read(const CacheKey &key) const {
  const std::string name = entryFileName(key.hash());
  const auto file = openTrustedFile(directory_.get(), name);
  if (!file)
    return tl::unexpected(file.error());
  const auto bytes = readWhole(*file, name, kMaxEntryBytes);
  if (!bytes)
    return tl::unexpected(bytes.error());
  auto entry = decodeEntry(*bytes);
  if (!entry)
    return makeMiss(MissReason::kDamaged, name + ": " + entry.error().message);
  if (entry->key != key)
    return makeMiss(MissReason::kDamaged, name + ": holds the entry of another key");
  if (options_.access == DiskAccess::kReadWrite)
    touch(*file);
  return std::move(*entry);
}

Found<Entry> DiskStore::get(const CacheKey &key) const {
  if (directory_.get() < 0)
    return makeMiss(MissReason::kAbsent);
  auto entry = read(key);
  if (entry || entry.error().reason == MissReason::kAbsent)
    return entry;
  entry.error().why = options_.directory + "/" + entry.error().why;
  if (options_.access == DiskAccess::kReadWrite && entry.error().reason != MissReason::kUnreadable)
    quarantine(directory_.get(), key.hash());
  return entry;
}

Expected<void> DiskStore::put(const Entry &entry) {
  const auto bytes = encodeEntry(entry);
  if (!bytes)
    return tl::unexpected(bytes.error());
  auto written = writeEntryFile(directory_.get(), entry.key.hash(), *bytes);
  if (!written) {
    written.error().where = options_.directory + "/" + written.error().where;
    return written;
  }
  keepWithinLimit(entry.key, bytes->size());
  return {};
}

void DiskStore::keepWithinLimit(const CacheKey &just_put, std::uint64_t bytes) {
  if (put_bytes_.fetch_add(bytes) + bytes < bytesBetweenLooks(options_.limit_bytes))
    return;
  put_bytes_ = 0;
  // Failing here is no failure of the put; the next look may do better.
  (void)evict(directory_.get(), options_.limit_bytes, just_put.hash());
}

} // namespace gemmsmith
