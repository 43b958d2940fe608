// A code object with what it was made from: one self-describing file of the store.
//
//   entry         := header key manifest packed checksum
//   header        := magic version key_size manifest_size packed_size object_size
//   magic         := "GSENTRY\n"
//   version       := u32, 1
//   key_size      := u32, 1 to 4096
//   manifest_size := u32, 1 to 1 MiB
//   packed_size   := u32
//   object_size   := u64, 1 to 64 MiB
//   key           := key_size bytes, the text of a key (cache_key.h)
//   manifest      := manifest_size bytes, a JSON object for people and tools: configuration, target
//                    ID, resources, argument layout, how it was made. Loading needs nothing of it.
//   packed        := packed_size bytes, one zstd frame that holds the object_size bytes of the code
//                    object and says so
//   checksum      := XXH3-128 of everything before it, most significant byte first
//
// Integers are little-endian; there is nothing before, between or after. A change to this grammar
// is a new version here and a new first line of the key.
//
// Promises: decodeEntry() takes any bytes. It returns what encodeEntry() was given, or an error of
// kind kInput that says what is wrong; it allocates nothing on the word of bytes whose checksum
// does not hold, and never more than the limits above. Equal entries have equal bytes. Does not:
// check that the code object is one. Thread-safe.
#pragma once

#include "cache/cache_key.h"
#include "configs/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

struct Entry {
  CacheKey key;
  std::string manifest;
  std::vector<std::byte> code_object;
};

inline constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMaxCodeObjectBytes = std::uint64_t{64} << 20;
// Of a whole entry; zstd makes bytes that it cannot pack larger by less than 1 in 256.
inline constexpr std::uint64_t kMaxEntryBytes =
    CacheKey::kMaxTextBytes + kMaxManifestBytes + kMaxCodeObjectBytes + kMaxCodeObjectBytes / 128;

// kFailed when a part is empty or beyond its limit.
Expected<std::vector<std::byte>> encodeEntry(const Entry &entry);

Expected<Entry> decodeEntry(std::span<const std::byte> bytes);

// What the entry that starts with `bytes` says it is of, without any check: only good for knowing
// what to ask for. kMaxEntryStartBytes suffice, or all of a shorter entry.
inline constexpr std::size_t kMaxEntryStartBytes = 32 + CacheKey::kMaxTextBytes;
Expected<CacheKey> claimedKey(std::span<const std::byte> bytes);

} // namespace gemmsmith
