// Tuned tables: which row serves a problem, whole tables prepared, tables that change.
#include "tests/runtime/library/fixture.h"
#include "tests/support/temporary_folder.h"

namespace gemmsmith {
namespace {

constexpr const char *kHeader = "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,"
                                "solidx,splitK,us,kernelName\n";

std::string row(const std::string &key, const std::string &splits, const std::string &tile) {
  return "gfx950,256," + key + ",False,torch.bfloat16,torch.bfloat16,False,False,gemmsmith,," +
         splits + ",,gemm_gfx950_bf16_bf16_ring_" + tile + "\n";
}
const std::string kNarrow = kHeader + row("16,128,256", "0", "t16x64x64_s3_w1x2x1");
const std::string kDeep = kHeader + row("16,128,256", "0", "t16x64x128_s3_w1x2x1");
const std::string kMissing = kHeader + row("16,128,256", "0", "t32x64x64_s3_w1x2x1");

struct Lines {
  std::vector<std::string> warnings, infos;
  static void add(void *user, gs_log_level level, const char *message) {
    auto &lines = *static_cast<Lines *>(user);
    (level == GS_LOG_WARNING ? lines.warnings : lines.infos).emplace_back(message);
  }
};

class Tables : public Library {
protected:
  void createWith(const std::string &table) {
    path_ = folder_.write("tuned.csv", table);
    gs_options with_table = options();
    with_table.tables = path_.c_str();
    with_table.log = Lines::add;
    with_table.log_user = &lines_;
    create(with_table);
  }
  void rewrite(const std::string &table) { folder_.write("tuned.csv", table); }
  // The kernel of the last launch that was prepared, as the log tells it.
  bool lastInfoSays(const std::string &word) {
    return !lines_.infos.empty() && lines_.infos.back().find(word) != std::string::npos;
  }

