// The verifier against kernels of known merit: good ones pass, each planted fault is caught and
// named.

#include "tools/verify/kernel_run.h"

#include "tests/verify/stand_in.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gemmsmith::verify {
namespace {

using testing::HasSubstr;

class KernelRun : public testing::Test {
protected:
  // 3 x 2 tiles of 16 x 64 with tails, K of no particular size, rows of C apart.
  static GemmCase testCase(const KernelConfig &config, Inputs inputs, int splits = 1) {
    GemmCase test;
    test.config = config;
    test.splits = splits;
    test.inputs = inputs;
    test.problem.m = 37;
    test.problem.n = 101;
    test.problem.k = 75;
    test.problem.lda = 80;
    test.problem.ldc = 105;
    test.problem.out_type = config.out_type;
    test.problem.bias = config.bias;
    return test;
  }

  CaseResult run(const StandIn &kernel, const GemmCase &test) {
    const Expected<CaseResult> result = runCase(device_, kernel.code_object, test);
    EXPECT_TRUE(result) << result.error().str();
    return result.value_or(CaseResult{});
  }

  CaseResult run(const StandIn &kernel, Inputs inputs, int splits = 1) {
    return run(kernel, testCase(kernel.config, inputs, splits));
  }

  emulator::Device device_;
};

TEST_F(KernelRun, GoodKernelsPassOnAllInputs) {
  const StandIn kernels[] = {loadStandIn("plain", ""), loadStandIn("bias", "bias"),
                             loadStandIn("fp32", "bias", DataType::kF32)};
  for (const StandIn &kernel : kernels)
    for (const Inputs inputs : {Inputs::kExactIntegers, Inputs::kNormal, Inputs::kSpecial}) {
      const CaseResult result = run(kernel, inputs);
      EXPECT_EQ(result.failure(), "") << toString(inputs);
      EXPECT_EQ(result.comparison.elements, 37u * 101u);
      EXPECT_EQ(result.tiles, 6);
      EXPECT_EQ(result.comparison.errorRatio(), 0);
      EXPECT_GT(result.statistics.wave_instructions, 0u);
    }
}

TEST_F(KernelRun, GoodSplitKernelsPass) {
  for (const int splits : {1, 3, 5}) {
    EXPECT_EQ(run(loadStandIn("split", "splitk_bias"), Inputs::kExactIntegers, splits).failure(),
              "");
    EXPECT_EQ(
        run(loadStandIn("split_fp32", "splitk", DataType::kF32), Inputs::kNormal, splits).failure(),
        "");
  }
}

TEST_F(KernelRun, MisalignedOperandsAreUploadedMisaligned) {
  const StandIn kernel = loadStandIn("plain", "");
  GemmCase test = testCase(kernel.config, Inputs::kExactIntegers);
  test.problem.pointer_alignment = 2;
  EXPECT_EQ(run(kernel, test).failure(), "");
}

TEST_F(KernelRun, SampledTilesAreFoundByWhatWasWritten) {
  const StandIn kernel = loadStandIn("split", "splitk_bias");
  GemmCase test = testCase(kernel.config, Inputs::kExactIntegers, 2);
  test.sampled_tiles = 3;
  const CaseResult result = run(kernel, test);
  EXPECT_EQ(result.failure(), "");
  EXPECT_EQ(result.tiles, 3);
  EXPECT_EQ(result.tiles_written, 3);
  EXPECT_LT(result.comparison.elements, 3u * 16 * 64);
}

TEST_F(KernelRun, OffByOneColumnIsCaught) {
  const CaseResult result = run(loadStandIn("next_column", ""), Inputs::kExactIntegers);
  EXPECT_GT(result.comparison.mismatches, 3000u);
  EXPECT_THAT(result.failure(), HasSubstr("elements are wrong: C[0, 0] is"));
}

TEST_F(KernelRun, MissingBiasIsCaught) {
  EXPECT_GT(run(loadStandIn("no_bias", "bias"), Inputs::kExactIntegers).comparison.mismatches, 0u);
  EXPECT_GT(run(loadStandIn("no_bias", "bias"), Inputs::kNormal).comparison.mismatches, 0u);
}

TEST_F(KernelRun, LostFp32AccumulationIsCaughtByTheBound) {
  const CaseResult result =
      run(loadStandIn("bf16_accumulation", "bias", DataType::kF32), Inputs::kNormal);
  EXPECT_GT(result.comparison.mismatches, 3000u);
  EXPECT_GT(result.comparison.worst_error, 10);
}

TEST_F(KernelRun, OneUnwrittenElementIsCaught) {
  const CaseResult result = run(loadStandIn("unwritten", ""), Inputs::kExactIntegers);
  EXPECT_EQ(result.unwritten, 1u);
  EXPECT_THAT(result.failure(), HasSubstr("1 elements of C were not written"));
}

TEST_F(KernelRun, WrittenPaddingIsCaught) {
  const CaseResult result = run(loadStandIn("padding", ""), Inputs::kExactIntegers);
  EXPECT_EQ(result.comparison.mismatches, 0u);
  EXPECT_EQ(result.stray_bytes, 36u * 2);
}

TEST_F(KernelRun, WriteBehindTheOutputIsAFault) {
  EXPECT_NE(run(loadStandIn("out_of_bounds", ""), Inputs::kExactIntegers).fault, "");
}

TEST_F(KernelRun, CountersThatAreNotResetAreCaught) {
  const CaseResult result =
      run(loadStandIn("counter_left", "splitk_bias"), Inputs::kExactIntegers, 3);
  EXPECT_EQ(result.counters_left, 6u);
  EXPECT_FALSE(result.passed());
}

TEST_F(KernelRun, SumInOrderOfArrivalIsCaught) {
  const CaseResult result =
      run(loadStandIn("order_of_arrival", "splitk", DataType::kF32), Inputs::kNormal, 5);
  EXPECT_EQ(result.comparison.mismatches, 0u); // each run alone is within the bound
  EXPECT_GT(result.differing, 0u);
  EXPECT_THAT(result.failure(), HasSubstr("differ between two runs"));
}

TEST_F(KernelRun, ProblemsThatTheKernelCannotServeAreErrors) {
  const StandIn kernel = loadStandIn("plain", "");
  GemmCase test = testCase(kernel.config, Inputs::kExactIntegers);
  test.problem.bias = true;
  const Expected<CaseResult> result = runCase(device_, kernel.code_object, test);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kIllegal);
}

TEST_F(KernelRun, BytesThatAreNoCodeObjectAreAnError) {
  const StandIn kernel = loadStandIn("plain", "");
  const std::vector<std::byte> garbage(1000, std::byte{7});
  EXPECT_FALSE(runCase(device_, garbage, testCase(kernel.config, Inputs::kExactIntegers)));
}

} // namespace
} // namespace gemmsmith::verify
