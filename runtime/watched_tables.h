// The tuned tables of a context, read again when their files change.
//
// Promises: current() is always a whole set that was read without an error; a file that cannot be
// read any more, or is half written, leaves the last good set in place. Thread-safe.
// Does not: watch by itself. Somebody has to ask.
#pragma once

#include "configs/table_set.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace gemmsmith::runtime {

Expected<TableSet> readTables(const std::vector<std::string> &paths);

class WatchedTables {
public:
  // Without paths: a set that knows no shape.
  static Expected<std::unique_ptr<WatchedTables>> open(std::vector<std::string> paths);

  std::shared_ptr<const TableSet> current() const;

  // Whether a file has changed since the tables were last read. Neither locks nor allocates.
  bool changed() const noexcept { return digest() != last_.load(std::memory_order_relaxed); }

  // Reads the tables if one has changed; whether there is a new set. An error is told once per
  // change.
  Expected<bool> refresh();

  // Whether the files, as last read, are the current set; the error if they are not.
  Expected<void> state() const;

private:
  explicit WatchedTables(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  // Of what tells one version of the files from another.
  std::uint64_t digest() const noexcept;

  const std::vector<std::string> paths_;
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> last_{0}; // digest of the files as last read, well or not
  std::shared_ptr<const TableSet> current_;
  Expected<void> state_;
};

} // namespace gemmsmith::runtime
