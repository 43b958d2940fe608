// `gemmsmith run` as a program, on the emulated device, with the kernels of the library's tests.

#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char *kPlain = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1";

class Run : public testing::Test {
protected:
  static ProgramResult run(std::vector<std::string> arguments,
                           const std::map<std::string, std::string> &environment = {},
                           const std::string &objects = LIBRARY_OBJECTS) {
    arguments.insert(arguments.begin(), {GEMMSMITH, "run"});
    ProgramOptions options;
    options.environment = environment;
    for (const auto &[name, value] :
         std::map<std::string, std::string>{{"GEMMSMITH_OBJECTS", objects},
                                            {"GEMMSMITH_TABLES", LIBRARY_TABLE},
                                            {"GEMMSMITH_DEVICE", "emulator"},
                                            {"GEMMSMITH_SERVICE", "off"}})
      options.environment.emplace(name, value);
    return runProgram(arguments, options);
  }
  static json runJson(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out, nullptr, false);
  }
  static std::vector<std::string> shape(const char *m, const char *n, const char *k) {
    return {"--m", m, "--n", n, "--k", k};
  }
  static std::vector<std::string> plain(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = shape("16", "128", "256");
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const TemporaryFolder folder_;
};

TEST_F(Run, SaysWhereTheKernelCameFromAndThatItIsRight) {
  const ProgramResult result = run(plain());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("problem    C[16,128] = A[16,256] * B[128,256]^T, bf16 -> bf16\n"),
            ContainsRegex("device     emulated gfx950:sramecc[^ ]+, .*libgemmsmith_hipemu.so\n"),
            HasSubstr(std::string("kernel     ") + kPlain + "\n"),
            HasSubstr(std::string("from       the directory tier (") + LIBRARY_OBJECTS + "/" +
                      kPlain + ".co)\n"),
            ContainsRegex("asked      directory [0-9.]+ ms \\(hit\\)\n"),
            ContainsRegex("first call [0-9.]+ ms, finished after [0-9.]+ ms\n"),
            Not(HasSubstr("later")), HasSubstr("none of it is a GPU's\n"),
            HasSubstr("launches   1\n"),
            HasSubstr("verdict    verified: 2048 elements equal the float64 reference; "
                      "err_ratio 0,")));
}

TEST_F(Run, RepeatsAndPrepares) {
  const ProgramResult result = run(plain({"--repeat", "3", "--prepare"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("prepare    [0-9.]+ ms\n"),
                                ContainsRegex("later      [0-9.]+ ms median, [0-9.]+ ms min; "
                                              "finished after [0-9.]+ ms median"),
                                HasSubstr("launches   3\n")));
}

TEST_F(Run, JsonHoldsEverything) {
  const json document = runJson(plain({"--repeat", "3"}));
  EXPECT_EQ(document["problem"]["n"], 128);
  EXPECT_EQ(document["device"]["emulated"], true);
  EXPECT_EQ(document["device"]["target"], "gfx950:sramecc+:xnack-");
  EXPECT_EQ(document["kernel"], kPlain);
  EXPECT_EQ(document["source"]["tier"], "directory");
  EXPECT_EQ(document["source"]["origin"], std::string(LIBRARY_OBJECTS) + "/" + kPlain + ".co");
  ASSERT_EQ(document["tiers"].size(), 5u);
  EXPECT_EQ(document["tiers"][0]["hits"], 1);
  EXPECT_EQ(document["tiers"][4]["tier"], "service");
  EXPECT_GT(document["load_ms"], 0.0);
  EXPECT_TRUE(document["prepare_ms"].is_null());
  EXPECT_LE(document["first_call"]["returned_ms"], document["first_call"]["finished_ms"]);
  EXPECT_EQ(document["later_calls"]["count"], 2);
  EXPECT_EQ(document["launches"], 3);
  EXPECT_EQ(document["counters"]["misses"], 1);
  EXPECT_EQ(document["verdict"]["passed"], true);
  EXPECT_EQ(document["verdict"]["inputs"], "exact");
  EXPECT_EQ(document["verdict"]["elements"], 2048);
  EXPECT_TRUE(document["verdict"]["failure"].is_null());
}

TEST_F(Run, PreparedMissesNothing) {
  const json document = runJson(plain({"--prepare"}));
  EXPECT_EQ(document["counters"]["misses"], 0);
  EXPECT_GT(document["prepare_ms"], 0.0);
  EXPECT_TRUE(document["later_calls"].is_null());
}

TEST_F(Run, SplitsWithBiasAndFp32Output) {
  std::vector<std::string> arguments = shape("32", "96", "256");
  arguments.insert(arguments.end(), {"--bias", "--out-dtype", "f32"});
  const json document = runJson(arguments);
  EXPECT_EQ(document["kernel"], "gemm_gfx950_bf16_f32_ring_t32x64x64_s3_w1x2x1_splitk_bias");
  EXPECT_GT(document["counters"]["workspace_bytes"], 0);
  EXPECT_EQ(document["verdict"]["elements"], 3072);
}

TEST_F(Run, StridesAndUnalignedOperands) {
  std::vector<std::string> arguments = shape("16", "128", "250");
  arguments.insert(arguments.end(),
                   {"--lda", "271", "--ldc", "133", "--pointer-alignment", "2", "--seed", "9"});
  const json document = runJson(arguments);
  EXPECT_EQ(document["kernel"], "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x2x1_elem");
  EXPECT_EQ(document["problem"]["lda"], 271);
}

TEST_F(Run, NormalInputsAreJudgedByTheBound) {
  const json document = runJson(plain({"--inputs", "normal"}));
  EXPECT_EQ(document["verdict"]["inputs"], "normal");
  EXPECT_LE(document["verdict"]["worst_error_of_bound"], 1.0);
}

TEST_F(Run, WithoutVerificationThereIsNoVerdict) {
  EXPECT_TRUE(runJson(plain({"--no-verify"}))["verdict"].is_null());
}

TEST_F(Run, TakesObjectsTablesAndDeviceFromTheCommandLine) {
  const ProgramResult result =
      run(plain({"--objects", LIBRARY_OBJECTS, "--table", LIBRARY_TABLE, "--device", "emulator"}),
          {{"GEMMSMITH_TABLES", ""}, {"GEMMSMITH_DEVICE", ""}}, "");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(kPlain));
}

