#include "tests/cache/sample_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

namespace gemmsmith {
namespace {

using testing::HasSubstr;

// Offsets of the header, as the grammar in entry.h has them.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kPackedSizeAt = 20;
constexpr std::size_t kObjectSizeAt = 24;

std::string errorOf(std::string_view bytes) {
  const auto entry = decoded(bytes);
  return entry ? "none" : entry.error().message;
}

std::string littleEndian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i)
    bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

// A sealed entry whose code object is `packed` and is said to have `object_size` bytes.
std::string withPacked(const std::string &packed, std::uint64_t object_size) {
  const std::string whole = encoded(sampleEntry());
  const std::size_t key_and_manifest = sampleKey().text().size() + 2;
  std::string bytes = whole.substr(0, 32 + key_and_manifest) + packed + std::string(16, '\0');
  bytes.replace(kPackedSizeAt, 4, littleEndian(packed.size(), 4));
  bytes.replace(kObjectSizeAt, 8, littleEndian(object_size, 8));
  return resealed(bytes);
}

std::string packed(const std::string &bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

TEST(Entry, DecodesToWhatWasEncoded) {
  for (const std::size_t size : {1, 100, 10000, 3000000}) {
    const Entry entry = sampleEntry(sampleKey(), size);
    const auto again = decoded(encoded(entry));
    ASSERT_TRUE(again) << again.error().str();
    EXPECT_EQ(again->key, entry.key);
    EXPECT_EQ(again->manifest, entry.manifest);
    EXPECT_EQ(again->code_object, entry.code_object);
  }
}

TEST(Entry, EqualEntriesHaveEqualBytes) {
  EXPECT_EQ(encoded(sampleEntry()), encoded(sampleEntry()));
}

TEST(Entry, EverySingleByteCorruptionIsDetected) {
  std::string bytes = encoded(sampleEntry());
  for (char &byte : bytes) {
    const char good = byte;
    for (int change = 1; change < 256; ++change) {
      byte = static_cast<char>(good ^ change);
      ASSERT_FALSE(decoded(bytes)) << &byte - bytes.data() << " ^ " << change;
    }
    byte = good;
  }
  EXPECT_TRUE(decoded(bytes));
}

TEST(Entry, EveryTruncationIsDetected) {
  const std::string bytes = encoded(sampleEntry());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(decoded(std::string_view(bytes).substr(0, size))) << size;
}

TEST(Entry, BytesAfterItsEndAreDetected) {
  const std::string bytes = encoded(sampleEntry());
  EXPECT_FALSE(decoded(bytes + '\0'));
  EXPECT_FALSE(decoded(bytes + bytes));
}

TEST(Entry, AnotherVersionIsSaid) {
  std::string bytes = encoded(sampleEntry());
  bytes[kVersionAt] = 2;
  EXPECT_THAT(errorOf(resealed(bytes)), HasSubstr("format version 2; this reads 1"));
}

// With a checksum that holds, as somebody would write it who wants us to crash.
TEST(Entry, SealedBytesWithAnyHeaderByteChangedAreReadOrRefused) {
  const std::string good = encoded(sampleEntry());
  for (std::size_t at = 0; at < 32; ++at) {
    for (int change = 1; change < 256; ++change) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      EXPECT_FALSE(decoded(resealed(bytes))) << at << " ^ " << change;
    }
  }
}

TEST(Entry, CodeObjectBeyondTheLimitIsRefusedByItsHeader) {
  const std::string bytes = packed(std::string(1000, 'x'));
  EXPECT_THAT(errorOf(withPacked(bytes, kMaxCodeObjectBytes + 1)), HasSubstr("beyond its limit"));
  EXPECT_THAT(errorOf(withPacked(bytes, 0)), HasSubstr("beyond its limit"));
}

TEST(Entry, CodeObjectOfAnotherSizeThanSaidIsRefused) {
  const std::string bytes = packed(std::string(1000, 'x'));
  EXPECT_EQ(errorOf(withPacked(bytes, 1000)), "none");
  EXPECT_THAT(errorOf(withPacked(bytes, 999)), HasSubstr("not packed as it should be"));
  EXPECT_THAT(errorOf(withPacked(bytes, 1001)), HasSubstr("not packed as it should be"));
}

TEST(Entry, SecondFrameIsRefused) {
  const std::string bytes = packed(std::string(1000, 'x'));
  EXPECT_THAT(errorOf(withPacked(bytes + bytes, 1000)), HasSubstr("not packed as it should be"));
  const std::string skippable("\x50\x2a\x4d\x18\x01\x00\x00\x00x", 9);
  EXPECT_THAT(errorOf(withPacked(bytes + skippable, 1000)), HasSubstr("not packed"));
  EXPECT_THAT(errorOf(withPacked(skippable, 1)), HasSubstr("not packed"));
}

TEST(Entry, DamagedFrameUnderARightChecksumIsRefused) {
  std::string bytes = packed(std::string(textOf(sampleObject(1000))));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    (void)decoded(withPacked(bad, 1000)); // some of them unpack to other bytes
    EXPECT_FALSE(decoded(withPacked(bytes.substr(0, at), 1000))) << at;
  }
}

TEST(Entry, KeyThatIsNoneUnderARightChecksumIsRefused) {
  std::string bytes = encoded(sampleEntry());
  bytes[32] = 'G';
  EXPECT_THAT(errorOf(resealed(bytes)), HasSubstr("not a key of the store"));
}

TEST(Entry, PartsThatDoNotFitAreNotEncoded) {
  Entry entry = sampleEntry();
  entry.manifest.clear();
  EXPECT_FALSE(encodeEntry(entry));
  entry.manifest.assign(kMaxManifestBytes + 1, ' ');
  EXPECT_FALSE(encodeEntry(entry));
  entry.manifest.resize(kMaxManifestBytes);
  EXPECT_TRUE(encodeEntry(entry));
  entry.code_object.clear();
  EXPECT_FALSE(encodeEntry(entry));
}

} // namespace
} // namespace gemmsmith
