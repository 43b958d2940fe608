#include "configs/launch.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"
#include "tests/configs/generators.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

namespace gemmsmith {
namespace {

using testing::HasSubstr;

KernelConfig config(const std::string &options = "") {
  return parseKernelName("gemm_gfx950_bf16_bf16_ring_t16x64x128_s7_w1x1x2" + options).value();
}

std::string refusal(const KernelConfig &c, const Problem &p, int splits = 1) {
  const Expected<Launch> launch = planLaunch(c, p, splits);
  return launch ? "accepted" : launch.error().message;
}

TEST(KernelArguments, PlainKernelHasThreePointersThreeExtentsAndThreeStrides) {
  const std::vector<KernelArgument> arguments = kernelArguments(config());
  std::string text;
  for (const KernelArgument &a : arguments)
    text += std::string(a.name) + "@" + std::to_string(a.offset) + " ";
  EXPECT_EQ(text, "a@0 b@8 c@16 m@24 n@28 k@32 lda@40 ldb@48 ldc@56 ");
  EXPECT_EQ(kernelArgumentBytes(config()), 64);
}

TEST(KernelArguments, BiasWorkspaceAndSplitsAppearOnlyWhereUsed) {
  std::string text;
  for (const KernelArgument &a : kernelArguments(config("_splitk_bias")))
    text += std::string(a.name) + "@" + std::to_string(a.offset) + " ";
  EXPECT_EQ(text,
            "a@0 b@8 c@16 bias@24 workspace@32 m@40 n@44 k@48 splits@52 lda@56 ldb@64 ldc@72 ");
}

TEST(PlanLaunch, CountsTilesWithTailsAndFillsInTheStrides) {
  const Expected<Launch> launch = planLaunch(config("_splitk"), {.m = 17, .n = 65, .k = 4096}, 4);
  ASSERT_TRUE(launch) << launch.error().str();
  EXPECT_EQ(launch->grid, (Dim3{4, 4, 1}));
  EXPECT_EQ(launch->block, (Dim3{128, 1, 1}));
  EXPECT_EQ(launch->lds_bytes, 143360);
  EXPECT_EQ(launch->problem.lda, 4096);
  EXPECT_EQ(launch->problem.ldc, 65);
  // 4 counters padded to 256 bytes, then 4 splits of 4 tiles of 16x64 floats.
  EXPECT_EQ(launch->workspace_bytes, 256 + 4 * 4 * 16 * 64 * 4);
}

TEST(PlanLaunch, WithoutSplitThereIsNoWorkspace) {
  EXPECT_EQ(planLaunch(config(), {.m = 17, .n = 65, .k = 4096}, 1)->workspace_bytes, 0);
}

TEST(PlanLaunch, MismatchedTypesBiasAndLayoutAreNamed) {
  const Problem p{.m = 16, .n = 64, .k = 128};
  Problem f32 = p, bias = p, shuffled = p;
  f32.out_type = DataType::kF32;
  bias.bias = true;
  shuffled.b_layout = BLayout::kPreshuffled;
  EXPECT_THAT(refusal(config(), f32), HasSubstr("bf16 -> bf16, the problem is bf16 -> f32"));
  EXPECT_THAT(refusal(config(), bias), HasSubstr("does not add a bias"));
  EXPECT_THAT(refusal(config("_bias"), p), HasSubstr("the problem has none"));
  EXPECT_THAT(refusal(config(), shuffled), HasSubstr("layout of B"));
}

TEST(PlanLaunch, AlignedPathNeedsAlignedPointersStridesAndK) {
  for (const Problem &p :
       {Problem{.m = 16, .n = 64, .k = 127}, Problem{.m = 16, .n = 64, .k = 128, .lda = 129},
        Problem{.m = 16, .n = 64, .k = 128, .ldb = 132},
        Problem{.m = 16, .n = 64, .k = 128, .pointer_alignment = 8}}) {
    EXPECT_NE(refusal(config(), p), "accepted");
    EXPECT_EQ(refusal(config("_elem"), p), "accepted");
  }
}

TEST(PlanLaunch, BothPathsStopWhereATileSpansTwoGiB) {
  // 16 rows of A or of C: 2^31 / (16 * 2) elements.
  const std::int64_t limit = (std::int64_t{1} << 31) / 32;
  for (const char *options : {"", "_elem"}) {
    const KernelConfig c = config(options);
    EXPECT_EQ(refusal(c, {.m = 16, .n = 64, .k = 128, .lda = limit - 8}), "accepted");
    EXPECT_THAT(refusal(c, {.m = 16, .n = 64, .k = 128, .lda = limit}),
                HasSubstr("16 rows of A span 2147483648 bytes"));
    EXPECT_EQ(refusal(c, {.m = 16, .n = 64, .k = 128, .ldc = limit - 1}), "accepted");
    EXPECT_THAT(refusal(c, {.m = 16, .n = 64, .k = 128, .ldc = limit}),
                HasSubstr("16 rows of C span"));
  }
}

// A single row that no offset can span has no kernel at all, and the policy says so.
TEST(PlanLaunch, RowOfTwoGiBIsRefused) {
  EXPECT_THAT(refusal(config("_elem"), {.m = 1, .n = 1, .k = 1200000001}), HasSubstr("span"));
}

TEST(PlanLaunch, ExtentsStridesAndSplitsOutOfRangeAreNamed) {
  EXPECT_THAT(refusal(config(), {.m = 0, .n = 64, .k = 128}), HasSubstr("M is 0"));
  EXPECT_THAT(refusal(config(), {.m = 16, .n = std::int64_t{1} << 31, .k = 128}),
              HasSubstr("N is 2147483648"));
  EXPECT_THAT(refusal(config(), {.m = 16, .n = 64, .k = 128, .lda = 120}),
              HasSubstr("lda is 120, less than a row of 128"));
  EXPECT_THAT(refusal(config(), {.m = 16, .n = 64, .k = 128}, 2), HasSubstr("does not split"));
  EXPECT_THAT(refusal(config("_splitk"), {.m = 16, .n = 64, .k = 128}, 65536),
              HasSubstr("split count is 65536"));
  EXPECT_THAT(refusal(config("_splitk"), {.m = 16, .n = 64, .k = 128}, 0),
              HasSubstr("split count is 0"));
  EXPECT_THAT(refusal(config("_elem"), {.m = 0x7fffffff, .n = 0x3fffffff, .k = 8}),
              testing::AnyOf(HasSubstr("2^32"), HasSubstr("span")));
  EXPECT_THAT(refusal(config(), {.m = 0x7fffff00, .n = 1 << 20, .k = 8}), HasSubstr("2^32"));
}

TEST(PlanLaunch, IllegalConfigurationsAreRefusedWithTheirReason) {
  EXPECT_THAT(refusal(config("_bpre"), {.m = 16, .n = 64, .k = 128}), HasSubstr("pre-shuffled"));
}

RC_GTEST_PROP(PlanLaunch, IsTotalOnAnyProblem, ()) {
  const auto extent =
      rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(-2, 5000));
  const KernelConfig c =
      *rc::gen::element(config(), config("_splitk"), config("_elem"), config("_splitk_elem"));
  const Problem p{
      .m = *extent, .n = *extent, .k = *extent, .lda = *extent, .ldb = *extent, .ldc = *extent};
  const Expected<Launch> launch = planLaunch(c, p, *rc::gen::arbitrary<int>());
  if (launch) {
    RC_ASSERT(std::uint64_t{launch->grid.x} * launch->block.x < (std::uint64_t{1} << 32));
    RC_ASSERT(launch->workspace_bytes >= 0);
  } else {
    RC_ASSERT(!launch.error().message.empty());
  }
}

} // namespace
} // namespace gemmsmith
