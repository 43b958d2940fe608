#include "tools/gemmsmith/build_store.h"

#include "configs/kernel_name.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/store_entry.h"
#include "tools/service/compiler_note.h"

#include <utility>

namespace gemmsmith {

BuildStore::BuildStore(BuildStoreOptions options)
    : options_(std::move(options)),
      store_(options_.store, [](const std::string &warning) { reportWarning(warning); }) {}

void BuildStore::note(const CompilerIdentity &compiler) {
  const auto noted = ownCompilerRecord(compiler).and_then(
      [&](const CompilerRecord &record) { return noteCompiler(store_.lockDirectory(), record); });
  if (!noted)
    reportWarning("the compiler is not noted in the store: " + noted.error().str());
}

Expected<CacheKey> BuildStore::keyOf(const KernelConfig &config) const {
  return CacheKey::make({.compiler = options_.compiler,
                         .target_id = std::string(toString(config.target)),
                         .config = config,
                         .allow_spills = options_.allow_spills});
}

Expected<std::optional<std::vector<std::byte>>> BuildStore::get(const KernelConfig &config) {
  const auto key = keyOf(config);
  if (!key)
    return tl::unexpected(key.error());
  auto hit = store_.get(*key);
  if (!hit)
    return tl::unexpected(hit.error());
  if (!*hit)
    return std::nullopt;
  return std::move((*hit)->entry.code_object);
}

void BuildStore::put(const KernelConfig &config, std::span<const std::byte> bytes) {
  if (options().mode != StoreMode::kReadWrite)
    return;
  if (const auto present = get(config); present && *present)
    return;
  const auto made = entry(config, bytes);
  if (made)
    store_.put(*made);
  else
    reportWarning("not kept in the store: " + made.error().str());
}

tl::expected<KeyLock, KeyLock::Refusal> BuildStore::lock(const KernelConfig &config) const {
  const auto key = keyOf(config);
  if (!key)
    return tl::unexpected(KeyLock::Refusal::kImpossible);
  return KeyLock::tryAcquire(store_.lockDirectory(), key->hash());
}

Expected<Entry> BuildStore::entry(const KernelConfig &config,
                                  std::span<const std::byte> bytes) const {
  const auto key = keyOf(config);
  if (!key)
    return tl::unexpected(key.error());
  const auto summary = summarizeObject(bytes);
  if (!summary)
    return tl::unexpected(summary.error());
  return storeEntry(*key, bytes, *summary, options_.backend);
}

} // namespace gemmsmith
