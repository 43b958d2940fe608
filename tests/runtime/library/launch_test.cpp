// Problems through the whole library: right results, and what was done for them.
#include "tests/runtime/library/fixture.h"

namespace gemmsmith {
namespace {

TEST_F(Library, FirstCallLoadsAndFurtherOnesOnlyLaunch) {
  const GemmOnDevice gemm(kPlain);
  ASSERT_GS(launch(gemm));
  EXPECT_EQ(gemm.verify(), "");
  const gs_counters first = counters();
  EXPECT_EQ(first.launches, 1u);
  EXPECT_EQ(first.misses, 1u);
  EXPECT_EQ(first.prepared, 1u);
  EXPECT_EQ(first.hits[GS_TIER_DIRECTORY], 1u);
  EXPECT_EQ(first.loads, 1u);
  EXPECT_GT(first.load_ns, 0u);
  EXPECT_EQ(first.workspace_bytes, 0u);

  for (int i = 0; i < 5; ++i)
    ASSERT_GS(launch(gemm));
  EXPECT_EQ(gemm.verify(), "");
  const gs_counters later = counters();
  EXPECT_EQ(later.launches, 6u);
  EXPECT_EQ(later.misses, 1u);
  EXPECT_EQ(later.loads, 1u);
}

TEST_F(Library, ServesTailsOfAllThreeDimensions) {
  EXPECT_EQ(run({.m = 13, .n = 128, .k = 256}), ""); // by the row of M=16
  EXPECT_EQ(run({.m = 16, .n = 128, .k = 250}), "");
  EXPECT_EQ(counters().loads, 2u);
}

TEST_F(Library, ServesUnalignedPointersByTheElementPath) {
  Gemm gemm = kPlain;
  gemm.offset = 2;
  EXPECT_EQ(run(gemm), "");
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().prepared, 2u);
}

TEST_F(Library, ServesLeadingStrides) {
  Gemm gemm = kPlain;
  gemm.lda = 264;
  gemm.ldb = 320;
  gemm.ldc = 133;
  EXPECT_EQ(run(gemm), "");
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(counters().loads, 1u); // strides are arguments
}

TEST_F(Library, DenseStridesInFullAreTheSameProblem) {
  EXPECT_EQ(run(kPlain), "");
  EXPECT_EQ(run({.m = 16, .n = 128, .k = 256, .lda = 256, .ldb = 256, .ldc = 128}), "");
  EXPECT_EQ(counters().prepared, 1u);
}

TEST_F(Library, SplitKAddsBiasAndWritesFloats) {
  EXPECT_EQ(run(kSplitBias), "");
  EXPECT_GT(counters().workspace_bytes, 0u);
}

// The counters of one launch lie where another has its partial tiles, unless the library sees to
// it.
TEST_F(Library, OneWorkspaceServesLaunchesOfDifferentTileCounts) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(run(kSplit), "");
    EXPECT_EQ(run(kManyTiles), "");
    EXPECT_EQ(run(kSplitBias), "");
  }
}

TEST_F(Library, StreamsHaveWorkspacesOfTheirOwn) {
  hipStream_t first = makeStream(), second = makeStream();
  EXPECT_EQ(run(kSplit, first), "");
  const std::uint64_t one = counters().workspace_bytes;
  EXPECT_EQ(run(kSplit, first), "");
  EXPECT_EQ(counters().workspace_bytes, one);
  EXPECT_EQ(run(kSplit, second), "");
  EXPECT_EQ(counters().workspace_bytes, 2 * one);

  EXPECT_GS(gs_release_stream(context_, first), GS_SUCCESS);
  EXPECT_EQ(counters().workspace_bytes, one);
  EXPECT_EQ(run(kSplit, first), "");
  ASSERT_HIP(hipStreamDestroy(first));
  ASSERT_HIP(hipStreamDestroy(second));
}

TEST_F(Library, UsesTheCallersWorkspace) {
  const GemmOnDevice gemm(kSplit);
  const gs_problem problem = gemm.problem();
  std::size_t bytes = 0;
  ASSERT_GS(gs_workspace_size(context_, &problem, &bytes));
  ASSERT_GT(bytes, std::size_t{GS_WORKSPACE_ZERO_BYTES});
  gs_pointers pointers = gemm.pointers();
  ASSERT_HIP(hipMalloc(&pointers.workspace, bytes));
  ASSERT_HIP(hipMemset(pointers.workspace, 0, GS_WORKSPACE_ZERO_BYTES));
  pointers.workspace_bytes = bytes;
  for (int i = 0; i < 3; ++i)
    ASSERT_GS(gs_gemm(context_, &problem, &pointers, nullptr));
  EXPECT_EQ(gemm.verify(), "");
  EXPECT_EQ(counters().workspace_bytes, 0u);

  pointers.workspace_bytes = bytes - 1;
  EXPECT_GS(gs_gemm(context_, &problem, &pointers, nullptr), GS_ERROR_INVALID);
  EXPECT_TRUE(lastErrorSays({"workspace", std::to_string(bytes)}));
  ASSERT_HIP(hipFree(pointers.workspace));
}

TEST_F(Library, WorkspaceSizeNeedsNoDeviceAndIsZeroWithoutSplit) {
  const gs_problem problem = problemOf(kPlain);
  std::size_t bytes = 1;
  ASSERT_GS(gs_workspace_size(context_, &problem, &bytes));
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(counters().loads, 0u);
}

TEST_F(Library, PrepareDoesEverythingButTheLaunch) {
  ASSERT_GS(prepare(kSplit));
  const gs_counters prepared = counters();
  EXPECT_EQ(prepared.loads, 1u);
  EXPECT_EQ(prepared.launches, 0u);
  EXPECT_GT(prepared.workspace_bytes, 0u);
  EXPECT_EQ(run(kSplit), "");
  EXPECT_EQ(counters().misses, 0u);
  EXPECT_EQ(counters().workspace_bytes, prepared.workspace_bytes);
}

} // namespace
} // namespace gemmsmith
