// `gemmsmith plan` and `gemmsmith inspect` as programs.

#include "tests/tools/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gemmsmith {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char *kSplitBias = "gemm_gfx950_bf16_bf16_ring_t16x64x128_s3_w1x1x2_splitk_bias";

TEST(Plan, JsonIsEnoughToLaunchFrom) {
  const ProgramResult result =
      runProgram({GEMMSMITH, "plan", "--config", kSplitBias, "--m", "17", "--n", "70", "--k", "512",
                  "--lda", "520", "--splits", "3", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json plan = json::parse(result.out);
  EXPECT_EQ(plan["kernel"], kSplitBias);
  EXPECT_EQ(plan["object"], std::string(kSplitBias) + ".co");
  EXPECT_EQ(plan["grid"], json::array({4, 3, 1}));
  EXPECT_EQ(plan["block"], json::array({128, 1, 1}));
  EXPECT_EQ(plan["splits"], 3);
  // 2 x 2 tiles: counters padded to 256 bytes, then 3 fp32 partials of each.
  EXPECT_EQ(plan["workspace_zero_bytes"], 256);
  EXPECT_EQ(plan["workspace_bytes"], 256 + 3 * 4 * 16 * 64 * 4);
  std::map<std::string, json> arguments;
  int end = 0;
  for (const json &argument : plan["arguments"]) {
    EXPECT_GE(argument["offset"].get<int>(), end);
    end = argument["offset"].get<int>() + argument["size"].get<int>();
    arguments[argument["name"]] = argument;
  }
  EXPECT_LE(end, plan["kernarg_bytes"].get<int>());
  EXPECT_EQ(arguments["a"]["kind"], "global_buffer");
  EXPECT_EQ(arguments["a"]["bytes"], (16 * 520 + 512) * 2);
  EXPECT_EQ(arguments["c"]["access"], "write");
  EXPECT_EQ(arguments["bias"]["bytes"], 70 * 2);
  EXPECT_EQ(arguments["m"]["value"], 17);
  EXPECT_EQ(arguments["lda"]["value"], 520);
  EXPECT_EQ(arguments["ldc"]["value"], 70);
  EXPECT_EQ(arguments["splits"]["value"], 3);
}

TEST(Plan, WithoutTablesThePolicyChooses) {
  const ProgramResult result = runProgram({GEMMSMITH, "plan", "--m", "100", "--n", "4096", "--k",
                                           "4096", "--out-dtype", "f32", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json plan = json::parse(result.out);
  EXPECT_EQ(plan["origin"], "policy");
  EXPECT_EQ(plan["problem"]["out_dtype"], "f32");
}

TEST(Plan, TextNamesTheKernel) {
  const ProgramResult result = runProgram(
      {GEMMSMITH, "plan", "--config", kSplitBias, "--m", "1", "--n", "64", "--k", "128"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(kSplitBias));
}

TEST(Plan, IncompleteOrImpossibleRequestsSayWhy) {
  EXPECT_EQ(runProgram({GEMMSMITH, "plan", "--m", "1"}).exit_code, 2);
  EXPECT_EQ(runProgram({GEMMSMITH, "plan", "--m", "0", "--n", "1", "--k", "1"}).exit_code, 2);
  const ProgramResult illegal =
      runProgram({GEMMSMITH, "plan", "--m", "1", "--n", "64", "--k", "64", "--config",
                  "gemm_gfx950_bf16_bf16_ring_t16x64x64_s1_w1x1x1"});
  EXPECT_EQ(illegal.exit_code, 1);
  EXPECT_THAT(illegal.err, HasSubstr("stages"));
  const ProgramResult misaligned =
      runProgram({GEMMSMITH, "plan", "--m", "1", "--n", "64", "--k", "77", "--config", kSplitBias});
  EXPECT_EQ(misaligned.exit_code, 1);
}

TEST(Plan, OutputThatGoesNowhereIsAFailure) {
  const ProgramResult result = runProgram(
      {"/bin/sh", "-c", std::string(GEMMSMITH) + " plan --m 1 --n 64 --k 64 >/dev/full"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("No space left"));
}

TEST(Inspect, ConfigOfANameIsItsFields) {
  const ProgramResult result =
      runProgram({GEMMSMITH, "inspect", kSplitBias, "--stage", "config", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json config = json::parse(result.out);
  EXPECT_EQ(config["tile"]["k"], 128);
  EXPECT_EQ(config["split"], "reduce");
  EXPECT_EQ(config["lds_bytes"], 3 * (16 + 64) * 128 * 2);
}

TEST(Inspect, ResourcesDescribeTheMainLoop) {
  const ProgramResult result =
      runProgram({GEMMSMITH, "inspect", kSplitBias, "--stage", "resources", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json resources = json::parse(result.out);
  EXPECT_EQ(resources["kernel"], kSplitBias);
  EXPECT_EQ(resources["vgpr_spills"], 0);
  EXPECT_GT(resources["code_bytes"], 0);
  EXPECT_EQ(resources["waves"], 2);
  const json loop = resources["main_loop"];
  ASSERT_TRUE(loop.is_object());
  EXPECT_GT(loop["instructions_per_wave"]["mfma"], 0);
  EXPECT_GT(loop["clocks"]["mfma"], 0);
}

TEST(Inspect, UnknownSubjectsAreErrors) {
  EXPECT_EQ(runProgram({GEMMSMITH, "inspect", "--stage", "asm"}).exit_code, 2);
  EXPECT_EQ(runProgram({GEMMSMITH, "inspect", kSplitBias, "--stage", "paint"}).exit_code, 2);
  EXPECT_EQ(runProgram({GEMMSMITH, "inspect", "nonsense", "--stage", "asm"}).exit_code, 1);
  EXPECT_EQ(runProgram({GEMMSMITH, "inspect", "/nowhere.co", "--stage", "asm"}).exit_code, 1);
}

} // namespace
} // namespace gemmsmith
