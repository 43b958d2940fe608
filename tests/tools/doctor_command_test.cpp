// `gemmsmith doctor` as a program, with a ROCm that does as it is told.

#include "tests/compiler/hiprtc/fake_rocm.h"
#include "tests/tools/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gemmsmith {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Environment = std::map<std::string, std::string>;

ProgramResult doctor(const Environment &environment, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {GEMMSMITH, "doctor"});
  Environment all = environment;
  all.emplace("GEMMSMITH_ROCM_ROOT", ""); // the worker runs as it is
  return runProgram(options, {.environment = all});
}

const Environment kGood{{"GEMMSMITH_HIPRTC", FAKE_ROCM}};
const Environment kOld{{"GEMMSMITH_HIPRTC", FAKE_ROCM}, {fake::kVariable, fake::kOldIsas}};
const Environment kCrashing{{"GEMMSMITH_HIPRTC", FAKE_ROCM}, {fake::kVariable, fake::kLoadAborts}};

TEST(Doctor, TakesAHiprtcThatKnowsTheTarget) {
  const ProgramResult result = doctor(kGood);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("[ok] embedded LLVM\n"), HasSubstr("[ok] hiprtc of ROCm 7.9\n"),
                    HasSubstr("     library      " FAKE_ROCM "/lib/libhiprtc.so.7.9.1\n"),
                    HasSubstr("     found by     GEMMSMITH_HIPRTC\n"),
                    HasSubstr("     comgr        3.9, " FAKE_ROCM "/lib/libamd_comgr.so.3.9.0\n"),
                    HasSubstr("     compiler     clang 23.4.5 (fake)\n"),
                    HasSubstr("     ISAs         4, gfx90a to gfx950, with gfx950\n"),
                    HasSubstr("[ok] emulated AMD Instinct MI355X\n"),
                    HasSubstr("[ok] --backend auto takes hiprtc: "), Not(HasSubstr("[--]"))));
}

TEST(Doctor, SaysWhyAnOldRocmIsNotUsableAndTakesLlvm) {
  const ProgramResult result = doctor(kOld);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("[--] hiprtc of ROCm 7.9\n"),
            HasSubstr("     not usable   comgr 3.9 (LLVM 23) knows no gfx950; that needs "
                      "ROCm 7.0 or later"),
            HasSubstr("without gfx950\n"),
            HasSubstr("[ok] --backend auto takes llvm: no hiprtc here compiles for gfx950")));
}

TEST(Doctor, ACrashingLibraryIsALineOfTheReport) {
  const ProgramResult result = doctor(kCrashing);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("[--] hiprtc\n"), HasSubstr("SIGABRT"),
                                HasSubstr("\n                  aborted while loading\n"),
                                HasSubstr("[ok] --backend auto takes llvm")));
}

TEST(Doctor, FailsWhenNothingCompilesAndSaysWhatToDo) {
  Environment environment = kOld;
  environment["GEMMSMITH_WORKER"] = "/nowhere/worker";
  const ProgramResult result = doctor(environment);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("[--] embedded LLVM\n"), HasSubstr("/nowhere/worker"),
                    HasSubstr("[--] nothing here compiles"), HasSubstr("install ROCm 7.0")));
}

TEST(Doctor, WorksWithoutTheHiprtcWorker) {
  const ProgramResult result = doctor({{"GEMMSMITH_HIPRTC_WORKER", "/nowhere/hiprtc-worker"}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("[--] hiprtc\n"),
                    HasSubstr("cannot start the compile worker /nowhere/hiprtc-worker")));
}

TEST(Doctor, NamesARootThatIsNone) {
  const ProgramResult result = doctor({{"GEMMSMITH_ROCM_ROOT", "/nowhere"}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("[--] hiprtc\n"), HasSubstr("     run by       /nowhere/run\n"),
                    HasSubstr("GEMMSMITH_ROCM_ROOT: /nowhere is no root")));
}

TEST(Doctor, JsonHoldsEverything) {
  const ProgramResult result = doctor(kOld, {"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json document = json::parse(result.out);
  EXPECT_TRUE(document["llvm"]["usable"]);
  EXPECT_EQ(document["llvm"]["fingerprint"].get<std::string>().size(), 32u);
  EXPECT_TRUE(document["hiprtc"]["launcher"].is_null());
  ASSERT_EQ(document["hiprtc"]["found"].size(), 1u);
  const json &hiprtc = document["hiprtc"]["found"][0];
  EXPECT_EQ(hiprtc["library"], FAKE_ROCM "/lib/libhiprtc.so.7.9.1");
  EXPECT_EQ(hiprtc["hip_version"], "7.9.12345");
  EXPECT_EQ(hiprtc["llvm_major"], 23);
  EXPECT_EQ(hiprtc["isas"], json::array({"gfx90a", "gfx942"}));
  EXPECT_EQ(hiprtc["usable"], false);
  EXPECT_THAT(hiprtc["reason"].get<std::string>(), HasSubstr("knows no gfx950"));
  EXPECT_EQ(document["backend"]["auto"], "llvm");
  EXPECT_EQ(document["device"]["target"], "gfx950:sramecc+:xnack-");
}

} // namespace
} // namespace gemmsmith
