// The format of bundles: many entries in one file, for shipping.
//
//   bundle         := header index entry* signature
//   header         := magic version signature_size entry_count checksum
//   magic          := "GSBUNDL\n"
//   version        := u32, 1
//   signature_size := u32, 0 or 64
//   entry_count    := u64, at most 2^20
//   checksum       := XXH3-128 of the header before it and of the index
//   index          := record*, entry_count of them, ascending by hash without repetition
//   record         := hash offset size checksum
//   hash           := 16 bytes, XXH3-128 of the entry's key text
//   offset         := u64, of the entry from the start of the file
//   size           := u64, of the entry
//   checksum       := XXH3-128 of the entry's bytes
//   entry          := as in entry.h; in the order of the index, the first one right after it, each
//                     right after the one before
//   signature      := signature_size bytes, Ed25519 of everything before it
//
// Integers are little-endian, hashes have their most significant byte first; there is nothing
// after.
//
// Promises: the readers take any bytes, and their error (kInput) says what is wrong. Every offset
// and size in a result lies within the file. Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/hash128.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gemmsmith {

inline constexpr std::string_view kBundleMagic = "GSBUNDL\n";
inline constexpr std::uint32_t kBundleVersion = 1;
inline constexpr std::size_t kBundleHeaderBytes = 40;
inline constexpr std::size_t kBundleRecordBytes = 48;
inline constexpr std::size_t kBundleSignatureBytes = 64;
inline constexpr std::uint64_t kMaxBundleEntries = std::uint64_t{1} << 20;

struct BundleHeader {
  std::uint32_t signature_bytes = 0;
  std::uint64_t entries = 0;
  Hash128 checksum; // of header and index; not checked yet

  std::uint64_t indexBytes() const { return entries * kBundleRecordBytes; }
};

struct BundleRecord {
  Hash128 hash;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  Hash128 checksum;
};

// The header at the start of `bytes`, whose index lies within a file of `file_bytes`.
Expected<BundleHeader> readBundleHeader(std::span<const std::byte> bytes, std::uint64_t file_bytes);

// The index of a bundle that starts with `bytes`: its header and its index.
Expected<std::vector<BundleRecord>> readBundleIndex(std::span<const std::byte> bytes,
                                                    const BundleHeader &header,
                                                    std::uint64_t file_bytes);

// Header and index of a bundle with these records.
std::vector<std::byte> writeBundleIndex(std::span<const BundleRecord> records,
                                        std::uint32_t signature_bytes);

} // namespace gemmsmith
