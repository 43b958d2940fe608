// The names of a store's files.
//
//   DIR/                     0700
//     HASH.entry             an entry (entry.h); HASH is that of its key
//     HASH.pending-RANDOM    one of the others that is being written
//     HASH.lock              somebody is making this entry (key_lock.h)
//     HASH.compiler          who the compiler of an installation is (compiler_record.h)
//     quarantine/HASH.entry  what was found under this name and was not an entry of it
//
// One directory without shards: a machine has hundreds of kernels, and every file is opened by
// name.
#pragma once

#include "configs/hash128.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemmsmith {

inline constexpr const char *kQuarantineName = "quarantine";

enum class StoreFileKind : std::uint8_t { kEntry, kPending, kLock, kCompiler };

struct StoreFileName {
  StoreFileKind kind = StoreFileKind::kEntry;
  Hash128 hash; // of the key; of a compiler's, of the installation
};

std::string entryFileName(const Hash128 &hash);
std::string lockFileName(const Hash128 &hash);
std::string compilerRecordName(const Hash128 &installation);
std::string pendingFileName(const Hash128 &hash, std::uint64_t random);

// Nothing for a name that none of the above makes.
std::optional<StoreFileName> parseStoreFileName(std::string_view name);

} // namespace gemmsmith
