#include "cache/store.h"

#include "cache/store_layout.h"
#include "configs/kernel_name.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

Error missingRequired(const KernelConfig &config, bool allow_spills) {
  const std::string name = kernelName(config);
  return {ErrorKind::kFailed,
          fmt::format("is not in the store, and GEMMSMITH_CACHE=require forbids to compile it; "
                      "`GEMMSMITH_CACHE=rw gemmsmith build --config {}{}` builds it",
                      name, allow_spills ? " --allow-spills" : ""),
          name};
}

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
  for (const RemoteOptions &remote : options_.remotes)
    remotes_.emplace_back(remote,
                          options_.mode == StoreMode::kReadWrite ? RemoteAccess::kAsOptionsSay
                                                                 : RemoteAccess::kReadOnly,
                          warn_);
}

std::optional<StoreHit> Store::accept(Found<Entry> entry, StoreTier tier, std::string origin) {
  if (entry)
    return StoreHit{.entry = std::move(*entry), .tier = tier, .origin = std::move(origin)};
  if (entry.error().reason != MissReason::kAbsent)
    warn_(entry.error().why);
  return std::nullopt;
}

std::optional<StoreHit> Store::onDisk(const CacheKey &key) {
  if (!disk_)
    return std::nullopt;
  return accept(disk_->get(key), StoreTier::kDisk,
                options_.directory + "/" + entryFileName(key.hash()));
}

std::optional<StoreHit> Store::onRemotes(const CacheKey &key) {
  for (GuardedRemote &remote : remotes_)
    if (auto hit = accept(remote.get(key), StoreTier::kRemote, remote.address())) {
      putOnDisk(hit->entry);
      return hit;
    }
  return std::nullopt;
}

std::optional<StoreHit> Store::inBundles(const KernelConfig &config,
                                         const std::optional<std::string> &preferred) {
  std::call_once(compilers_read_, [&] {
    std::vector<std::vector<std::string>> compilers;
    for (const Bundle &bundle : bundles_)
      compilers.push_back(bundle.compilers());
    compilers_ = std::move(compilers);
  });
  for (std::size_t i = 0; i < bundles_.size(); ++i) {
    std::vector<std::string> compilers = compilers_[i];
    std::ranges::stable_partition(
        compilers, [&](const std::string &compiler) { return compiler == preferred; });
    for (const std::string &compiler : compilers)
      for (const bool allow_spills : {false, true}) {
        const auto key = CacheKey::make({.compiler = compiler,
                                         .target_id = std::string(toString(config.target)),
                                         .config = config,
                                         .allow_spills = allow_spills});
        if (!key)
          continue;
        if (auto hit = accept(bundles_[i].get(*key), StoreTier::kBundle, bundles_[i].path()))
          return hit;
      }
  }
  return std::nullopt;
}

std::optional<StoreHit> Store::find(const CacheKey &key) {
  for (const Bundle &bundle : bundles_)
    if (auto hit = accept(bundle.get(key), StoreTier::kBundle, bundle.path()))
      return hit;
  if (auto hit = onDisk(key))
    return hit;
  return onRemotes(key);
}

int Store::lockDirectory() const {
  return disk_ && options_.mode == StoreMode::kReadWrite ? disk_->directory() : -1;
}

Expected<std::optional<StoreHit>> Store::get(const CacheKey &key) {
  auto hit = find(key);
  if (!hit && options_.mode == StoreMode::kRequire)
    return tl::unexpected(missingRequired(key.fields().config, key.fields().allow_spills));
  return hit;
}

void Store::putOnDisk(const Entry &entry) {
  if (!disk_ || options_.mode != StoreMode::kReadWrite)
    return;
  const auto written = disk_->put(entry);
  if (!written && !put_failed_.exchange(true))
    warn_("code objects cannot be kept: " + written.error().str());
}

void Store::putOnRemotes(const Entry &entry) {
  if (std::ranges::none_of(remotes_, &GuardedRemote::writable))
    return;
  const auto bytes = encodeEntry(entry);
  if (!bytes) {
    warn_("not put into the remote stores: " + bytes.error().str());
    return;
  }
  for (GuardedRemote &remote : remotes_)
    remote.put(entry.key, *bytes);
}

void Store::put(const Entry &entry) {
  putOnDisk(entry);
  putOnRemotes(entry);
}

} // namespace gemmsmith
