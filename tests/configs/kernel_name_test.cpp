#include "configs/kernel_name.h"

#include "tests/configs/generators.h"

#include <gmock/gmock.h>
#include <limits>
#include <rapidcheck/gtest.h>
#include <set>

namespace gemmsmith {
namespace {

using testing::HasSubstr;

std::string messageOf(std::string_view name) {
  const Expected<KernelConfig> parsed = parseKernelName(name);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(KernelName, SpellsTheExampleOfTheHeader) {
  KernelConfig c;
  c.tile = {16, 64, 128};
  c.stages = 7;
  c.waves = {1, 1, 2};
  c.split = Split::kReduce;
  c.bias = true;
  EXPECT_EQ(kernelName(c), "gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk_bias");
}

TEST(KernelName, SpellsEveryOptionInOrder) {
  const std::string name =
      "gemm_gfx942_f16_f32_skinny_t1x2x3_s4_w5x6x7_splitk_gm8_bias_bpre_casc0sc1nt"
      "_cbnt_wpe9_elem";
  const Expected<KernelConfig> c = parseKernelName(name);
  ASSERT_TRUE(c) << c.error().str();
  EXPECT_EQ(kernelName(*c), name);
  EXPECT_EQ(c->tile, (TileShape{1, 2, 3}));
  EXPECT_EQ(c->alignment, RowAlignment::kElement);
  EXPECT_TRUE(c->cache_b.nt);
}

TEST(KernelName, ErrorsNameWhatWasExpectedAndWhere) {
  EXPECT_THAT(messageOf(""), HasSubstr("expected 'gemm_' at character 1"));
  EXPECT_THAT(messageOf("gemm_gfx90a_bf16"), HasSubstr("expected a target"));
  EXPECT_THAT(messageOf("gemm_gfx950_bf16_bf16_ring_t16x64_s2"), HasSubstr("expected a tile"));
}

TEST(KernelName, EachConfigurationHasOneSpelling) {
  const std::string name = "gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2";
  EXPECT_EQ(messageOf(name), "accepted");
  for (const char *suffix : {"_gm0", "_wpe0", "_gm04", "_bias_splitk", "_bias_bias", "_ca",
                             "_cant_", "_cantsc0", "_", " "})
    EXPECT_NE(messageOf(name + suffix), "accepted") << suffix;
  EXPECT_NE(messageOf("gemm_gfx950_bf16_bf16_ring_t016x64x128_s7_w1x1x2"), "accepted");
  EXPECT_NE(messageOf("gemm_gfx950_bf16_bf16_ring_t16x64x128_s99999999999_w1x1x2"), "accepted");
}

RC_GTEST_PROP(KernelName, ParsingInvertsSpelling, ()) {
  const KernelConfig c = *configWithNumbers(rc::gen::inRange(0, std::numeric_limits<int>::max()));
  const Expected<KernelConfig> parsed = parseKernelName(kernelName(c));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == c);
}

RC_GTEST_PROP(KernelName, SpellingInvertsParsing, ()) {
  // Names pieced together from the grammar's words, in and out of order.
  std::string name = "gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2";
  const auto words = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("_splitk", "_gm", "_bias", "_bpre", "_ca", "_cb", "sc0", "sc1",
                                    "nt", "_wpe", "_elem", "0", "1", "12"));
  for (const std::string &word : words)
    name += word;
  if (const Expected<KernelConfig> parsed = parseKernelName(name))
    RC_ASSERT(kernelName(*parsed) == name);
}

RC_GTEST_PROP(KernelName, IsAValidSymbol, ()) {
  const std::string name = kernelName(*configWithNumbers(rc::gen::inRange(0, 4096)));
  RC_ASSERT(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
}

} // namespace
} // namespace gemmsmith
