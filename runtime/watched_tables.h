// The tuned tables of a context, read again when their files change.
//
// Promises: current() is always a whole set that was read without an error; a file that cannot be
// read any more, or is half written, leaves the last good set in place. Thread-safe.
// Does not: watch by itself. Somebody has to ask.
#pragma once

#include "configs/table_set.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith::runtime {

// Paths separated by ':', as in PATH; empty parts are left out.
std::vector<std::string> splitPaths(std::string_view paths);

Expected<TableSet> readTables(const std::vector<std::string> &paths);

class WatchedTables {
public:
  // Without paths: a set that knows no shape.
  static Expected<std::unique_ptr<WatchedTables>> open(std::vector<std::string> paths);

  bool any() const { return !paths_.empty(); }

  std::shared_ptr<const TableSet> current() const;

  // Reads the tables if a file has changed since they were last read; whether there is a new set.
  // An error is told once per change.
  Expected<bool> refresh();

private:
  // What tells one version of a file from another.
  struct Stamp {
    std::uint64_t device = 0, inode = 0;
    std::int64_t bytes = 0, seconds = 0, nanoseconds = 0;
    bool operator==(const Stamp &) const = default;
  };
  explicit WatchedTables(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  std::vector<Stamp> stamps() const;

  const std::vector<std::string> paths_;
  mutable std::mutex mutex_;
  std::vector<Stamp> last_; // of the files as last read, well or not
  std::shared_ptr<const TableSet> current_;
};

} // namespace gemmsmith::runtime
