#include "configs/selection.h"

#include "configs/kernel_name.h"
#include "tests/configs/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SelectKernel : public testing::Test {
protected:
  const std::string name_ = "gemm_gfx950_bf16_bf16_ring_t64x64x64_s2_w2x2x1_splitk";
  const TableSet tables_ =
      TableSet::merge({tableFrom("t.csv", "M,N,K,cu_num,libtype,splitK,kernelName\n"
                                          "16,256,4096,256,gemmsmith,3," +
                                              name_ +
                                              "\n"
                                              "32,256,4096,256,flydsl,3,flydsl_renamed\n")})
          .value();
};

TEST_F(SelectKernel, ExactRowIsUsedAndNamed) {
  const Selection s = selectKernel({.m = 16, .n = 256, .k = 4096}, tables_).value();
  EXPECT_EQ(kernelName(s.config), name_);
  EXPECT_EQ(s.splits, 3);
  EXPECT_EQ(s.origin, "t.csv:2");
  EXPECT_THAT(s.changes, IsEmpty());
}

TEST_F(SelectKernel, PaddedRowIsUsedAndNamedWithItsM) {
  const Selection s = selectKernel({.m = 3, .n = 256, .k = 4096}, tables_).value();
  EXPECT_EQ(kernelName(s.config), name_);
  EXPECT_EQ(s.origin, "t.csv:2 (row of M=16)");
}

TEST_F(SelectKernel, ShapeInNoTableGoesToThePolicy) {
  const Selection s = selectKernel({.m = 16, .n = 257, .k = 4096}, tables_).value();
  EXPECT_EQ(s.origin, "policy");
  EXPECT_THAT(s.changes, IsEmpty());
}

TEST_F(SelectKernel, RefusedRowIsNotSilentlySkipped) {
  const Selection s = selectKernel({.m = 32, .n = 256, .k = 4096}, tables_).value();
  EXPECT_EQ(s.origin, "policy");
  EXPECT_THAT(s.changes, ElementsAre(HasSubstr("the row t.csv:3 is not used: 'flydsl_renamed'")));
}

TEST_F(SelectKernel, UnalignedOperandsOfATunedShapeTakeTheElementPath) {
  const Selection s = selectKernel({.m = 16, .n = 256, .k = 4096, .lda = 4097}, tables_).value();
  EXPECT_EQ(kernelName(s.config), name_ + "_elem");
  EXPECT_EQ(s.origin, "t.csv:2");
  EXPECT_THAT(s.changes, ElementsAre(HasSubstr("element-aligned path")));
}

TEST_F(SelectKernel, ImpossibleProblemsAreErrors) {
  for (std::int64_t m : {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1} << 62}) {
    const Expected<Selection> s = selectKernel({.m = m, .n = 256, .k = 4096}, tables_);
    ASSERT_FALSE(s);
    EXPECT_THAT(s.error().message, HasSubstr("M is "));
  }
}

} // namespace
} // namespace gemmsmith
