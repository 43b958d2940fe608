#include "cache/remote/http/action_result.h"
#include "cache/remote/http/sha256.h"
#include "tests/cache/damage.h"
#include "tests/cache/remote/feed_action_result.h"

#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using namespace std::string_literals;

const std::string kSha256(64, 'a');

std::optional<ActionOutput> read(std::string_view bytes) {
  return readActionResult(std::as_bytes(std::span(bytes)));
}

std::string written(std::uint64_t bytes = 300) {
  return writeActionResult({.path = "entry", .sha256 = kSha256, .bytes = bytes});
}

// A field with a length, for messages that are put together by hand: contents below 128 bytes.
std::string field(char tag, const std::string &contents) {
  return tag + std::string(1, static_cast<char>(contents.size())) + contents;
}

std::string outputFile(const std::string &path, const std::string &sha256) {
  return field(0x12, field(0x0a, path) + field(0x12, field(0x0a, sha256) + "\x10\x05"));
}

TEST(ActionResult, IsWhatProtobufMakesOfIt) {
  // output_files { path: "entry" digest { hash: "aaa..." size_bytes: 300 } }
  EXPECT_EQ(written(),
            "\x12\x4e\x0a\x05"s + "entry"s + "\x12\x45\x0a\x40"s + kSha256 + "\x10\xac\x02"s);
}

TEST(ActionResult, IsReadBack) {
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{128},
        std::uint64_t{1} << 35, ~std::uint64_t{0}}) {
    const auto output = read(written(bytes));
    ASSERT_TRUE(output) << bytes;
    EXPECT_EQ(output->path, "entry");
    EXPECT_EQ(output->sha256, kSha256);
    EXPECT_EQ(output->bytes, bytes);
  }
}

TEST(ActionResult, UnknownFieldsAreReadOver) {
  const std::string varint = "\x20\x01"s;                // exit_code
  const std::string fixed64 = "\x79"s + "12345678"s;     // 15
  const std::string fixed32 = "\x7d"s + "1234"s;         // 15
  const std::string metadata = field(0x4a, "worker-1");  // execution_metadata
  const std::string high = "\xfa\xff\xff\xff\x0f\x01x"s; // the highest field number
  const auto output = read(varint + fixed64 + metadata + written() + fixed32 + high);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->sha256, kSha256);
}

TEST(ActionResult, OtherOutputsAreReadOver) {
  const auto output = read(outputFile("log", std::string(64, 'b')) + outputFile("entry", kSha256));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->sha256, kSha256);
  EXPECT_EQ(output->bytes, 5u);
  EXPECT_FALSE(read(outputFile("log", kSha256)));
  EXPECT_FALSE(read(outputFile("entry", kSha256) + outputFile("entry", kSha256)));
}

TEST(ActionResult, OfAFieldThatComesTwiceTheLastOneCounts) {
  const std::string wrong(64, 'b');
  const auto output =
      read(field(0x12, field(0x0a, "log") + field(0x0a, "entry") + field(0x12, "\x10\x07") +
                           field(0x12, field(0x0a, kSha256))));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->sha256, kSha256);
  EXPECT_EQ(output->bytes, 7u);
}

TEST(ActionResult, DigestsAreLowerCaseSha256) {
  for (const std::string &sha256 :
       {""s, std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'), std::string(64, 'g'),
        std::string(61, 'a') + "/.."})
    EXPECT_FALSE(read(outputFile("entry", sha256))) << sha256;
}

TEST(ActionResult, EveryTruncationIsRefused) {
  const std::string whole = written();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(read(std::string_view(whole).substr(0, size))) << size;
}

TEST(ActionResult, EveryByteMayBeAnything) {
  const std::string whole = "\x20\x01"s + written();
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      feedActionResult(changed);
    }
}

TEST(ActionResult, LengthsBeyondTheEndAreRefused) {
  EXPECT_FALSE(read("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s));
  EXPECT_FALSE(read(written() + "\x12\xff\xff\xff\xff\x0f"s));
  EXPECT_FALSE(read(written() + "\x20"s + std::string(11, '\xff')));
  EXPECT_FALSE(read(written() + "\x02\x00"s)); // field 0
  EXPECT_FALSE(read(written() + "\x0b"s));     // a group
  EXPECT_FALSE(read(written() + "\x0f"s));     // no wire type
}

TEST(ActionResult, DamageOfAnyKindIsTaken) {
  std::mt19937 random(1);
  const std::string whole = outputFile("log", kSha256) + written();
  for (int i = 0; i < 20000; ++i)
    feedActionResult(damaged(whole, random));
}

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256Hex(std::as_bytes(std::span("abc", 3))).value(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256Hex({}).value(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

} // namespace
} // namespace gemmsmith