  TemporaryFolder folder_;
  std::string path_;
  Lines lines_;
};

TEST_F(Tables, TheRowOfThePaddedMServes) {
  createWith(kDeep);
  EXPECT_EQ(run({.m = 5, .n = 128, .k = 256}), "");
  EXPECT_TRUE(lastInfoSays("t16x64x128")) << lines_.infos.back();
  EXPECT_TRUE(lastInfoSays("tuned.csv:2 (row of M=16)")) << lines_.infos.back();
}

TEST_F(Tables, ARowThatCannotServeIsAWarningAndCounted) {
  createWith(kNarrow + row("16,64,320", "0", "t17x64x64_s3_w1x2x1"));
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().by_policy, 0u);
  EXPECT_TRUE(lines_.warnings.empty());
  EXPECT_EQ(run(kByPolicy), "");
  EXPECT_EQ(counters().by_policy, 1u);
  ASSERT_EQ(lines_.warnings.size(), 1u);
  EXPECT_NE(lines_.warnings[0].find("tuned.csv:3 is not used"), std::string::npos)
      << lines_.warnings[0];
}

TEST_F(Tables, ATableWithoutARowForTheDeviceIsAWarning) {
  std::string other = kNarrow;
  other.replace(other.find("gfx950,256"), 10, "gfx942,304");
  createWith(other);
  ASSERT_EQ(lines_.warnings.size(), 1u);
  EXPECT_NE(lines_.warnings[0].find("tuned.csv: no row is for gfx950"), std::string::npos);
}

TEST_F(Tables, ReloadServesTheNewKernelWithoutAMiss) {
  createWith(kNarrow);
  const GemmOnDevice gemm(kPlain);
  ASSERT_GS(launch(gemm));
  EXPECT_TRUE(lastInfoSays("t16x64x64"));
  rewrite(kDeep);
  ASSERT_GS(gs_reload_tables(context_));
  EXPECT_TRUE(lastInfoSays("t16x64x128"));
  EXPECT_EQ(counters().table_reloads, 1u);
  EXPECT_EQ(counters().loads, 2u);
  ASSERT_GS(launch(gemm));
  EXPECT_EQ(gemm.verify(), "");
  EXPECT_EQ(counters().misses, 1u);
  ASSERT_GS(gs_reload_tables(context_));
  EXPECT_EQ(counters().table_reloads, 1u);
}

TEST_F(Tables, AMissNoticesTheChange) {
  createWith(kNarrow);
  EXPECT_EQ(run(kPlain), "");
  rewrite(kDeep);
  EXPECT_EQ(run({.m = 7, .n = 128, .k = 256}), "");
  EXPECT_EQ(counters().table_reloads, 1u);
  EXPECT_EQ(counters().loads, 2u);
}

TEST_F(Tables, AThousandLaunchesNoticeTheChange) {
  createWith(kNarrow);
  const GemmOnDevice gemm(kPlain);
  ASSERT_GS(launch(gemm));
  rewrite(kDeep);
  for (int i = 0; i < 1024; ++i)
    ASSERT_GS(launch(gemm));
  EXPECT_EQ(counters().table_reloads, 1u);
  EXPECT_EQ(gemm.verify(), "");
}

TEST_F(Tables, ABrokenTableLeavesTheOldOneAndIsToldOnce) {
  createWith(kNarrow);
  const GemmOnDevice gemm(kPlain);
  ASSERT_GS(launch(gemm));
  rewrite(std::string(kHeader) + "gfx950,256,sixteen\n");
  EXPECT_GS(gs_reload_tables(context_), GS_ERROR_INPUT);
  EXPECT_TRUE(lastErrorSays({"tuned.csv", "the tables stay as they were"}));
  EXPECT_GS(gs_reload_tables(context_), GS_ERROR_INPUT); // whoever asks again is told again
  EXPECT_TRUE(lastErrorSays({"tuned.csv", "the tables stay as they were"}));
  ASSERT_GS(launch(gemm));
  EXPECT_EQ(run({.m = 7, .n = 128, .k = 256}), "");
  EXPECT_TRUE(lastInfoSays("t16x64x64"));
  EXPECT_TRUE(lines_.warnings.empty());
  rewrite(kDeep);
  EXPECT_GS(gs_reload_tables(context_), GS_SUCCESS);
}

TEST_F(Tables, ANewKernelThatCannotBeHadLeavesTheOldOne) {
  createWith(kNarrow);
  const GemmOnDevice gemm(kPlain);
  ASSERT_GS(launch(gemm));
  rewrite(kMissing);
  EXPECT_GS(gs_reload_tables(context_), GS_SUCCESS);
  ASSERT_FALSE(lines_.warnings.empty());
  EXPECT_NE(lines_.warnings.back().find("goes on with"), std::string::npos);
  ASSERT_GS(launch(gemm));
  EXPECT_EQ(gemm.verify(), "");
}

struct Progress {
  std::vector<std::string> kernels;
  std::size_t total = 0;
  static void add(void *user, const gs_progress *progress) {
    auto &seen = *static_cast<Progress *>(user);
    seen.kernels.emplace_back(progress->detail);
    seen.total = progress->total;
    EXPECT_EQ(progress->done, seen.kernels.size());
  }
};

TEST_F(Library, PreparesEveryRowOfTheTables) {
  Progress progress;
  gs_prepare_options prepare_options{};
  prepare_options.size = sizeof prepare_options;
  prepare_options.progress = Progress::add;
  prepare_options.progress_user = &progress;
  ASSERT_GS(gs_prepare_tables(context_, nullptr, &prepare_options));
  EXPECT_EQ(progress.kernels.size(), 7u);
  EXPECT_EQ(progress.total, 7u);
  const gs_counters prepared = counters();
  EXPECT_EQ(prepared.prepared, 7u);
  EXPECT_EQ(prepared.loads, 6u); // two rows have the same kernel
  for (const Gemm &gemm : {kPlain, kSplit, kManyTiles, kSplitBias, kByPolicy})
    EXPECT_EQ(run(gemm), "");
  EXPECT_EQ(counters().misses, 0u);
  EXPECT_EQ(counters().workspace_bytes, prepared.workspace_bytes);
}

TEST_F(Tables, PreparingGoesOnAfterAFailureAndReturnsTheFirst) {
  createWith(kMissing + row("16,192,256", "0", "t16x64x128_s3_w1x2x1") +
             row("16,192,320", "0", "t48x64x64_s3_w1x2x1"));
  EXPECT_GS(gs_prepare_tables(context_, nullptr, nullptr), GS_ERROR_NO_OBJECT);
  EXPECT_TRUE(lastErrorSays({"2 of 3 problems are not prepared", "t32x64x64"}));
  EXPECT_EQ(counters().prepared, 1u);
}

TEST_F(Library, PreparesRowsOfAnotherTable) {
  const TemporaryFolder folder;
  const std::string other =
      folder.write("other.csv", kHeader + row("16,192,256", "0", "t16x64x128_s3_w1x2x1"));
  ASSERT_GS(gs_prepare_tables(context_, other.c_str(), nullptr));
  EXPECT_EQ(counters().prepared, 1u);
  EXPECT_GS(gs_prepare_tables(context_, "/nonexistent.csv", nullptr), GS_ERROR_INPUT);
}

} // namespace
} // namespace gemmsmith
