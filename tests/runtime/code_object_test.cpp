#include "runtime/code_object.h"

#include "tests/runtime/emulator/test_objects.h"

#include <array>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith {
namespace {

using emulator::compiledKernels;
using testing::HasSubstr;

TEST(CodeObject, ListsKernelsWithArgumentsAndResources) {
  auto bytes = compiledKernels("basics", 3);
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  EXPECT_EQ(object->target, "gfx950");
  EXPECT_GE(object->version, 5);
  EXPECT_THAT(object->target_id, HasSubstr("gfx950"));
  ASSERT_EQ(object->kernels.size(), 5u);

  const Kernel *kernel = object->find("vector_add");
  ASSERT_NE(kernel, nullptr);
  const KernelMetadata &m = kernel->metadata;
  EXPECT_EQ(m.symbol, "vector_add.kd");
  EXPECT_EQ(m.wavefront_size, 64u);
  EXPECT_EQ(m.vgpr_spills, 0u);
  EXPECT_EQ(m.sgpr_spills, 0u);
  ASSERT_GE(m.arguments.size(), 4u);
  EXPECT_EQ(m.arguments[0].value_kind, ArgumentValueKind::kGlobalBuffer);
  EXPECT_EQ(m.arguments[0].size, 8u);
  EXPECT_EQ(m.arguments[3].value_kind, ArgumentValueKind::kByValue);
  EXPECT_EQ(m.arguments[3].offset, 24u);
  EXPECT_EQ(m.explicitArgumentBytes(), 28u);
  EXPECT_GE(kernel->descriptor.vgprs(), static_cast<int>(m.vgprs));
  EXPECT_TRUE(kernel->descriptor.kernargSegmentPtr());
  EXPECT_GT(kernel->code_bytes, 0u);

  const Kernel *sum = object->find("block_sum");
  ASSERT_NE(sum, nullptr);
  EXPECT_EQ(sum->metadata.group_segment_bytes, 1024u);
  EXPECT_EQ(sum->descriptor.group_segment_bytes, 1024u);
  EXPECT_EQ(sum->metadata.max_workgroup_size, 256u);
  EXPECT_EQ(object->find("nothing"), nullptr);
}

TEST(CodeObject, SaysWhatIsWrongWithAnotherFile) {
  auto message = [](std::string_view text) {
    auto object = parseCodeObject(std::as_bytes(std::span(text)));
    EXPECT_FALSE(object);
    if (object)
      return std::string();
    EXPECT_EQ(object.error().kind, ErrorKind::kInput);
    return object.error().message;
  };
  EXPECT_THAT(message(""), HasSubstr("too few"));
  EXPECT_THAT(message(std::string(100, 'x')), HasSubstr("no ELF magic number"));
  auto bytes = compiledKernels("basics", 3);
  std::string text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  std::string host = text;
  host[18] = 62; // x86-64
  EXPECT_THAT(message(host), HasSubstr("is not AMDGPU"));
  std::string version = text;
  version[8] = 0; // code object v2
  EXPECT_THAT(message(version), HasSubstr("version 0 is not supported"));
}

TEST(CodeObject, NamesAnotherTarget) {
  auto bytes = compiledKernels("basics", 3);
  bytes[48] = std::byte{0x4c};
  auto object = parseCodeObject(bytes);
  ASSERT_TRUE(object) << object.error().str();
  EXPECT_EQ(object->target, "gfx942");
}

TEST(CodeObject, EveryTruncationIsAnErrorOrWhole) {
  auto bytes = compiledKernels("split", 3);
  for (std::size_t size = 0; size < bytes.size(); size += 7)
    EXPECT_FALSE(parseCodeObject(std::span(bytes).first(size))) << size;
}

TEST(CodeObject, DamageNeverCrashes) {
  auto bytes = compiledKernels("split", 3);
  std::mt19937 random(1);
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    auto copy = bytes;
    for (unsigned n = 0; n < 1 + random() % 8; ++n)
      copy[random() % (round % 2 ? copy.size() : 1200)] = static_cast<std::byte>(random());
    auto object = parseCodeObject(copy);
    refused += !object;
    if (!object)
      continue;
    for (const Kernel &kernel : object->kernels)
      EXPECT_FALSE(object->bytesAt(kernel.entry_address).empty());
  }
  EXPECT_GT(refused, 1000);
}

// --- files that no linker makes

struct Table {
  std::uint32_t type = 0; // of a section
  std::uint64_t offset = 0, size = 0;
  std::uint32_t link = 0;
};

