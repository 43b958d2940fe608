#include "cache/store_layout.h"

#include <fmt/format.h>

namespace gemmsmith {

namespace {

constexpr std::size_t kHashDigits = 2 * sizeof(Hash128::bytes);
constexpr std::string_view kEntrySuffix = ".entry";
constexpr std::string_view kLockSuffix = ".lock";
constexpr std::string_view kCompilerSuffix = ".compiler";
constexpr std::string_view kPendingSuffix = ".pending-";

} // namespace

std::string entryFileName(const Hash128 &hash) {
  return hash.hex().append(kEntrySuffix);
}

std::string lockFileName(const Hash128 &hash) {
  return hash.hex().append(kLockSuffix);
}

std::string compilerRecordName(const Hash128 &installation) {
  return installation.hex().append(kCompilerSuffix);
}

std::string pendingFileName(const Hash128 &hash, std::uint64_t random) {
  return fmt::format("{}{}{:016x}", hash.hex(), kPendingSuffix, random);
}

std::optional<StoreFileName> parseStoreFileName(std::string_view name) {
  const auto hash = Hash128::parse(name.substr(0, kHashDigits));
  if (!hash)
    return std::nullopt;
  name.remove_prefix(kHashDigits);
  if (name == kEntrySuffix)
    return StoreFileName{StoreFileKind::kEntry, *hash};
  if (name == kLockSuffix)
    return StoreFileName{StoreFileKind::kLock, *hash};
  if (name == kCompilerSuffix)
    return StoreFileName{StoreFileKind::kCompiler, *hash};
  if (name.starts_with(kPendingSuffix))
    return StoreFileName{StoreFileKind::kPending, *hash};
  return std::nullopt;
}

} // namespace gemmsmith
