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
  for (const std::string &path : options_.bundles) {
    if (auto bundle = Bundle::open(path))
      bundles_.push_back(std::move(*bundle));
    else
      warn_("a bundle is not used: " + bundle.error().str());
  }
  auto disk =
      DiskStore::open({.directory = options_.directory,
                       .access = options_.mode == StoreMode::kReadWrite ? DiskAccess::kReadWrite
                                                                        : DiskAccess::kReadOnly,
                       .limit_bytes = options_.limit_bytes});
  if (disk)
    disk_ = std::move(*disk);
  else
    warn_("the store is not used: " + disk.error().str());
}

std::optional<StoreHit> Store::find(const CacheKey &key) {
  const auto hit = [&](Found<Entry> entry, StoreTier tier) -> std::optional<StoreHit> {
    if (entry)
      return StoreHit{.entry = std::move(*entry), .tier = tier};
    if (entry.error().reason != MissReason::kAbsent)
      warn_(entry.error().why);
    return std::nullopt;
  };
  for (const Bundle &bundle : bundles_)
    if (auto found = hit(bundle.get(key), StoreTier::kBundle))
      return found;
  return disk_ ? hit(disk_->get(key), StoreTier::kDisk) : std::nullopt;
}

int Store::lockDirectory() const {
  return disk_ && options_.mode == StoreMode::kReadWrite ? disk_->directory() : -1;
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