TEST_F(Run, AMissingObjectSaysWhatIsMissingAndWhereItWasLookedFor) {
  const ProgramResult result = run(plain(), {}, folder_.path());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, AllOf(HasSubstr("gemmsmith: error: "), HasSubstr(kPlain),
                                HasSubstr("it is not in the directory " + folder_.path())));
}

TEST_F(Run, ADamagedObjectIsNotLoaded) {
  folder_.write(std::string(kPlain) + ".co", "no code object");
  const ProgramResult result = run(plain(), {}, folder_.path());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("gemmsmith: error: "), HasSubstr(folder_.path())));
}

// An object under another kernel's name computes something else or does not fit.
TEST_F(Run, AnObjectOfAnotherKernelIsNotLaunched) {
  fs::copy(std::string(LIBRARY_OBJECTS) + "/gemm_gfx950_bf16_bf16_ring_t16x64x128_s3_w1x2x1.co",
           folder_.file(std::string(kPlain) + ".co"));
  const ProgramResult result = run(plain(), {}, folder_.path());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("does not hold the kernel"));
}

TEST_F(Run, WithoutHipItSaysWhatToDo) {
  const ProgramResult result =
      run(plain({"--device", "hip"}), {{"GEMMSMITH_HIP_LIBRARY", "/nowhere/libamdhip64.so"}});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/libamdhip64.so"));
}

TEST_F(Run, WithoutADeviceItOffersTheEmulatedOne) {
  const ProgramResult result =
      run(plain({"--device", "hip"}), {{"GEMMSMITH_HIP_LIBRARY", NO_DEVICE_HIP}});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("finds no device"), HasSubstr("--device emulator"),
                                HasSubstr(NO_DEVICE_HIP)));
}

TEST_F(Run, RefusesWhatTheHostHasNoMemoryFor) {
  const ProgramResult result = run(shape("1000000", "64", "10000000")); // 20 TB
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("of host memory"), HasSubstr("are available")));
}

TEST_F(Run, AProblemThatNoKernelServesIsRefusedWithTheReason) {
  const ProgramResult result = run(plain({"--lda", "100"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("lda"));
}

TEST_F(Run, WrongCommandLinesAreTwo) {
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({"--m", "16"}).exit_code, 2);
  EXPECT_EQ(run(shape("0", "128", "256")).exit_code, 2);
  EXPECT_EQ(run(plain({"--device", "cuda"})).exit_code, 2);
  EXPECT_EQ(run(plain({"--repeat", "0"})).exit_code, 2);
  EXPECT_EQ(run(plain({"--pointer-alignment", "3"})).exit_code, 2);
  EXPECT_EQ(run(plain({"--no-verify", "--inputs", "exact"})).exit_code, 2);
  EXPECT_EQ(run(plain({"--table", "a:b.csv"})).exit_code, 2);
  EXPECT_EQ(run(plain(), {{"GEMMSMITH_DEVICE", "gpu"}}).exit_code, 2);
}

TEST_F(Run, ATableThatIsNotThereIsAnError) {
  const ProgramResult result = run(plain({"--table", "/nowhere/table.csv"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/table.csv"));
}

} // namespace
} // namespace gemmsmith
