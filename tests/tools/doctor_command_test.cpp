// `gemmsmith doctor` as a program, with a ROCm that does as it is told.

#include "tests/compiler/hiprtc/fake_rocm.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <filesystem>
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
  all.emplace("GEMMSMITH_SOCKET", "/nonexistent/service.sock");
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

Environment withStore(const std::string &directory, Environment more = {}) {
  more.insert(kGood.begin(), kGood.end());
  more.emplace("GEMMSMITH_CACHE", "rw");
  more.emplace("GEMMSMITH_CACHE_DIR", directory);
  return more;
}

class DoctorOfTheStore : public testing::Test {
protected:
  const TemporaryFolder folder_;
  const std::string store_ = folder_.file("store");
  const std::string bundle_ = folder_.file("kernels.gsb");

  void fill() const {
    const ProgramResult built =
        runProgram({GEMMSMITH, "build", "--backend", "llvm", "--config",
                    "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1", "--bundle", bundle_},
                   {.environment = withStore(store_)});
    ASSERT_EQ(built.exit_code, 0) << built.err;
  }
};

TEST_F(DoctorOfTheStore, SaysThatItIsOff) {
  EXPECT_THAT(doctor(kGood).out, HasSubstr("[ok] store of code objects: off, as GEMMSMITH_CACHE"));
}

TEST_F(DoctorOfTheStore, DoesNotMakeOne) {
  EXPECT_THAT(doctor(withStore(store_)).out,
              AllOf(HasSubstr("[ok] store of code objects\n     directory    " + store_ + "\n"),
                    HasSubstr("     mode         rw\n"), HasSubstr("does not exist yet\n")));
  EXPECT_FALSE(std::filesystem::exists(store_));
}

TEST_F(DoctorOfTheStore, SaysHowFullItIsAndWhichBundlesThereAre) {
  fill();
  const Environment environment =
      withStore(store_, {{"GEMMSMITH_BUNDLES", bundle_ + ":/nowhere/other.gsb"},
                         {"GEMMSMITH_CACHE_SIZE", "2M"}});
  EXPECT_THAT(doctor(environment).out,
              AllOf(testing::ContainsRegex("     entries      1, [0-9.]+ KiB of 2.0 MiB\n"),
                    testing::ContainsRegex("\\[ok\\] bundle " + bundle_ +
                                           "\n     entries      1, [0-9.]+ KiB\n"),
                    HasSubstr("[--] bundle /nowhere/other.gsb\n     not usable   ")));
  const json store = json::parse(doctor(environment, {"--json"}).out)["store"];
  EXPECT_EQ(store["mode"], "rw");
  EXPECT_EQ(store["usable"], true);
  EXPECT_EQ(store["entries"], 1);
  EXPECT_EQ(store["limit_bytes"], 2 << 20);
  ASSERT_EQ(store["bundles"].size(), 2u);
  EXPECT_EQ(store["bundles"][0]["entries"], 1);
  EXPECT_EQ(store["bundles"][1]["usable"], false);
}

TEST_F(DoctorOfTheStore, SaysWhyADirectoryIsNotSafe) {
  std::filesystem::create_directory(store_);
  std::filesystem::permissions(store_, std::filesystem::perms::all);
  const ProgramResult result = doctor(withStore(store_));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("[--] store of code objects\n"),
                                HasSubstr("     not usable   "), HasSubstr("may write to it")));
  const json store = json::parse(doctor(withStore(store_), {"--json"}).out)["store"];
  EXPECT_EQ(store["usable"], false);
  EXPECT_THAT(store["reason"].get<std::string>(), HasSubstr("may write to it"));
}

TEST_F(DoctorOfTheStore, SaysWhichVariableIsWrong) {
  EXPECT_THAT(doctor(withStore(store_, {{"GEMMSMITH_CACHE", "perhaps"}})).out,
              AllOf(HasSubstr("[--] store of code objects\n"), HasSubstr("GEMMSMITH_CACHE")));
}

class DoctorOfTheService : public testing::Test {
protected:
  Environment here() const {
    return {{"GEMMSMITH_HIPRTC", "/nonexistent"},
            {"GEMMSMITH_SOCKET", folder_.file("run/service.sock")}};
  }
  const TemporaryFolder folder_;
};

TEST_F(DoctorOfTheService, SaysThatNoneRuns) {
  const ProgramResult result = doctor(here());
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("[ok] compile service: none runs\n"),
                                HasSubstr(folder_.file("run/service.sock"))));
  const json report = json::parse(doctor(here(), {"--json"}).out);
  EXPECT_EQ(report["service"]["runs"], false);
  EXPECT_EQ(report["service"]["status"], nullptr);
}

TEST_F(DoctorOfTheService, SaysThatItsPlaceIsRefused) {
  const std::filesystem::path run = folder_.file("run");
  std::filesystem::create_directory(run);
  std::filesystem::permissions(run, std::filesystem::perms::all);
  EXPECT_THAT(doctor(here()).out, AllOf(HasSubstr("[--] compile service: cannot be asked\n"),
                                        HasSubstr("the directory is refused")));
}

TEST_F(DoctorOfTheService, NamesTheCompilerThatBothHave) {
  const ProgramOptions options{.environment = here()};
  ASSERT_EQ(runProgram({GEMMSMITH, "serve", "--background"}, options).exit_code, 0);
  const json report = json::parse(doctor(here(), {"--json"}).out);
  EXPECT_EQ(report["service"]["runs"], true);
  EXPECT_EQ(report["service"]["status"]["identity"], report["backend"]["compiler"]);
  EXPECT_THAT(doctor(here()).out, HasSubstr("[ok] compile service, pid "));
  EXPECT_EQ(runProgram({GEMMSMITH, "serve", "--stop"}, options).exit_code, 0);
}

} // namespace
} // namespace gemmsmith
