#include "cache/entry.h"

#include "cache/little_endian.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>
#include <utility>
#include <zstd.h>

namespace gemmsmith {

namespace {

constexpr std::string_view kMagic = "GSENTRY\n";
constexpr std::uint32_t kVersion = 1;
// Offsets of the header's fields.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kKeySizeAt = 12;
constexpr std::size_t kManifestSizeAt = 16;
constexpr std::size_t kPackedSizeAt = 20;
constexpr std::size_t kObjectSizeAt = 24;
constexpr std::size_t kHeaderBytes = 32;
static_assert(kMaxEntryStartBytes == kHeaderBytes + CacheKey::kMaxTextBytes);
constexpr std::size_t kChecksumBytes = sizeof(Hash128::bytes);

// Unpacking costs the same at every level; packing ten kilobytes takes a fraction of a millisecond.
constexpr int kCompressionLevel = 12;

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

tl::unexpected<Error> damaged(std::string what) {
  return makeError(ErrorKind::kInput, "not a readable entry of the store: " + std::move(what));
}

struct Sizes {
  std::uint64_t key = 0;
  std::uint64_t manifest = 0;
  std::uint64_t packed = 0;
  std::uint64_t object = 0;

  std::uint64_t total() const { return kHeaderBytes + key + manifest + packed + kChecksumBytes; }
};

bool isWithin(std::uint64_t size, std::uint64_t most) {
  return size >= 1 && size <= most;
}

// The parts' sizes, which add up to the size of `bytes`.
Expected<Sizes> readHeader(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes + kChecksumBytes)
    return damaged("it ends within its header");
  if (textOf(bytes.first(kMagic.size())) != kMagic)
    return damaged("it does not begin like one");
  if (const auto version = littleEndianAt<std::uint32_t>(bytes, kVersionAt); version != kVersion)
    return damaged(fmt::format("it has format version {}; this reads {}", version, kVersion));
  const Sizes sizes{.key = littleEndianAt<std::uint32_t>(bytes, kKeySizeAt),
                    .manifest = littleEndianAt<std::uint32_t>(bytes, kManifestSizeAt),
                    .packed = littleEndianAt<std::uint32_t>(bytes, kPackedSizeAt),
                    .object = littleEndianAt<std::uint64_t>(bytes, kObjectSizeAt)};
  if (!isWithin(sizes.key, CacheKey::kMaxTextBytes) ||
      !isWithin(sizes.manifest, kMaxManifestBytes) || !isWithin(sizes.object, kMaxCodeObjectBytes))
    return damaged("a size in its header is beyond its limit");
  if (sizes.total() != bytes.size())
    return damaged(
        fmt::format("it is {} bytes long and should be {}", bytes.size(), sizes.total()));
  return sizes;
}

Expected<std::vector<std::byte>> unpack(std::span<const std::byte> packed,
                                        std::uint64_t object_size) {
  // A second frame, or one without its size, would be something that no encoder of ours writes.
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != object_size ||
      ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size())
    return damaged("its code object is not packed as it should be");
  std::vector<std::byte> object(object_size);
  const std::size_t unpacked =
      ZSTD_decompress(object.data(), object.size(), packed.data(), packed.size());
  if (ZSTD_isError(unpacked) != 0 || unpacked != object.size())
    return damaged("its code object cannot be unpacked");
  return object;
}

} // namespace

Expected<std::vector<std::byte>> encodeEntry(const Entry &entry) {
  if (!isWithin(entry.manifest.size(), kMaxManifestBytes) ||
      !isWithin(entry.code_object.size(), kMaxCodeObjectBytes))
    return makeError(ErrorKind::kFailed,
                     fmt::format("an entry of the store cannot hold a code object of {} bytes with "
                                 "a manifest of {}",
                                 entry.code_object.size(), entry.manifest.size()));
  std::vector<std::byte> packed(ZSTD_compressBound(entry.code_object.size()));
  const std::size_t packed_size =
      ZSTD_compress(packed.data(), packed.size(), entry.code_object.data(),
                    entry.code_object.size(), kCompressionLevel);
  if (ZSTD_isError(packed_size) != 0)
    return makeError(ErrorKind::kFailed,
                     fmt::format("cannot pack a code object: {}", ZSTD_getErrorName(packed_size)));
  packed.resize(packed_size);

  const std::string &key = entry.key.text();
  std::vector<std::byte> bytes;
  bytes.reserve(kHeaderBytes + key.size() + entry.manifest.size() + packed.size() + kChecksumBytes);
  const auto append = [&](std::span<const std::byte> part) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  };
  append(std::as_bytes(std::span(kMagic)));
  appendLittleEndian(bytes, kVersion);
  appendLittleEndian(bytes, static_cast<std::uint32_t>(key.size()));
  appendLittleEndian(bytes, static_cast<std::uint32_t>(entry.manifest.size()));
  appendLittleEndian(bytes, static_cast<std::uint32_t>(packed.size()));
  appendLittleEndian(bytes, std::uint64_t{entry.code_object.size()});
  append(std::as_bytes(std::span(key)));
  append(std::as_bytes(std::span(entry.manifest)));
  append(packed);
  const Hash128 checksum = hash128(bytes);
  append(std::as_bytes(std::span(checksum.bytes)));
  return bytes;
}

Expected<CacheKey> claimedKey(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes || textOf(bytes.first(kMagic.size())) != kMagic)
    return damaged("it does not begin like one");
  const std::size_t size = littleEndianAt<std::uint32_t>(bytes, kKeySizeAt);
  if (size > bytes.size() - kHeaderBytes)
    return damaged("it ends within its key");
  return CacheKey::parse(textOf(bytes.subspan(kHeaderBytes, size)));
}

Expected<Entry> decodeEntry(std::span<const std::byte> bytes) {
  const auto sizes = readHeader(bytes);
  if (!sizes)
    return tl::unexpected(sizes.error());
  const Hash128 checksum = hash128(bytes.first(bytes.size() - kChecksumBytes));
  if (!std::ranges::equal(bytes.last(kChecksumBytes), std::as_bytes(std::span(checksum.bytes))))
    return damaged("its checksum does not hold");
  const auto after_header = bytes.subspan(kHeaderBytes);
  auto key = CacheKey::parse(textOf(after_header.first(sizes->key)));
  if (!key)
    return damaged(key.error().message);
  auto object =
      unpack(after_header.subspan(sizes->key + sizes->manifest, sizes->packed), sizes->object);
  if (!object)
    return tl::unexpected(object.error());
  return Entry{.key = std::move(*key),
               .manifest = std::string(textOf(after_header.subspan(sizes->key, sizes->manifest))),
               .code_object = std::move(*object)};
}

} // namespace gemmsmith
