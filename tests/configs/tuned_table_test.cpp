#include "configs/tuned_table.h"

#include "tests/configs/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

using testing::HasSubstr;

std::string errorOf(const std::string &text) {
  const auto table = parseCsv(text, "t.csv").and_then([](CsvDocument &&d) {
    return tunedTableFromCsv(std::move(d));
  });
  return table ? "accepted" : table.error().str();
}

TEST(TunedTable, EveryColumnIsRead) {
  const TunedTable table =
      tableFrom("t.csv", std::string(kTunedHeader) +
                             "gfx950,256,16,64,4096,True,torch.bfloat16,torch.float32,"
                             "False,TRUE,ASM,7,3,12.5,name,0.0,1,2\n");
  const TunedRow &row = table.rows.at(0);
  EXPECT_EQ(row.key, (RowKey{"gfx950", 256, 16, 64, 4096, true, "torch.bfloat16", "torch.float32",
                             false, true}));
  EXPECT_EQ(row.libtype, "asm");
  EXPECT_EQ(row.splits, 3);
  EXPECT_EQ(row.us, 12.5);
  EXPECT_EQ(row.kernel_name, "name");
  EXPECT_EQ(row.source, "t.csv:2");
}

TEST(TunedTable, ColumnsAreFoundByNameInAnyOrder) {
  const TunedTable table = tableFrom("t.csv", "K,note,cu_num,N,M\n3,x,256,2,1\n");
  EXPECT_EQ(table.rows.at(0).key.m, 1);
  EXPECT_EQ(table.rows.at(0).key.k, 3);
}

TEST(TunedTable, MissingGfxFollowsFromTheNumberOfCus) {
  const TunedTable table =
      tableFrom("t.csv", "cu_num,M,N,K,libtype\n256,1,2,3,asm\n80,1,2,3,asm\n304,1,2,3,asm\n");
  EXPECT_EQ(table.rows[0].key.gfx, "gfx950");
  EXPECT_EQ(table.rows[1].key.gfx, "gfx942");
  EXPECT_EQ(table.rows[2].key.gfx, "gfx942");
}

TEST(TunedTable, TargetIsNeverGuessed) {
  EXPECT_EQ(errorOf("cu_num,M,N,K,libtype\n64,1,2,3,asm\n"),
            "t.csv:2: column gfx: is missing, and 64 compute units do not tell which processor it "
            "is");
  EXPECT_THAT(errorOf("M,N,K,libtype\n1,2,3,asm\n"), HasSubstr("the table must say"));
  EXPECT_THAT(errorOf("gfx,M,N,K\ngfx942,1,2,3\n"), HasSubstr("'gfx942' does not tell it"));
}

TEST(TunedTable, ListOfShapesIsTakenForGfx950) {
  const TunedTable table = tableFrom(
      "t.csv", "M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle\n1,2,3,FALSE,torch.bfloat16,"
               "torch.float32,FALSE,FALSE\n");
  EXPECT_EQ(table.rows.at(0).key, (RowKey{"gfx950", 256, 1, 2, 3, false, "torch.bfloat16",
                                          "torch.float32", false, false}));
  EXPECT_EQ(table.rows.at(0).libtype, "");
}

TEST(TunedTable, OutputTypeDefaultsToTheInputType) {
  EXPECT_EQ(tableFrom("t.csv", "M,N,K,dtype\n1,2,3,torch.float16\n").rows.at(0).key.outdtype,
            "torch.float16");
}

TEST(TunedTable, BooleansComeInThreeSpellings) {
  const TunedTable table = tableFrom("t.csv", "M,N,K,bias\n1,2,3,TRUE\n1,2,3,True\n1,2,3,true\n");
  for (const TunedRow &row : table.rows)
    EXPECT_TRUE(row.key.bias);
  EXPECT_EQ(errorOf("M,N,K,bias\n1,2,3,yes\n"),
            "t.csv:2: column bias (4): 'yes' is neither True nor False");
}

TEST(TunedTable, NumbersOutOfRangeAreNamedWithTheirColumn) {
  EXPECT_EQ(errorOf("M,N,K\n1,0,3\n"),
            "t.csv:2: column N (2): '0' is not a whole number from 1 to 2147483647");
  EXPECT_THAT(errorOf("M,N,K\n1,2,2147483648\n"), HasSubstr("column K (3)"));
  EXPECT_THAT(errorOf("M,N,K\n1.5,2,3\n"), HasSubstr("column M (1)"));
  EXPECT_EQ(errorOf("M,N,K\n,2,3\n"), "t.csv:2: column M (1): a number is missing");
}

TEST(TunedTable, DurationsThatWereNotMeasuredAreMissing) {
  const TunedTable table =
      tableFrom("t.csv", "M,N,K,us\n1,2,3,\n1,2,3,inf\n1,2,3,nan\n1,2,3,-1\n1,2,3,0.5\n");
  for (int i = 0; i < 4; ++i)
    EXPECT_FALSE(table.rows[i].us) << i;
  EXPECT_EQ(table.rows[4].us, 0.5);
  EXPECT_THAT(errorOf("M,N,K,us\n1,2,3,fast\n"), HasSubstr("'fast' is not a number"));
}

TEST(TunedTable, WrongFileIsOneSentence) {
  EXPECT_EQ(errorOf("name,age\nx,1\n"),
            "t.csv: no column is called M: the first line must be the header of a GEMM table "
            "(M,N,K,...)");
}

TEST(TunedTable, KeyOfAProblemIsTheKeyOfItsRow) {
  const Problem p{.m = 1, .n = 2, .k = 3, .out_type = DataType::kF32, .bias = true};
  EXPECT_EQ(problemOf(keyOf(p)), p);
}

} // namespace
} // namespace gemmsmith
