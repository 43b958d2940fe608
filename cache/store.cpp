#include "cache/store.h"

#include "configs/kernel_name.h"

#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

Error notStored(const CacheKey &key) {
  const std::string name = kernelName(key.fields().config);
  return {ErrorKind::kFailed,
          fmt::format("is not in the store, and GEMMSMITH_CACHE=require forbids to compile it; "
                      "`GEMMSMITH_CACHE=rw gemmsmith build --config {}{}` builds it",
                      name, key.fields().allow_spills ? " --allow-spills" : ""),
          name};
}

} // namespace

Store::Store(StoreOptions options, Warn warn)
    : options_(std::move(options)), warn_(std::move(warn)) {
  if (options_.mode == StoreMode::kOff)
    return;
  auto disk =
      DiskStore::open({.directory = options_.directory,
                       .access = options_.mode == StoreMode::kReadWrite ? DiskAccess::kReadWrite
                                                                        : DiskAccess::kReadOnly});
  if (disk)
    disk_ = std::move(*disk);
  else
    warn_("the store is not used: " + disk.error().str());
}

std::optional<StoreHit> Store::find(const CacheKey &key) {
  if (!disk_)
    return std::nullopt;
  auto entry = disk_->get(key);
  if (entry)
    return StoreHit{.entry = std::move(*entry), .tier = StoreTier::kDisk};
  if (entry.error().reason != MissReason::kAbsent)
    warn_(entry.error().why);
  return std::nullopt;
}

Expected<std::optional<StoreHit>> Store::get(const CacheKey &key) {
  auto hit = find(key);
  if (!hit && options_.mode == StoreMode::kRequire)
    return tl::unexpected(notStored(key));
  return hit;
}

void Store::put(const Entry &entry) {
  if (!disk_ || options_.mode != StoreMode::kReadWrite)
    return;
  const auto written = disk_->put(entry);
  if (!written && !put_failed_.exchange(true))
    warn_("code objects cannot be kept: " + written.error().str());
}

} // namespace gemmsmith
