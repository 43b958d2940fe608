#include "configs/row_outcome.h"

#include "configs/kernel_name.h"
#include "tests/configs/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A gfx950 row with the cells that decide its outcome.
TunedRow row(const std::string &libtype, const std::string &name, int splits = 1,
             std::int64_t k = 4096) {
  TunedRow r;
  r.key = keyOf({.m = 16, .n = 4096, .k = k});
  r.libtype = libtype;
  r.kernel_name = name;
  r.splits = splits;
  return r;
}

constexpr const char *kFlydsl =
    "flydsl_gemm4_abf16_wbf16_bf16_t16x64x128_split_k2_block_m_warp1_block_n_warp2_block_k_warp1_"
    "async_copyTrue_b_to_ldsTrue_b_preshuffleFalse_c_to_ldsFalse_gfx950";

TEST(RowOutcome, FlydslRowIsUsedAsWritten) {
  const RowOutcome outcome = rowOutcome(row("flydsl", kFlydsl, 2));
  EXPECT_EQ(outcome.disposition, Disposition::kUsedAsWritten);
  EXPECT_EQ(kernelName(outcome.config), "gemm_gfx950_bf16_bf16_ring_t16x64x128_s4_w1x2x1_splitk");
  EXPECT_EQ(outcome.splits, 2);
  EXPECT_THAT(outcome.reasons, IsEmpty());
}

TEST(RowOutcome, BiasAndOutputTypeComeFromTheColumnsAndAreNoChange) {
  TunedRow r = row("flydsl", kFlydsl, 2);
  r.key.bias = true;
  r.key.outdtype = "torch.float32";
  const RowOutcome outcome = rowOutcome(r);
  EXPECT_EQ(outcome.disposition, Disposition::kUsedAsWritten);
  EXPECT_EQ(kernelName(outcome.config),
            "gemm_gfx950_bf16_f32_ring_t16x64x128_s4_w1x2x1_splitk_bias");
}

TEST(RowOutcome, NameWinsOverTheSplitColumnAndSaysSo) {
  const RowOutcome outcome = rowOutcome(row("flydsl", kFlydsl, 3));
  EXPECT_EQ(outcome.splits, 2);
  EXPECT_THAT(outcome.reasons, ElementsAre(HasSubstr("splitK says 3")));
}

TEST(RowOutcome, UnalignedKTakesTheElementPathAndSaysSo) {
  const RowOutcome outcome = rowOutcome(row("flydsl", kFlydsl, 2, 4095));
  EXPECT_EQ(outcome.disposition, Disposition::kUsedWithChanges);
  EXPECT_EQ(outcome.config.alignment, RowAlignment::kElement);
  EXPECT_THAT(outcome.reasons, ElementsAre(HasSubstr("element-aligned path")));
}

TEST(RowOutcome, RowsWithoutATileGoToThePolicyAndSaySo) {
  for (const char *libtype : {"triton", "torch", "hipblaslt", "skinny", "somethingnew"}) {
    const RowOutcome outcome = rowOutcome(row(libtype, "auto", 0));
    EXPECT_EQ(outcome.disposition, Disposition::kUsedWithChanges) << libtype;
    EXPECT_THAT(outcome.reasons, ElementsAre(HasSubstr("the policy")));
  }
}

TEST(RowOutcome, ThePolicyCanBeReplaced) {
  const KernelConfig mine =
      parseKernelName("gemm_gfx950_bf16_bf16_ring_t64x64x64_s2_w2x2x1").value();
  const RowOutcome outcome = rowOutcome(row("torch", "native", 0), [&](const Problem &) {
    return Expected<KernelChoice>(KernelChoice{mine, 1});
  });
  EXPECT_EQ(outcome.config, mine);
}

TEST(RowOutcome, RenamedKernelIsRefusedRatherThanReplaced) {
  const RowOutcome outcome = rowOutcome(row("flydsl", "flydsl_gemm_v3_t16x64x128"));
  EXPECT_EQ(outcome.disposition, Disposition::kRefused);
  EXPECT_THAT(outcome.reasons, ElementsAre(HasSubstr("expected")));
}

TEST(RowOutcome, OtherTargetsAndTypesAreRefusedWithTheReason) {
  TunedRow other = row("flydsl", kFlydsl, 2);
  other.key.gfx = "gfx1250";
  EXPECT_THAT(rowOutcome(other).reasons, ElementsAre(HasSubstr("gfx1250")));
  TunedRow half = row("torch", "native");
  half.key.dtype = half.key.outdtype = "torch.float16";
  EXPECT_THAT(rowOutcome(half).reasons, ElementsAre(HasSubstr("torch.float16")));
  TunedRow fp8 = row("torch", "native");
  fp8.key.dtype = "torch.float8_e4m3fn";
  EXPECT_THAT(rowOutcome(fp8).reasons, ElementsAre(HasSubstr("torch.float8_e4m3fn")));
  TunedRow scaled = row("torch", "native");
  scaled.key.scale_ab = true;
  EXPECT_THAT(rowOutcome(scaled).reasons, ElementsAre(HasSubstr("scaleAB")));
  TunedRow shuffled = row("torch", "native");
  shuffled.key.b_preshuffled = true;
  EXPECT_THAT(rowOutcome(shuffled).reasons, ElementsAre(HasSubstr("bpreshuffle")));
}

TEST(RowOutcome, OwnRowIsUsedAsWrittenUnlessItsColumnsDisagree) {
  const std::string name = "gemm_gfx950_bf16_bf16_ring_t64x64x64_s2_w2x2x1_splitk_elem";
  const RowOutcome outcome = rowOutcome(row("gemmsmith", name, 4));
  EXPECT_EQ(outcome.disposition, Disposition::kUsedAsWritten);
  EXPECT_EQ(kernelName(outcome.config), name);
  EXPECT_EQ(outcome.splits, 4);
  TunedRow bias = row("gemmsmith", name, 4);
  bias.key.bias = true;
  EXPECT_THAT(rowOutcome(bias).reasons, ElementsAre(HasSubstr("bias")));
}

TEST(RowOutcome, ShapeOfAListGoesToThePolicy) {
  const TunedTable list = tableFrom("t.csv", "M,N,K\n3,70,200\n");
  EXPECT_THAT(rowOutcome(list.rows.at(0)).reasons,
              Contains(HasSubstr("the row names no kernel: chosen by the policy")));
}

} // namespace
} // namespace gemmsmith
