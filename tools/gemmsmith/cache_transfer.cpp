#include "tools/gemmsmith/cache_transfer.h"

#include "cache/bundle_writer.h"
#include "configs/kernel_name.h"
#include "tools/gemmsmith/cache_view.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/store_access.h"
#include "tools/gemmsmith/store_entry.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace gemmsmith {

namespace {

bool isWanted(const CacheKeyFields &fields, const ExportCacheOptions &options) {
  return (options.compiler.empty() || fields.compiler == options.compiler) &&
         (options.kernels.empty() ||
          std::ranges::find(options.kernels, kernelName(fields.config)) != options.kernels.end());
}

// The wanted entries of the store; those that cannot be read are warned of and left out.
Expected<BundleWriter> collect(const ExportCacheOptions &options) {
  const auto store = openStore(DiskAccess::kReadOnly);
  if (!store)
    return tl::unexpected(store.error());
  const auto entries = readEntries(*store->disk);
  if (!entries)
    return tl::unexpected(entries.error());
  BundleWriter bundle;
  std::set<std::string> missing(options.kernels.begin(), options.kernels.end());
  for (const ListedEntry &listed : *entries) {
    if (!listed.entry) {
      reportWarning(listed.entry.error().why);
      continue;
    }
    if (!isWanted(listed.entry->key.fields(), options))
      continue;
    if (auto added = bundle.add(*listed.entry); !added)
      return tl::unexpected(added.error());
    missing.erase(kernelName(listed.entry->key.fields().config));
  }
  if (!missing.empty())
    return makeError(ErrorKind::kFailed, "is not in the store " + store->options.directory,
                     *missing.begin());
  if (bundle.entries() == 0)
    return makeError(ErrorKind::kFailed, "the store has no entries to export",
                     store->options.directory);
  return bundle;
}

// Puts all entries of a bundle; how many.
Expected<std::size_t> importBundle(const std::string &path, const std::string &public_key,
                                   DiskStore &disk) {
  const auto bundle = openBundle(path, public_key);
  if (!bundle)
    return tl::unexpected(bundle.error());
  for (const BundleRecord &record : bundle->records()) {
    const auto entry = bundle->read(record);
    if (!entry)
      return makeError(ErrorKind::kInput, entry.error().why);
    if (const auto right = checkStoreEntry(*entry); !right)
      return makeError(ErrorKind::kInput, right.error().str(), path);
    if (auto put = disk.put(*entry); !put)
      return tl::unexpected(put.error());
  }
  return bundle->records().size();
}

} // namespace

int exportCache(const ExportCacheOptions &options) {
  const auto bundle = collect(options);
  if (!bundle)
    return reportError(bundle.error());
  const auto written = writeBundle(*bundle, options.bundle, options.private_key);
  if (!written)
    return reportError(written.error());
  if (options.json)
    fmt::print("{}", dumpJson({{"bundle", options.bundle}, {"entries", bundle->entries()}}));
  else
    fmt::print("{} in {}\n", entriesText(bundle->entries()), options.bundle);
  return kExitGood;
}

int importCache(const ImportCacheOptions &options) {
  const auto store = openStore(DiskAccess::kReadWrite);
  if (!store)
    return reportError(store.error());
  std::size_t entries = 0;
  for (const std::string &path : options.bundles) {
    const auto imported = importBundle(path, options.public_key, *store->disk);
    if (!imported)
      return reportError(imported.error());
    entries += *imported;
  }
  if (options.json)
    fmt::print("{}", dumpJson({{"directory", store->options.directory}, {"entries", entries}}));
  else
    fmt::print("{} put into {}\n", entriesText(entries), store->options.directory);
  return kExitGood;
}

} // namespace gemmsmith
