#include "runtime/watched_tables.h"

#include <algorithm>
#include <sys/stat.h>
#include <utility>
#include <xxhash.h>

namespace gemmsmith::runtime {

Expected<TableSet> readTables(const std::vector<std::string> &paths) {
  std::vector<TunedTable> tables;
  for (const std::string &path : paths) {
    Expected<TunedTable> table = readTunedTable(path);
    if (!table)
      return tl::unexpected(table.error());
    tables.push_back(std::move(*table));
  }
  return TableSet::merge(std::move(tables));
}

Expected<std::unique_ptr<WatchedTables>> WatchedTables::open(std::vector<std::string> paths) {
  std::unique_ptr<WatchedTables> watched(new WatchedTables(std::move(paths)));
  watched->current_ = std::make_shared<const TableSet>();
  if (const Expected<bool> read = watched->refresh(); !read)
    return tl::unexpected(read.error());
  return watched;
}

std::shared_ptr<const TableSet> WatchedTables::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Expected<bool> WatchedTables::refresh() {
  const std::lock_guard lock(mutex_);
  // Taken before reading: what changes meanwhile is read next time.
  const std::uint64_t now = digest();
  if (now == last_.exchange(now, std::memory_order_relaxed))
    return false;
  Expected<TableSet> set = readTables(paths_);
  if (!set) {
    state_ = tl::unexpected(set.error());
    return tl::unexpected(set.error());
  }
  state_ = {};
  current_ = std::make_shared<const TableSet>(std::move(*set));
  return true;
}

Expected<void> WatchedTables::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::uint64_t WatchedTables::digest() const noexcept {
  std::uint64_t digest = 0;
  for (const std::string &path : paths_) {
    struct stat status{};
    const bool there = ::stat(path.c_str(), &status) == 0;
    const std::uint64_t stamp[] = {there,
                                   status.st_dev,
                                   status.st_ino,
                                   static_cast<std::uint64_t>(status.st_size),
                                   static_cast<std::uint64_t>(status.st_mtim.tv_sec),
                                   static_cast<std::uint64_t>(status.st_mtim.tv_nsec)};
    digest = XXH3_64bits_withSeed(stamp, sizeof stamp, digest);
  }
  return digest;
}

} // namespace gemmsmith::runtime
