#include "tools/gemmsmith/store_access.h"

#include "cache/bundle_signature.h"
#include "configs/kernel_name.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>
#include <utility>

namespace gemmsmith {

Expected<OpenStore> openStore(DiskAccess access) {
  auto options = storeOptionsFromEnvironment();
  if (!options)
    return tl::unexpected(options.error());
  if (options->mode == StoreMode::kOff)
    return makeError(ErrorKind::kFailed, "the store is off: GEMMSMITH_CACHE says so");
  if (access == DiskAccess::kReadWrite && options->mode != StoreMode::kReadWrite)
    return makeError(ErrorKind::kFailed,
                     fmt::format("the store is only read: GEMMSMITH_CACHE is {}; set it to rw",
                                 toString(options->mode)));
  auto disk = DiskStore::open(
      {.directory = options->directory, .access = access, .limit_bytes = options->limit_bytes});
  if (!disk)
    return tl::unexpected(disk.error());
  return OpenStore{std::move(*options), std::move(*disk)};
}

Expected<std::vector<ListedEntry>> readEntries(const DiskStore &disk) {
  auto files = listStore(disk.directory());
  if (!files)
    return tl::unexpected(files.error());
  std::vector<ListedEntry> entries;
  for (StoreFile &file : *files) {
    if (file.kind != StoreFileKind::kEntry)
      continue;
    auto entry = disk.read(file.hash);
    // Evicted between listing and reading.
    if (!entry && entry.error().reason == MissReason::kAbsent)
      continue;
    entries.push_back({std::move(file), std::move(entry)});
  }
  std::ranges::sort(entries, {}, [](const ListedEntry &listed) {
    const bool readable = listed.entry.has_value();
    return std::tuple(!readable,
                      readable ? kernelName(listed.entry->key.fields().config) : std::string(),
                      listed.file.hash);
  });
  return entries;
}

Expected<void> writeBundle(const BundleWriter &bundle, const std::string &path,
                           const std::string &private_key) {
  if (private_key.empty())
    return bundle.write(path);
  return bundleSigner(private_key).and_then([&](const BundleSigner &sign) {
    return bundle.write(path, sign);
  });
}

Expected<Bundle> openBundle(const std::string &path, const std::string &public_key) {
  auto bundle = Bundle::open(path);
  if (bundle && !public_key.empty())
    if (auto right = checkBundleSignature(*bundle, public_key); !right)
      return tl::unexpected(right.error());
  return bundle;
}

} // namespace gemmsmith
