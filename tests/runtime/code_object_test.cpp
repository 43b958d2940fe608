#include "runtime/code_object.h"

#include "tests/runtime/emulator/test_objects.h"

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

} // namespace
} // namespace gemmsmith
