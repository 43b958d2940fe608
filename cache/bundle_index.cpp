#include "cache/bundle_index.h"

#include "cache/entry.h"
#include "cache/little_endian.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith {

namespace {

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kSignatureBytesAt = 12;
constexpr std::size_t kEntriesAt = 16;
constexpr std::size_t kChecksumAt = 24;

tl::unexpected<Error> damaged(std::string what) {
  return makeError(ErrorKind::kInput, "not a readable bundle: " + std::move(what));
}

Hash128 hashAt(std::span<const std::byte> bytes, std::size_t offset) {
  Hash128 hash;
  for (std::size_t i = 0; i < hash.bytes.size(); ++i)
    hash.bytes[i] = static_cast<std::uint8_t>(bytes[offset + i]);
  return hash;
}

void appendHash(std::vector<std::byte> &out, const Hash128 &hash) {
  const auto bytes = std::as_bytes(std::span(hash.bytes));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Of header and index, without the checksum between them.
Hash128 checksumOf(std::span<const std::byte> bytes) {
  std::vector<std::byte> covered(bytes.begin(), bytes.begin() + kChecksumAt);
  covered.insert(covered.end(), bytes.begin() + kBundleHeaderBytes, bytes.end());
  return hash128(covered);
}

} // namespace

Expected<BundleHeader> readBundleHeader(std::span<const std::byte> bytes,
                                        std::uint64_t file_bytes) {
  if (bytes.size() < kBundleHeaderBytes || file_bytes < kBundleHeaderBytes)
    return damaged("it ends within its header");
  if (!std::ranges::equal(bytes.first(kBundleMagic.size()), std::as_bytes(std::span(kBundleMagic))))
    return damaged("it does not begin like one");
  if (const auto version = littleEndianAt<std::uint32_t>(bytes, kVersionAt);
      version != kBundleVersion)
    return damaged(fmt::format("it has format version {}; this reads {}", version, kBundleVersion));
  const BundleHeader header{.signature_bytes =
                                littleEndianAt<std::uint32_t>(bytes, kSignatureBytesAt),
                            .entries = littleEndianAt<std::uint64_t>(bytes, kEntriesAt),
                            .checksum = hashAt(bytes, kChecksumAt)};
  if ((header.signature_bytes != 0 && header.signature_bytes != kBundleSignatureBytes) ||
      header.entries > kMaxBundleEntries)
    return damaged("a size in its header is beyond its limit");
  if (kBundleHeaderBytes + header.indexBytes() + header.signature_bytes > file_bytes)
    return damaged("it ends within its index");
  return header;
}

Expected<std::vector<BundleRecord>> readBundleIndex(std::span<const std::byte> bytes,
                                                    const BundleHeader &header,
                                                    std::uint64_t file_bytes) {
  const std::uint64_t index_end = kBundleHeaderBytes + header.indexBytes();
  if (bytes.size() < index_end)
    return damaged("it ends within its index");
  bytes = bytes.first(index_end);
  if (checksumOf(bytes) != header.checksum)
    return damaged("the checksum of its index does not hold");
  std::vector<BundleRecord> records;
  records.reserve(header.entries);
  std::uint64_t end = index_end;
  for (std::uint64_t i = 0; i < header.entries; ++i) {
    const std::size_t at = kBundleHeaderBytes + i * kBundleRecordBytes;
    const BundleRecord record{.hash = hashAt(bytes, at),
                              .offset = littleEndianAt<std::uint64_t>(bytes, at + 16),
                              .bytes = littleEndianAt<std::uint64_t>(bytes, at + 24),
                              .checksum = hashAt(bytes, at + 32)};
    if (!records.empty() && record.hash <= records.back().hash)
      return damaged("its index is not in order");
    if (record.offset != end || record.bytes > kMaxEntryBytes)
      return damaged("an entry is not where it should be");
    end += record.bytes;
    records.push_back(record);
  }
  if (end + header.signature_bytes != file_bytes)
    return damaged(fmt::format("it is {} bytes long and should be {}", file_bytes,
                               end + header.signature_bytes));
  return records;
}

std::vector<std::byte> writeBundleIndex(std::span<const BundleRecord> records,
                                        std::uint32_t signature_bytes) {
  std::vector<std::byte> bytes;
  bytes.reserve(kBundleHeaderBytes + records.size() * kBundleRecordBytes);
  for (const char c : kBundleMagic)
    bytes.push_back(static_cast<std::byte>(c));
  appendLittleEndian(bytes, kBundleVersion);
  appendLittleEndian(bytes, signature_bytes);
  appendLittleEndian(bytes, std::uint64_t{records.size()});
  appendHash(bytes, {});
  for (const BundleRecord &record : records) {
    appendHash(bytes, record.hash);
    appendLittleEndian(bytes, record.offset);
    appendLittleEndian(bytes, record.bytes);
    appendHash(bytes, record.checksum);
  }
  const Hash128 checksum = checksumOf(bytes);
  std::ranges::copy(std::as_bytes(std::span(checksum.bytes)), bytes.begin() + kChecksumAt);
  return bytes;
}

} // namespace gemmsmith