// An ELF file with these sections, and `notes` times the same note segment; `contents` lies at
// kContents, between it and the end is nothing but 'a'.
constexpr std::uint64_t kContents = 1 << 20;
std::vector<std::byte> elfFile(const std::vector<Table> &sections, const Table &note,
                               std::size_t notes, std::string_view contents, std::size_t size) {
  std::vector<std::byte> bytes(size, std::byte{'a'});
  std::memcpy(bytes.data() + kContents, contents.data(), contents.size());
  std::size_t at = 0;
  auto put = [&](auto value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
    at += sizeof value;
  };
  std::uint64_t section_headers = 64 + notes * 56;
  constexpr std::uint8_t kIdentity[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1, 64, 4};
  put(std::to_array(kIdentity));
  put(std::array<std::uint16_t, 2>{3, 224});
  put(std::uint32_t{1});
  put(std::array<std::uint64_t, 3>{0, 64, section_headers});
  put(std::uint32_t{0x4f});
  put(std::array<std::uint16_t, 6>{64, 56, static_cast<std::uint16_t>(notes), 64,
                                   static_cast<std::uint16_t>(sections.size()), 0});
  for (std::size_t n = 0; n < notes; ++n) {
    put(std::array<std::uint32_t, 2>{4, 4});
    put(std::array<std::uint64_t, 6>{note.offset, 0, 0, note.size, note.size, 4});
  }
  for (const Table &s : sections) {
    put(std::array<std::uint32_t, 2>{0, s.type});
    put(std::array<std::uint64_t, 4>{0, 0, s.offset, s.size});
    put(std::array<std::uint32_t, 2>{s.link, 0});
    put(std::array<std::uint64_t, 2>{1, 0});
  }
  return bytes;
}

std::string refusal(const std::vector<std::byte> &bytes) {
  auto object = parseCodeObject(bytes);
  return object ? "" : object.error().message;
}

constexpr std::uint32_t kSymbols = 2, kStrings = 3, kRelocations = 4;

TEST(HostileCodeObject, ManySymbolsOfOneLongName) {
  // 10,000 symbols with the name at 0, a megabyte long.
  std::string symbols(240'000, '\0');
  std::vector<Table> sections = {{kSymbols, kContents, symbols.size(), 1},
                                 {kStrings, kContents + symbols.size(), 1 << 20}};
  std::size_t size = kContents + symbols.size() + (1 << 20);
  auto bytes = elfFile(sections, {}, 0, symbols, size);
  EXPECT_THAT(refusal(bytes), HasSubstr("a string table that does not end in a zero"));
  bytes.back() = std::byte{0};
  EXPECT_THAT(refusal(bytes), HasSubstr("share names"));
}

TEST(HostileCodeObject, TheSameRelocationsInEverySection) {
  std::string relocations(480'000, '\0'); // 20,000
  std::vector<Table> sections(1000, {kRelocations, kContents, relocations.size(), 0});
  sections[0] = {kSymbols, kContents, 24, 1};
  sections[1] = {kStrings, kContents, 1};
  EXPECT_THAT(refusal(elfFile(sections, {}, 0, relocations, kContents + relocations.size())),
              HasSubstr("overlap"));
}

TEST(HostileCodeObject, TheSameNotesInEverySegment) {
  std::string notes(1'200'000, '\0'); // 100,000
  EXPECT_THAT(refusal(elfFile({}, {.offset = kContents, .size = notes.size()}, 4096, notes,
                              kContents + notes.size())),
              HasSubstr("overlap"));
}

// A file whose metadata are these bytes of MessagePack.
std::vector<std::byte> withMetadata(const std::string &metadata) {
  std::string note("\x07\0\0\0....\x20\0\0\0AMDGPU\0\0", 20);
  auto size = static_cast<std::uint32_t>(metadata.size());
  std::memcpy(note.data() + 4, &size, 4);
  note += metadata;
  return elfFile({}, {.offset = kContents, .size = note.size()}, 1, note, kContents + note.size());
}

TEST(HostileCodeObject, MetadataThatNestWithoutEnd) {
  EXPECT_THAT(refusal(withMetadata(std::string(1'000'000, '\x91'))), HasSubstr("nests too deep"));
  std::string maps = "\x81"; // {"": {"": …
  for (int n = 0; n < 100'000; ++n)
    maps += "\xa0\x81";
  EXPECT_THAT(refusal(withMetadata(maps)), HasSubstr("nests too deep"));
}

TEST(HostileCodeObject, MetadataWithMoreItemsThanBytes) {
  std::string array = "\x81\xae"
                      "amdhsa.kernels\xdd\xff\xff\xff\xff"; // 2^32 - 1 kernels
  EXPECT_THAT(refusal(withMetadata(array)), HasSubstr("not a MessagePack map"));
  std::string text = "\x81\xae"
                     "amdhsa.kernels\xdb\xff\xff\xff\xff";
  EXPECT_THAT(refusal(withMetadata(text)), HasSubstr("not a MessagePack map"));
}

TEST(HostileCodeObject, MetadataWithKernelsOfOneByte) {
  std::string metadata("\x81\xae"
                       "amdhsa.kernels\xdd\x00\x01\x00\x01",
                       21);
  metadata += std::string((1 << 16) + 1, '\x80');
  EXPECT_THAT(refusal(withMetadata(metadata)), HasSubstr("too many kernels"));
}

TEST(HostileCodeObject, AKernelWithANameOfAMegabyte) {
  // {"amdhsa.kernels": [{".name": "xxx…"}]}
  std::string metadata("\x81\xae"
                       "amdhsa.kernels\x91\x81\xa5.name\xdb\x00\x10\x00\x00",
                       29);
  metadata += std::string(1 << 20, 'x');
  EXPECT_THAT(refusal(withMetadata(metadata)), HasSubstr("xxx' has no descriptor symbol ''"));
}

} // namespace
} // namespace gemmsmith
