#include "configs/table_import.h"

#include "configs/row_outcome.h"
#include "tests/configs/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

TEST(TableImport, MeasurementsAreEmptiedAndOtherColumnsKept) {
  const TunedTable table = tableFrom(
      "t.csv",
      "cu_num,M,N,K,libtype,splitK,us,kernelName,note\n"
      "256,16,64,4096,asm,2,9.5,_ZN5aiter39bf16gemm_fp32bf16_tn_32x64_splitk_cleanE,\"a,b\"\n");
  const Expected<ImportedTable> imported = importTable(table);
  ASSERT_TRUE(imported) << imported.error().str();
  EXPECT_EQ(imported->csv,
            "cu_num,M,N,K,libtype,splitK,us,kernelName,note,gfx,bias,dtype,outdtype,scaleAB,"
            "bpreshuffle,solidx,err_ratio,tflops,bw\n"
            "256,16,64,4096,gemmsmith,2,,gemm_gfx950_bf16_bf16_ring_t32x64x64_s6_w2x2x1_splitk,"
            "\"a,b\",gfx950,False,torch.bfloat16,torch.bfloat16,False,False,,,,\n");
}

TEST(TableImport, ImportedRowsAreUsedAsWrittenAndImportToThemselves) {
  const TunedTable table = tableFrom("t.csv", "M,N,K\n1,64,4096\n300,7000,333\n");
  const std::string csv = importTable(table)->csv;
  const TunedTable again = tableFrom("again.csv", csv);
  for (const TunedRow &row : again.rows)
    EXPECT_EQ(rowOutcome(row).disposition, Disposition::kUsedAsWritten);
  EXPECT_EQ(importTable(again)->csv, csv);
}

TEST(TableImport, RowsOfOtherTargetsAreLeftOutAndCounted) {
  const Expected<ImportedTable> imported = importTable(
      tableFrom("t.csv", "cu_num,M,N,K,libtype\n80,1,64,64,torch\n256,1,64,64,torch\n"));
  EXPECT_EQ(imported->rows, 1u);
  EXPECT_EQ(imported->skipped, 1u);
}

TEST(TableImport, RefusedRowFailsTheImportAndIsNamed) {
  const Expected<ImportedTable> imported = importTable(
      tableFrom("t.csv", "cu_num,M,N,K,libtype,kernelName\n256,1,64,64,flydsl,renamed\n"));
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().where, "t.csv:2");
}

} // namespace
} // namespace gemmsmith
