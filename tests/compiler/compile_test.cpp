// Whole compilations in this process: what a code object declares, and what is refused.
#include "compiler/compile.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "configs/legality.h"
#include "runtime/code_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using ::testing::HasSubstr;

KernelConfig config(std::string_view name) {
  Expected<KernelConfig> parsed = parseKernelName(name);
  EXPECT_TRUE(parsed) << parsed.error().str();
  return *parsed;
}

TEST(Compile, CodeObjectDeclaresTheKernelAsTheLaunchDescribesIt) {
  const KernelConfig c = config("gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2_splitk_bias");
  Expected<std::vector<std::byte>> bytes = compileKernel(c);
  ASSERT_TRUE(bytes) << bytes.error().str();
  Expected<CodeObject> object = parseCodeObject(*bytes);
  ASSERT_TRUE(object) << object.error().str();
  ASSERT_EQ(object->kernels.size(), 1U);
  const KernelMetadata &kernel = object->kernels.front().metadata;
  EXPECT_EQ(kernel.name, kernelName(c));
  EXPECT_EQ(static_cast<std::int64_t>(kernel.group_segment_bytes), ldsBytes(c));
  const std::vector<KernelArgument> expected = kernelArguments(c);
  ASSERT_EQ(kernel.arguments.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(kernel.arguments[i].name, expected[i].name);
    EXPECT_EQ(static_cast<int>(kernel.arguments[i].offset), expected[i].offset);
    EXPECT_EQ(static_cast<int>(kernel.arguments[i].size), expected[i].size);
  }
}

// The partial sums are where other XCDs see them before the workgroup counts itself in.
TEST(Compile, SplitKWaitsForTheWriteBackBeforeItCounts) {
  Expected<std::vector<std::byte>> bytes =
      compileKernel(config("gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1_splitk"));
  ASSERT_TRUE(bytes) << bytes.error().str();
  const Expected<std::string> text = disassemble(*bytes);
  ASSERT_TRUE(text) << text.error().str();
  const auto release = text->find("buffer_wbl2 sc1");
  const auto count = text->find("global_atomic_add");
  ASSERT_LT(release, count);
  EXPECT_THAT(text->substr(release, count - release), HasSubstr("s_waitcnt vmcnt(0)"));
}

TEST(Compile, SameConfigurationGivesTheSameBytes) {
  const KernelConfig c = config("gemm_gfx950_bf16_f32_ring_t64x64x64_s3_w2x2x1_gm4");
  Expected<std::vector<std::byte>> first = compileKernel(c);
  Expected<std::vector<std::byte>> second = compileKernel(c);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST(Compile, IllegalConfigurationIsRefusedWithItsReasons) {
  KernelConfig c = config("gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1");
  c.stages = 3;
  Expected<std::vector<std::byte>> bytes = compileKernel(c);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().kind, ErrorKind::kIllegal);
  EXPECT_THAT(bytes.error().message, HasSubstr("163840"));
}

// 256 sums per lane do not fit beside everything else in the 128 registers of four waves per SIMD.
TEST(Compile, SpillsAreAnErrorUnlessAllowed) {
  const KernelConfig c = config("gemm_gfx950_bf16_bf16_ring_t128x128x32_s2_w1x1x1_wpe4");
  Expected<std::vector<std::byte>> refused = compileKernel(c);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--allow-spills"));
  EXPECT_TRUE(compileKernel(c, {.allow_spills = true}));
}

TEST(Compile, LoopWaitsForTheOldestStageOnly) {
  Expected<std::string> text =
      printStage(config("gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x2"), Stage::kAsm);
  ASSERT_TRUE(text) << text.error().str();
  EXPECT_THAT(*text, HasSubstr("s_waitcnt vmcnt(20) lgkmcnt(0)\n\ts_barrier"));
}

TEST(Compile, DisassemblyNamesTheKernelAndItsMatrixInstructions) {
  const KernelConfig c = config("gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1");
  Expected<std::vector<std::byte>> bytes = compileKernel(c);
  ASSERT_TRUE(bytes);
  Expected<std::string> text = disassemble(*bytes);
  ASSERT_TRUE(text) << text.error().str();
  EXPECT_THAT(*text, HasSubstr(kernelName(c) + ":\n"));
  EXPECT_THAT(*text, HasSubstr("v_mfma_f32_16x16x32_bf16"));
}

TEST(Compile, DisassemblyOfAnythingElseIsAnError) {
  for (const std::size_t size : {0, 4, 64, 4096})
    EXPECT_FALSE(disassemble(std::vector<std::byte>(size)));
}

} // namespace
} // namespace gemmsmith
