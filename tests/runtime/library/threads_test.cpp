// Many threads, several devices, one context.
#include "tests/runtime/library/fixture.h"
#include "tests/support/temporary_folder.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace gemmsmith {
namespace {

constexpr int kThreads = 8;
constexpr int kDevices = 2;

// What went wrong in a thread; empty if nothing did.
using Reports = std::vector<std::string>;

TEST_F(Library, EightThreadsOnTwoDevicesShareAContext) {
  constexpr int kRounds = 4;
  Reports reports(kThreads);
  const auto work = [&](int index) {
    std::string &report = reports[static_cast<std::size_t>(index)];
    if (hipSetDevice(index % kDevices) != hipSuccess)
      report = "hipSetDevice failed";
    hipStream_t stream = makeStream();
    for (int round = 0; round < kRounds && report.empty(); ++round)
      for (const Gemm &gemm : {kPlain, kSplit, kSplitBias}) {
        Gemm mine = gemm;
        mine.m = gemm.m - (index + round) % 4; // rows of one table row, problems of their own
        mine.seed = static_cast<std::uint64_t>(kThreads * round + index + 1);
        const std::string wrong = run(mine, stream);
        if (report.empty())
          report = wrong;
      }
    if (hipStreamDestroy(stream) != hipSuccess && report.empty())
      report = "hipStreamDestroy failed";
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back(work, i);
  threads.clear();
  for (const std::string &report : reports)
    EXPECT_EQ(report, "");
  const gs_counters all = counters();
  EXPECT_EQ(all.launches, std::uint64_t{kThreads * kRounds * 3});
  EXPECT_EQ(all.hits[GS_TIER_DIRECTORY], 3u);        // each kernel obtained once,
  EXPECT_EQ(all.loads, std::uint64_t{3 * kDevices}); // and loaded once per device
}

// Launches, first calls and reloads at the same time; which of two kernels serves does not matter.
TEST_F(Library, TablesChangeWhileThreadsLaunch) {
  constexpr int kReloads = 10;
  const TemporaryFolder folder;
  const std::string first = bytesOf(kTable);
  std::string second = first;
  const std::string narrow = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1,";
  second.replace(second.find(narrow), narrow.size(),
                 "gemm_gfx950_bf16_bf16_ring_t16x64x128_s3_w1x2x1,");
  const std::string path = folder.write("tuned.csv", first);
  gs_options with_table = options();
  with_table.tables = path.c_str();
  create(with_table);

  std::atomic<bool> stop{false};
  Reports reports(4);
  const auto work = [&](std::string &report, int index) {
    hipStream_t stream = makeStream();
    for (int m = 16; !stop && report.empty(); m = m > 1 ? m - 1 : 16) {
      Gemm gemm = kPlain;
      gemm.m = m;
      gemm.seed = static_cast<std::uint64_t>(index + 1);
      report = run(gemm, stream);
    }
    (void)hipStreamDestroy(stream);
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(work, std::ref(reports[static_cast<std::size_t>(i)]), i);
  for (int i = 0; i < kReloads; ++i) {
    folder.write("tuned.csv", i % 2 ? first : second);
    EXPECT_GS(gs_reload_tables(context_), GS_SUCCESS);
    EXPECT_EQ(run(kPlain), "");
  }
  stop = true;
  threads.clear();
  for (const std::string &report : reports)
    EXPECT_EQ(report, "");
  EXPECT_EQ(counters().table_reloads, std::uint64_t{kReloads});
}

// hipStreamPerThread is one handle and many streams.
TEST_F(Library, PerThreadStreamsHaveWorkspacesOfTheirOwn) {
  EXPECT_EQ(run(kSplit, hipStreamPerThread), "");
  const std::uint64_t one = counters().workspace_bytes;
  std::string report;
  std::jthread([&] { report = run(kSplit, hipStreamPerThread); }).join();
  EXPECT_EQ(report, "");
  EXPECT_EQ(counters().workspace_bytes, 2 * one);
  EXPECT_EQ(run(kSplit, hipStreamPerThread), "");
  EXPECT_EQ(counters().workspace_bytes, 2 * one);
}

TEST_F(Library, ErrorsBelongToTheThread) {
  EXPECT_GS(gs_gemm(nullptr, nullptr, nullptr, nullptr), GS_ERROR_INVALID);
  std::string other = "unset";
  std::jthread([&] { other = gs_last_error(); }).join();
  EXPECT_EQ(other, "");
  EXPECT_STREQ(gs_last_error(), "context must not be null");
}

} // namespace
} // namespace gemmsmith
