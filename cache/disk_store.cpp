#include "cache/disk_store.h"

#include "cache/eviction.h"
#include "cache/pending_file.h"
#include "cache/quarantine.h"
#include "cache/store_layout.h"
#include "cache/trusted_directory.h"
#include "cache/trusted_file.h"

#include <cstddef>
#include <ctime>
#include <fmt/format.h>
#include <limits>
#include <sys/stat.h>
#include <utility>
#include <vector>

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

struct ReadEntry {
  TrustedFile file;
  Entry entry;
};

// `path` is the directory's, for what is said of its files.
Found<ReadEntry> readEntry(int directory, const std::string &path, const Hash128 &hash) {
  const std::string name = entryFileName(hash);
  auto file = openTrustedFile(directory, name);
  const auto bytes = file ? readWhole(*file, name, kMaxEntryBytes)
                          : Found<std::vector<std::byte>>(tl::unexpected(file.error()));
  if (!bytes) {
    const Miss &miss = bytes.error();
    return makeMiss(miss.reason, miss.why.empty() ? "" : path + "/" + miss.why);
  }
  auto entry = decodeEntry(*bytes);
  const auto damaged = [&](const std::string &why) {
    return makeMiss(MissReason::kDamaged, fmt::format("{}/{}: {}", path, name, why));
  };
  if (!entry)
    return damaged(entry.error().message);
  if (entry->key.hash() != hash)
    return damaged("holds the entry of another key");
  return ReadEntry{.file = std::move(*file), .entry = std::move(*entry)};
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

Found<Entry> DiskStore::read(const Hash128 &hash) const {
  if (directory_.get() < 0)
    return makeMiss(MissReason::kAbsent);
  return readEntry(directory_.get(), options_.directory, hash).map([](ReadEntry &&read) {
    return std::move(read.entry);
  });
}

Found<Entry> DiskStore::get(const CacheKey &key) const {
  if (directory_.get() < 0)
    return makeMiss(MissReason::kAbsent);
  auto read = readEntry(directory_.get(), options_.directory, key.hash());
  if (read && read->entry.key != key)
    read =
        makeMiss(MissReason::kDamaged, fmt::format("{}/{}: holds the entry of another key",
                                                   options_.directory, entryFileName(key.hash())));
  const bool writable = options_.access == DiskAccess::kReadWrite;
  if (read) {
    if (writable)
      touch(read->file);
    return std::move(read->entry);
  }
  const MissReason reason = read.error().reason;
  if (writable && (reason == MissReason::kDamaged || reason == MissReason::kRefused))
    quarantine(directory_.get(), key.hash());
  return tl::unexpected(std::move(read.error()));
}

Expected<void> DiskStore::put(const Entry &entry) {
  const auto bytes = encodeEntry(entry);
  if (!bytes)
    return tl::unexpected(bytes.error());
  const Hash128 &hash = entry.key.hash();
  auto written = writeStoreFile(directory_.get(), hash, entryFileName(hash), *bytes);
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
