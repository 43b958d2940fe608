// Graphs: prepared launches are captured, others leave the capture as it was.
#include "tests/runtime/library/fixture.h"

namespace gemmsmith {
namespace {

constexpr int kReplays = 1000;

class Capture : public Library {
protected:
  void SetUp() override {
    Library::SetUp();
    stream_ = makeStream();
  }
  void TearDown() override {
    (void)hipGraphExecDestroy(executable_); // null where nothing was captured
    EXPECT_EQ(hipStreamDestroy(stream_), hipSuccess);
    Library::TearDown();
  }

  void begin() { ASSERT_HIP(hipStreamBeginCapture(stream_, hipStreamCaptureModeGlobal)); }
  hipStreamCaptureStatus status() {
    auto status = hipStreamCaptureStatusInvalidated;
    EXPECT_EQ(hipStreamIsCapturing(stream_, &status), hipSuccess);
    return status;
  }
  // Ends the capture; the graph has so many nodes.
  void end(std::size_t nodes) {
    hipGraph_t graph = nullptr;
    ASSERT_HIP(hipStreamEndCapture(stream_, &graph));
    std::size_t count = 0;
    ASSERT_HIP(hipGraphGetNodes(graph, nullptr, &count));
    EXPECT_EQ(count, nodes);
    ASSERT_HIP(hipGraphInstantiate(&executable_, graph, nullptr, nullptr, 0));
    ASSERT_HIP(hipGraphDestroy(graph));
  }

  hipStream_t stream_ = nullptr;
  hipGraphExec_t executable_ = nullptr;
};

TEST_F(Capture, PreparedSplitLaunchesReplayAThousandTimes) {
  const GemmOnDevice small(kSplit), with_bias(kSplitBias);
  ASSERT_GS(prepare(kSplit, {stream_}));
  ASSERT_GS(prepare(kSplitBias, {stream_}));
  const gs_counters before = counters();
  begin();
  ASSERT_GS(launch(small, stream_));
  ASSERT_GS(launch(with_bias, stream_));
  end(2);
  EXPECT_EQ(counters().misses, before.misses);
  EXPECT_EQ(counters().workspace_bytes, before.workspace_bytes);
  // Another stream than the one captured on.
  hipStream_t replay = makeStream();
  for (int i = 0; i < kReplays; ++i)
    ASSERT_HIP(hipGraphLaunch(executable_, replay));
  ASSERT_HIP(hipStreamSynchronize(replay));
  EXPECT_EQ(small.verify(), "");
  EXPECT_EQ(with_bias.verify(), "");
  ASSERT_HIP(hipStreamDestroy(replay));
}

TEST_F(Capture, EveryReplayComputesAnew) {
  GemmOnDevice gemm(kSplit);
  ASSERT_GS(prepare(kSplit, {stream_}));
  begin();
  ASSERT_GS(launch(gemm, stream_));
  end(1);
  for (int i = 0; i < 20; ++i) {
    gemm.spoil();
    ASSERT_HIP(hipGraphLaunch(executable_, stream_));
    ASSERT_EQ(gemm.verify(), "");
  }
}

TEST_F(Capture, AnUnpreparedLaunchSaysSoAndLeavesTheCaptureIntact) {
  const GemmOnDevice ready(kPlain), not_ready(kSplit);
  ASSERT_GS(prepare(kPlain, {stream_}));
  const gs_counters before = counters();
  begin();
  EXPECT_GS(launch(not_ready, stream_), GS_ERROR_NOT_PREPARED);
  EXPECT_TRUE(lastErrorSays({"_splitk is not loaded on device 0", "gs_prepare()"}));
  EXPECT_EQ(status(), hipStreamCaptureStatusActive);
  ASSERT_GS(launch(ready, stream_));
  end(1);
  const gs_counters after = counters();
  EXPECT_EQ(after.loads, before.loads);
  EXPECT_EQ(after.hits[GS_TIER_DIRECTORY], before.hits[GS_TIER_DIRECTORY]);
  EXPECT_EQ(after.workspace_bytes, before.workspace_bytes);
  ASSERT_HIP(hipGraphLaunch(executable_, stream_));
  EXPECT_EQ(ready.verify(), "");
}

TEST_F(Capture, AStreamWithoutWorkspaceIsNotPreparedForSplitLaunches) {
  const GemmOnDevice gemm(kSplit);
  ASSERT_GS(prepare(kSplit)); // for the default stream only
  begin();
  EXPECT_GS(launch(gemm, stream_), GS_ERROR_NOT_PREPARED);
  EXPECT_TRUE(lastErrorSays({"needs a workspace of"}));
  EXPECT_EQ(status(), hipStreamCaptureStatusActive);

  std::size_t bytes = 0;
  const gs_problem problem = gemm.problem();
  ASSERT_GS(gs_workspace_size(context_, &problem, &bytes));
  end(0);

  gs_pointers pointers = gemm.pointers();
  ASSERT_HIP(hipMalloc(&pointers.workspace, bytes));
  ASSERT_HIP(hipMemset(pointers.workspace, 0, bytes));
  ASSERT_HIP(hipDeviceSynchronize());
  pointers.workspace_bytes = bytes;
  ASSERT_HIP(hipGraphExecDestroy(executable_));
  begin();
  ASSERT_GS(gs_gemm(context_, &problem, &pointers, stream_));
  end(1);
  ASSERT_HIP(hipGraphLaunch(executable_, stream_));
  EXPECT_EQ(gemm.verify(), "");
  ASSERT_HIP(hipFree(pointers.workspace));
}

// All that such a launch needs is host memory.
TEST_F(Capture, AnotherProblemOfALoadedKernelIsReady) {
  const Gemm fewer_rows{.m = 3, .n = 128, .k = 256};
  const GemmOnDevice gemm(fewer_rows);
  ASSERT_GS(prepare(kPlain));
  begin();
  ASSERT_GS(launch(gemm, stream_));
  end(1);
  ASSERT_HIP(hipGraphLaunch(executable_, stream_));
  EXPECT_EQ(gemm.verify(), "");
}

TEST_F(Capture, PreparingForACapturingStreamIsRefusedAndLeavesItIntact) {
  begin();
  EXPECT_GS(prepare(kSplit, {stream_}), GS_ERROR_INVALID);
  EXPECT_TRUE(lastErrorSays({"capturing"}));
  EXPECT_EQ(status(), hipStreamCaptureStatusActive);
  end(0);
}

TEST_F(Capture, FirstCallsOnOtherStreamsDoNotDisturbIt) {
  hipStream_t other = makeStream();
  const GemmOnDevice gemm(kSplit);
  begin();
  ASSERT_GS(launch(gemm, other)); // loads and allocates
  EXPECT_EQ(status(), hipStreamCaptureStatusActive);
  end(0);
  EXPECT_EQ(gemm.verify(), "");
  ASSERT_HIP(hipStreamDestroy(other));
}

} // namespace
} // namespace gemmsmith
