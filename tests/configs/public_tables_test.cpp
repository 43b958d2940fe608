// The real tables of aiter, read in place: every row is accounted for.
#include "configs/cost_model.h"
#include "configs/row_outcome.h"
#include "configs/table_import.h"
#include "configs/table_set.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;

class PublicTables : public testing::Test {
protected:
  void SetUp() override {
    if (!fs::is_directory(kFolder))
      GTEST_SKIP() << "the public tables are not at " << kFolder;
  }

  static TunedTable read(const std::string &name) {
    Expected<TunedTable> table = readTunedTable((kFolder / name).string());
    EXPECT_TRUE(table) << table.error().str();
    return table.value_or(TunedTable{});
  }

  // Those called *_tuned_gemm.csv, in the order of their names.
  static std::vector<TunedTable> allTuned() {
    std::vector<std::string> names;
    for (const fs::directory_entry &entry : fs::directory_iterator(kFolder))
      if (entry.path().string().ends_with("_tuned_gemm.csv"))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    std::vector<TunedTable> tables;
    for (const std::string &name : names)
      tables.push_back(read(name));
    return tables;
  }

  inline static const fs::path kFolder = GEMMSMITH_PUBLIC_TABLES;
};

constexpr const char *kPullRequest = "qwen3_5_397b_bf16_tuned_gemm.pr3974.csv";

TEST_F(PublicTables, EveryRowIsAccountedForAndEveryFlydslRowIsUsedAsWritten) {
  std::map<std::string, int> counts;
  for (const TunedTable &table : allTuned())
    for (const TunedRow &row : table.rows) {
      const RowOutcome outcome = rowOutcome(row);
      const std::string target = row.key.gfx == "gfx950" ? "gfx950 " + row.libtype : "other";
      ++counts[fmt::format("{}: {}", target, toString(outcome.disposition))];
      EXPECT_EQ(outcome.reasons.empty(), outcome.disposition == Disposition::kUsedAsWritten)
          << row.source;
    }
  EXPECT_THAT(counts, testing::ElementsAre(testing::Pair("gfx950 asm: used with changes", 514),
                                           testing::Pair("gfx950 flydsl: used as written", 983),
                                           testing::Pair("gfx950 opus: used with changes", 76),
                                           testing::Pair("gfx950 skinny: used with changes", 15),
                                           testing::Pair("gfx950 torch: used with changes", 429),
                                           testing::Pair("gfx950 triton: used with changes", 185),
                                           testing::Pair("other: refused", 1136)));
}

TEST_F(PublicTables, TheSeventeenTablesHoldNoShapeTwice) {
  const Expected<TableSet> set = TableSet::merge(allTuned(), OnDuplicate::kRefuse);
  EXPECT_TRUE(set) << set.error().str();
}

TEST_F(PublicTables, SixtyShapesOfThePullRequestHadAnOwnerAlready) {
  const Expected<TableSet> set =
      TableSet::merge({read("dsv4_bf16_tuned_gemm.csv"), read(kPullRequest)});
  ASSERT_TRUE(set);
  EXPECT_EQ(set->duplicates().size(), 60u);
  for (const Duplicate &duplicate : set->duplicates()) {
    const std::string owners = duplicate.winner + " " + duplicate.loser;
    EXPECT_THAT(owners, testing::AllOf(testing::HasSubstr("dsv4_bf16_tuned_gemm.csv:"),
                                       testing::HasSubstr(std::string(kPullRequest) + ":")));
  }
}

TEST_F(PublicTables, PullRequestTableImportsWholeAndReadsBackAsWritten) {
  const TunedTable table = read(kPullRequest);
  ASSERT_EQ(table.rows.size(), 187u);
  const Expected<ImportedTable> imported = importTable(table);
  ASSERT_TRUE(imported) << imported.error().str();
  EXPECT_EQ(imported->rows, 187u);
  const Expected<CsvDocument> csv = parseCsv(imported->csv, "imported.csv");
  ASSERT_TRUE(csv);
  const Expected<TunedTable> again = tunedTableFromCsv(*csv);
  ASSERT_TRUE(again);
  for (const TunedRow &row : again->rows)
    EXPECT_EQ(rowOutcome(row).disposition, Disposition::kUsedAsWritten) << row.source;
}

TEST_F(PublicTables, OwnQwenTableIsWhatTheImportMakes) {
  const Expected<ImportedTable> imported = importTable(read(kPullRequest));
  std::ifstream file(fs::path(GEMMSMITH_OWN_TABLES) / "qwen3_5_397b_tp2_tuned_gemm.csv");
  const std::string ours{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(imported->csv == ours) << "remake it as configs/tables/README.md says";
}

TEST_F(PublicTables, ListsOfShapesAreReadAndServed) {
  int rows = 0;
  for (const fs::directory_entry &entry : fs::directory_iterator(kFolder)) {
    if (!entry.path().string().ends_with("untuned_gemm.csv"))
      continue;
    const TunedTable list = read(entry.path().filename().string());
    for (const TunedRow &row : list.rows)
      if (row.key.dtype == "torch.bfloat16" && !row.key.b_preshuffled && !row.key.scale_ab) {
        EXPECT_NE(rowOutcome(row).disposition, Disposition::kRefused) << row.source;
        ++rows;
      }
  }
  EXPECT_GT(rows, 1000);
}

// How far the policy's cost model can be trusted to rank.
TEST_F(PublicTables, CostModelFollowsTheMeasurements) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (const TunedTable &table : allTuned())
    for (const TunedRow &row : table.rows) {
      const bool has_tile =
          row.libtype == "flydsl" || row.libtype == "asm" || row.libtype == "opus";
      if (row.key.gfx != "gfx950" || !has_tile || !row.us)
        continue;
      const RowOutcome outcome = rowOutcome(row);
      const double estimate = std::log(
          estimateMicroseconds(outcome.config, problemOf(row.key).value(), outcome.splits));
      const double measured = std::log(*row.us);
      n += 1, x += estimate, y += measured;
      xx += estimate * estimate, yy += measured * measured, xy += estimate * measured;
    }
  EXPECT_EQ(n, 1573);
  const double correlation = (xy - x * y / n) / std::sqrt((xx - x * x / n) * (yy - y * y / n));
  EXPECT_GT(correlation, 0.99);
}

} // namespace
} // namespace gemmsmith
