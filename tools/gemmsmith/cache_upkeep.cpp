#include "tools/gemmsmith/cache_upkeep.h"

#include "cache/eviction.h"
#include "cache/quarantine.h"
#include "tools/gemmsmith/cache_view.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/store_access.h"

#include <fmt/format.h>

namespace gemmsmith {

namespace {

// Where there is no store there is nothing to remove, and none is made for it.
Expected<OpenStore> openWithoutCreating() {
  auto store = openStore(DiskAccess::kReadOnly);
  if (!store || store->disk->directory() < 0)
    return store;
  return openStore(DiskAccess::kReadWrite);
}

int printResult(const EvictionResult &result, bool json) {
  if (json)
    fmt::print("{}", dumpJson({{"entries_removed", result.entries_removed},
                               {"bytes_removed", result.bytes_removed},
                               {"leftovers_removed", result.leftovers_removed},
                               {"entries_left", result.entries_left},
                               {"bytes_left", result.bytes_left}}));
  else
    fmt::print("removed  {}, {}\nleft     {}, {}\n", entriesText(result.entries_removed),
               sizeText(result.bytes_removed), entriesText(result.entries_left),
               sizeText(result.bytes_left));
  return kExitGood;
}

} // namespace

int collectCache(const CollectCacheOptions &options) {
  const auto store = openWithoutCreating();
  if (!store)
    return reportError(store.error());
  const auto result =
      evict(store->disk->directory(), options.limit_bytes.value_or(store->options.limit_bytes));
  return result ? printResult(*result, options.json) : reportError(result.error());
}

int clearCache(bool json) {
  const auto store = openWithoutCreating();
  if (!store)
    return reportError(store.error());
  const auto result = evictAll(store->disk->directory());
  if (!result)
    return reportError(result.error());
  clearQuarantine(store->disk->directory());
  return printResult(*result, json);
}

} // namespace gemmsmith
