#include "configs/public_name.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string text(const Expected<NamedKernel> &kernel) {
  if (!kernel)
    return kernel.error().message;
  return kernelName(kernel->config) + " splits=" + std::to_string(kernel->splits);
}

constexpr const char *kFirst =
    "flydsl_gemm7_abf16_wbf16_bf16_t16x64x128_split_k4_block_m_warp1_block_n_warp1_block_k_warp2_"
    "async_copyTrue_b_to_ldsTrue_b_preshuffleFalse_c_to_ldsFalse_gfx950";

std::string replaced(std::string name, const std::string &from, const std::string &to) {
  name.replace(name.find(from), from.size(), to);
  return name;
}

TEST(FlydslName, FirstGrammarIsReadFieldByField) {
  const Expected<NamedKernel> kernel = parseFlydslName(kFirst);
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk splits=4");
  EXPECT_THAT(kernel->changes, IsEmpty());
}

TEST(FlydslName, OlderFormWithoutSliceKMeansOneWaveAlongK) {
  EXPECT_EQ(
      text(parseFlydslName(replaced(replaced(kFirst, "_block_k_warp2", ""), "gemm7", "gemm4"))),
      "gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x1x1_splitk splits=4");
}

TEST(FlydslName, SmallMOptionsWithoutCounterpartAreStated) {
  const Expected<NamedKernel> kernel =
      parseFlydslName(replaced(kFirst, "_gfx950", "_small_m_nr2_wpe2_gfx950"));
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2_splitk_wpe2 splits=4");
  EXPECT_THAT(kernel->changes, ElementsAre(HasSubstr("small_m"), HasSubstr("nr2")));
}

TEST(FlydslName, FlagsThatWeDoNotFollowAreStated) {
  EXPECT_THAT(parseFlydslName(replaced(kFirst, "b_to_ldsTrue", "b_to_ldsFalse"))->changes,
              ElementsAre(HasSubstr("b_to_ldsFalse")));
}

TEST(FlydslName, SecondGrammarIsReadFieldByField) {
  const Expected<NamedKernel> kernel = parseFlydslName(
      "flydsl_hgemm_abf16_wbf16_bf16_t16x64x64x9_ks8_w1x1x2_bias0_ktail0_gm0_pft_gfx950");
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t16x64x64_s9_w1x1x2_splitk splits=8");
  EXPECT_THAT(kernel->changes, IsEmpty());
}

TEST(FlydslName, PingPongBecomesARingAndSaysSo) {
  const Expected<NamedKernel> kernel = parseFlydslName(
      "flydsl_hgemm_abf16_wbf16_fp32_t256x256x64x2_ks1_w2x4x1_bias0_ktail0_gm4_phti_gfx950");
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1_gm4 splits=1");
  EXPECT_THAT(kernel->changes, ElementsAre(HasSubstr("half-tile interleave")));
}

TEST(FlydslName, WhatNoKernelOfOursDoesIsRefusedWithTheReason) {
  EXPECT_THAT(text(parseFlydslName(replaced(kFirst, "b_preshuffleFalse", "b_preshuffleTrue"))),
              HasSubstr("pre-shuffled B"));
  EXPECT_THAT(text(parseFlydslName(replaced(kFirst, "abf16_wbf16", "af16_wf16"))),
              HasSubstr("input type f16"));
  EXPECT_THAT(text(parseFlydslName(replaced(kFirst, "_gfx950", "_gfx942"))),
              HasSubstr("target gfx942"));
  EXPECT_THAT(text(parseFlydslName(replaced(kFirst, "gemm7", "gemm1"))),
              HasSubstr("stages is 1, it must be 2 to"));
}

TEST(FlydslName, WhatIsNoNameIsRefusedWithThePosition) {
  EXPECT_THAT(text(parseFlydslName("flydsl_moe_x")), HasSubstr("at character 1"));
  EXPECT_THAT(text(parseFlydslName(replaced(kFirst, "wbf16", "wf16"))), HasSubstr("same type"));
  EXPECT_THAT(text(parseFlydslName(replaced(kFirst, "split_k4", "split_k0"))),
              HasSubstr("1 to 65535 splits"));
  EXPECT_THAT(text(parseFlydslName(std::string(kFirst) + "x")), HasSubstr("end of the name"));
}

TEST(AsmName, LargeTileHasTheRingThatWonInPublishedKernels) {
  const Expected<NamedKernel> kernel = parseAsmName("_ZN5aiter24bf16gemm_bf16_tn_256x256E", 1);
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1_gm4 splits=1");
  EXPECT_THAT(kernel->changes, Contains("512 threads instead of 256"));
}

