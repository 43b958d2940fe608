#include "cache/eviction.h"

#include "cache/key_lock.h"
#include "cache/pending_file.h"
#include "cache/store_listing.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace gemmsmith {

namespace {

// Every start of a compiler writes its record anew, so this one's is no longer there.
constexpr std::time_t kOldRecordSeconds = 90 * 24 * 3600;

bool removeLeftover(int directory, const StoreFile &file) {
  switch (file.kind) {
  case StoreFileKind::kPending:
    return sweepPendingFile(directory, file.name);
  case StoreFileKind::kLock: // giving up a lock removes its file
    return KeyLock::acquire(directory, file.hash, std::chrono::milliseconds(0)).has_value();
  case StoreFileKind::kCompiler:
    return file.modified.tv_sec < std::time(nullptr) - kOldRecordSeconds &&
           ::unlinkat(directory, file.name.c_str(), 0) == 0;
  case StoreFileKind::kEntry:
    return false;
  }
  return false;
}

// Removes entries, those used longest ago first, for as long as `isTooMuch` says of the rest.
template <typename Predicate>
Expected<EvictionResult> evictWhile(int directory, const std::optional<Hash128> &keep,
                                    Predicate isTooMuch) {
  auto files = listStore(directory);
  if (!files)
    return tl::unexpected(files.error());
  // Equal dates by name, so that two processes choose alike.
  std::ranges::sort(*files, {}, [](const StoreFile &file) {
    return std::tuple(file.modified.tv_sec, file.modified.tv_nsec, file.hash);
  });
  EvictionResult result;
  for (const StoreFile &file : *files) {
    if (file.kind != StoreFileKind::kEntry) {
      result.leftovers_removed += removeLeftover(directory, file) ? 1 : 0;
      continue;
    }
    ++result.entries_left;
    result.bytes_left += file.bytes;
  }
  for (const StoreFile &file : *files) {
    if (!isTooMuch(result))
      break;
    if (file.kind != StoreFileKind::kEntry || file.hash == keep)
      continue;
    const bool removed = ::unlinkat(directory, file.name.c_str(), 0) == 0;
    if (!removed && errno != ENOENT)
      continue;
    --result.entries_left;
    result.bytes_left -= file.bytes;
    result.entries_removed += removed ? 1 : 0;
    result.bytes_removed += removed ? file.bytes : 0;
  }
  return result;
}

} // namespace

Expected<EvictionResult> evict(int directory, std::uint64_t limit_bytes,
                               const std::optional<Hash128> &keep) {
  return evictWhile(directory, keep, [&](const EvictionResult &result) {
    return limit_bytes != 0 && result.bytes_left > limit_bytes;
  });
}

Expected<EvictionResult> evictAll(int directory) {
  auto result =
      evictWhile(directory, {}, [](const EvictionResult &left) { return left.entries_left > 0; });
  if (!result)
    return result;
  const auto files = listStore(directory);
  if (!files)
    return tl::unexpected(files.error());
  for (const StoreFile &file : *files)
    if (file.kind == StoreFileKind::kCompiler)
      ::unlinkat(directory, file.name.c_str(), 0);
  return result;
}

} // namespace gemmsmith
