#include "configs/table_set.h"

#include "tests/configs/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

// M, N and us of each row, all gfx950 with K = 64.
TunedTable table(const std::string &path, const std::string &rows) {
  return tableFrom(path, "M,N,us,K,cu_num\n" + rows);
}

RowKey key(std::int64_t m, std::int64_t n) {
  return keyOf({.m = m, .n = n, .k = 64});
}

std::string found(const TableSet &set, std::int64_t m, std::int64_t n) {
  const auto match = set.find(key(m, n));
  return match ? match->row->source + " as M=" + std::to_string(match->m) : "nothing";
}

TEST(PaddedM, FollowsTheFourSteps) {
  EXPECT_EQ(paddedM(1), 16);
  EXPECT_EQ(paddedM(16), 16);
  EXPECT_EQ(paddedM(255), 256);
  EXPECT_EQ(paddedM(257), 288);
  EXPECT_EQ(paddedM(1024), 1024);
  EXPECT_EQ(paddedM(1025), 1088);
  EXPECT_EQ(paddedM(4097), 4224);
}

TEST(CoarselyPaddedM, IsTheNextPowerOfTwoOr8192) {
  EXPECT_EQ(coarselyPaddedM(3, 64), 4);
  EXPECT_EQ(coarselyPaddedM(4, 64), 4);
  EXPECT_EQ(coarselyPaddedM(8193, 4096), 16384);
  EXPECT_EQ(coarselyPaddedM(8193, 4097), 8192);
  EXPECT_EQ(coarselyPaddedM(8192, 4097), 8192);
}

TEST(TableSet, Tries3Then16Then4) {
  const auto find3 = [](const std::string &rows) {
    return found(*TableSet::merge({table("t", rows)}), 3, 64);
  };
  EXPECT_EQ(find3("4,64,1,64,256\n16,64,1,64,256\n3,64,1,64,256\n"), "t:4 as M=3");
  EXPECT_EQ(find3("4,64,1,64,256\n16,64,1,64,256\n"), "t:3 as M=16");
  EXPECT_EQ(find3("4,64,1,64,256\n"), "t:2 as M=4");
  EXPECT_EQ(find3("8,64,1,64,256\n"), "nothing");
}

TEST(TableSet, EveryFieldOfTheKeyCounts) {
  const Expected<TableSet> set = TableSet::merge({table("t", "16,64,1,64,256\n")});
  EXPECT_TRUE(set->find(key(16, 64)));
  for (auto change :
       {+[](RowKey &k) { k.gfx = "gfx942"; }, +[](RowKey &k) { k.cu_num = 80; },
        +[](RowKey &k) { k.n = 65; }, +[](RowKey &k) { k.k = 65; },
        +[](RowKey &k) { k.bias = true; }, +[](RowKey &k) { k.dtype = "torch.float16"; },
        +[](RowKey &k) { k.outdtype = "torch.float32"; }, +[](RowKey &k) { k.scale_ab = true; },
        +[](RowKey &k) { k.b_preshuffled = true; }}) {
    RowKey other = key(16, 64);
    change(other);
    EXPECT_FALSE(set->find(other)) << toString(other);
  }
}

TEST(TableSet, FasterOwnerWinsWhateverTheOrder) {
  const TunedTable slow = table("slow", "16,64,9,64,256\n");
  const TunedTable fast = table("fast", "16,64,1,64,256\n");
  for (const auto &tables : {std::vector{slow, fast}, std::vector{fast, slow}}) {
    const Expected<TableSet> set = TableSet::merge(tables);
    EXPECT_EQ(found(*set, 16, 64), "fast:2 as M=16");
    ASSERT_EQ(set->duplicates().size(), 1u);
    EXPECT_EQ(set->duplicates()[0].winner, "fast:2");
    EXPECT_EQ(set->duplicates()[0].loser, "slow:2");
  }
}

TEST(TableSet, EqualTimesGoToTheEarlierOwnerAndUnmeasuredOnesLose) {
  EXPECT_EQ(
      found(*TableSet::merge({table("a", "16,64,5,64,256\n"), table("b", "16,64,5,64,256\n")}), 16,
            64),
      "a:2 as M=16");
  EXPECT_EQ(found(*TableSet::merge({table("a", "16,64,,64,256\n"), table("b", "16,64,5,64,256\n")}),
                  16, 64),
            "b:2 as M=16");
  EXPECT_EQ(found(*TableSet::merge({table("a", "16,64,,64,256\n"), table("b", "16,64,,64,256\n")}),
                  16, 64),
            "a:2 as M=16");
}

TEST(TableSet, EveryLoserOfAShapeNamesTheFinalWinner) {
  const Expected<TableSet> set = TableSet::merge(
      {table("a", "16,64,3,64,256\n16,64,2,64,256\n"), table("b", "16,64,1,64,256\n")});
  ASSERT_EQ(set->duplicates().size(), 2u);
  for (const Duplicate &duplicate : set->duplicates())
    EXPECT_EQ(duplicate.winner, "b:2");
}

TEST(TableSet, StrictMergeRefusesAndNamesBothOwners) {
  const Expected<TableSet> set = TableSet::merge(
      {table("a", "16,64,3,64,256\n"), table("b", "16,64,1,64,256\n")}, OnDuplicate::kRefuse);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message,
              testing::AllOf(testing::HasSubstr("a:2"), testing::HasSubstr("b:2")));
}

TEST(TableSet, EmptySetKnowsNothing) {
  EXPECT_EQ(found(TableSet(), 16, 64), "nothing");
}

} // namespace
} // namespace gemmsmith