TEST(AsmName, SplitTilesKeepFourWavesWhereRule2Allows) {
  const auto parse = [](const char *tile, int splits) {
    return text(parseAsmName(
        "_ZN5aiter39bf16gemm_fp32bf16_tn_" + std::string(tile) + "_splitk_cleanE", splits));
  };
  EXPECT_EQ(parse("96x64", 5), "gemm_gfx950_bf16_bf16_ring_t96x64x64_s4_w2x2x1_splitk splits=5");
  EXPECT_EQ(parse("80x64", 2), "gemm_gfx950_bf16_bf16_ring_t80x64x64_s4_w1x2x1_splitk splits=2");
  EXPECT_EQ(parse("64x64", 2), "gemm_gfx950_bf16_bf16_ring_t64x64x64_s5_w2x2x1_splitk splits=2");
  EXPECT_EQ(parse("48x64", 2), "gemm_gfx950_bf16_bf16_ring_t48x64x64_s5_w1x2x1_splitk splits=2");
  EXPECT_EQ(parse("32x64", 16), "gemm_gfx950_bf16_bf16_ring_t32x64x64_s6_w2x2x1_splitk splits=16");
}

TEST(AsmName, SplitCountOfOneOrNoneIsAKernelWithoutSplit) {
  for (int splits : {0, 1})
    EXPECT_EQ(text(parseAsmName("_ZN5aiter37bf16gemm_fp32bf16_tn_48x64_pf3_splitkE", splits)),
              "gemm_gfx950_bf16_bf16_ring_t48x64x64_s4_w1x2x1 splits=1");
}

TEST(AsmName, DamagedSymbolsAndContradictionsAreRefused) {
  EXPECT_THAT(text(parseAsmName("_ZN5aiter25bf16gemm_bf16_tn_256x256E", 1)), HasSubstr("length"));
  EXPECT_THAT(text(parseAsmName("_ZN5aiter24bf16gemm_bf16_tn_256x256E", 2)),
              HasSubstr("has no _splitk"));
  EXPECT_THAT(text(parseAsmName("_ZN5aiter36bf16gemm_bf16_tn_256x256_bpreshuffleE", 1)),
              HasSubstr("pre-shuffled B"));
  EXPECT_THAT(text(parseAsmName("_ZN5aiter22bf16gemm_bf16_tn_17x17E", 1)),
              HasSubstr("not a multiple"));
}

TEST(OpusName, MonoTileKeepsTileAndWaves) {
  const Expected<NamedKernel> kernel =
      parseOpusName("opus_gemm_mono_tile_512x192x256x64_2x4_16x16x32_0x0x0_nooob_4g_safe", 0);
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t192x256x64_s2_w2x4x1_gm4 splits=1");
  EXPECT_THAT(kernel->changes, ElementsAre(HasSubstr("stages")));
}

TEST(OpusName, CachePoliciesAreBits) {
  EXPECT_EQ(text(parseOpusName("opus_gemm_512x256x256x64_2x4_16x16x32_0x0x0_cA1cB17", 0)),
            "gemm_gfx950_bf16_bf16_ring_t256x256x64_s2_w2x4x1_gm4_casc0_cbsc0sc1 splits=1");
}

TEST(OpusName, WorkgroupsPerCuLimitTheStages) {
  const Expected<NamedKernel> kernel =
      parseOpusName("opus_gemm_flatmm_splitk_256x96x64x64_2x1_16x16x32_0x0x0_wgpcu2_nooob", 3);
  EXPECT_EQ(text(kernel), "gemm_gfx950_bf16_bf16_ring_t96x64x64_s4_w2x1x1_splitk splits=3");
  EXPECT_LE(2 * ldsBytes(kernel->config), ldsCapacity(Target::kGfx950));
  EXPECT_THAT(kernel->changes, Contains(HasSubstr("instead of 256")));
}

TEST(OpusName, OtherMfmaAndPersistentLoopsAreStated) {
  EXPECT_THAT(parseOpusName("opus_gemm_persistent_512x128x128x64_2x4_32x32x16_0x0x0", 0)->changes,
              ElementsAre(HasSubstr("stages"), HasSubstr("32x32x16"), HasSubstr("persistent")));
}

TEST(OpusName, KernelsOfOtherTargetsAreNoSuchNames) {
  EXPECT_THAT(
      text(parseOpusName("opus_gemm_gfx1250_splitk_cluster_tdm_ws_128x16x32x512_1x2_16x16x32_"
                         "0x0x0_p3w1",
                         2)),
      HasSubstr("expected mono_tile, persistent, flatmm_splitk"));
}

} // namespace
} // namespace gemmsmith
