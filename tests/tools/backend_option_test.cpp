// Which compiler `gemmsmith build` and `inspect` take, and what they say of it. Debian's own ROCm
// 5.2 knows no gfx950; one that does is where GEMMSMITH_ROCM_ROOT says.

#include "tests/compiler/hiprtc/fake_rocm.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <system_error>
#include <thread>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr const char *kKernel = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1";

constexpr const char *kNoDebianHiprtc =
    "Debian's ROCm is not installed: the package libamdhip64-5 has it";

class BackendOption : public testing::Test {
protected:
  void SetUp() override {
    writeFile(root_ / "one.csv",
              std::string("gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,"
                          "libtype,solidx,splitK,us,kernelName\n"
                          "gfx950,256,16,256,1024,False,torch.bfloat16,"
                          "torch.bfloat16,False,False,gemmsmith,0,0,,") +
                  kKernel + "\n");
  }

  ProgramResult build(const std::vector<std::string> &options, const std::string &rocm_root) {
    std::vector<std::string> command{GEMMSMITH, "build", root_ / "one.csv", "-o", root_ / "out"};
    command.insert(command.end(), options.begin(), options.end());
    // Without a root Debian's ROCm, whatever else the machine has.
    return runProgram(
        command, {.environment = {{"GEMMSMITH_ROCM_ROOT", rocm_root},
                                  {"GEMMSMITH_HIPRTC", rocm_root.empty() ? DEBIAN_HIPRTC : ""}}});
  }
  static bool hasDebianHiprtc() { return !std::string(DEBIAN_HIPRTC).empty(); }
  static std::string rocmRoot() {
    const char *root = std::getenv("GEMMSMITH_ROCM_ROOT");
    return root != nullptr ? root : "";
  }

  // The worker that compiles, not the one that was asked what it is: there is an object already. 0
  // when the build ends before that.
  static pid_t hiprtcWorkerAtWork(const Program &build, const fs::path &out) {
    for (; isAlive(build.pid()); std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
      std::error_code error; // there is no directory yet
      const fs::directory_iterator files(out, error);
      if (std::ranges::none_of(files,
                               [](const auto &file) { return file.path().extension() == ".co"; }))
        continue;
      for (const pid_t child : build.children())
        if (readFile(fmt::format("/proc/{}/cmdline", child)).find("gemmsmith-hiprtc") !=
            std::string::npos)
          return child;
    }
    return 0;
  }

  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
};

TEST_F(BackendOption, HiprtcWithoutTheProcessorIsAnErrorThatSaysWhatToDo) {
  if (!hasDebianHiprtc())
    GTEST_SKIP() << kNoDebianHiprtc;
  const ProgramResult result = build({"--backend", "hiprtc"}, "");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("comgr 2.4 (LLVM 15) knows no gfx950"));
  EXPECT_THAT(result.err, HasSubstr("install a newer ROCm or use --backend llvm"));
  EXPECT_FALSE(fs::exists(root_ / "out")) << "nothing is begun that cannot be done";
}

TEST_F(BackendOption, AutoFallsToLlvmAndSaysWhy) {
  if (!hasDebianHiprtc())
    GTEST_SKIP() << kNoDebianHiprtc;
  const ProgramResult result = build({}, "");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("embedded LLVM, as no hiprtc here compiles for gfx950"));
  EXPECT_THAT(result.out, HasSubstr("(gemmsmith doctor says why)"));
  EXPECT_THAT(readFile(root_ / "out/manifest.json"), HasSubstr(R"("backend": "llvm")"));
}

TEST_F(BackendOption, LlvmAsksNoHiprtc) {
  const ProgramResult result = build({"--backend", "llvm"}, "/nowhere");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("embedded LLVM, as asked for"));
}

TEST_F(BackendOption, AutoTakesAHiprtcThatKnowsTheProcessor) {
  if (rocmRoot().empty())
    GTEST_SKIP() << "no ROCm: GEMMSMITH_ROCM_ROOT names no root of tools/rocm-sysroot.sh";
  const ProgramResult result = build({}, rocmRoot());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("compiler hiprtc 7."));
  EXPECT_THAT(readFile(root_ / "out/manifest.json"), HasSubstr(R"("backend": "hiprtc")"));
}

TEST_F(BackendOption, ObjectsOfAnotherCompilerAreNotReused) {
  if (rocmRoot().empty())
    GTEST_SKIP() << "no ROCm: GEMMSMITH_ROCM_ROOT names no root of tools/rocm-sysroot.sh";
  EXPECT_THAT(build({"--backend", "hiprtc"}, rocmRoot()).out, HasSubstr("1 compiled, 0 reused"));
  EXPECT_THAT(build({"--backend", "hiprtc"}, rocmRoot()).out, HasSubstr("0 compiled, 1 reused"));
  EXPECT_THAT(build({"--backend", "llvm"}, rocmRoot()).out, HasSubstr("1 compiled, 0 reused"));
}

// The hiprtc worker dies in the middle of a build: one kernel is lost, and nothing is left behind.
TEST_F(BackendOption, KilledHiprtcCostsOneKernel) {
  if (rocmRoot().empty())
    GTEST_SKIP() << "no ROCm: GEMMSMITH_ROCM_ROOT names no root of tools/rocm-sysroot.sh";
  std::string table = readFile(root_ / "one.csv");
  const std::string row = table.substr(table.find('\n') + 1);
  for (const char *stages : {"_s3_", "_s4_", "_s5_", "_s6_", "_s7_", "_s8_"}) {
    std::string other = row;
    other.replace(other.find("_s2_"), 4, stages);
    other.replace(other.find(",16,"), 4, std::string(",") + stages[2] + "6,");
    table += other;
  }
  writeFile(root_ / "one.csv", table);
  const fs::path temporary = root_ / "tmp";
  fs::create_directory(temporary);

  // A worker that is idle when it is killed costs nothing: then once more.
  constexpr int kAttempts = 5;
  ProgramResult result;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const fs::path out = root_ / fmt::format("out{}", attempt);
    Program build({GEMMSMITH, "build", root_ / "one.csv", "-o", out, "-j", "1"},
                  {.environment = {{"GEMMSMITH_ROCM_ROOT", rocmRoot()}, {"TMPDIR", temporary}}});
    const pid_t worker = hiprtcWorkerAtWork(build, out);
    ASSERT_NE(worker, 0) << build.wait().err;
    ::kill(worker, SIGKILL);
    result = build.wait();
    EXPECT_TRUE(fs::is_empty(temporary));
    EXPECT_FALSE(isAlive(worker));
    if (result.out.find("7 compiled") == std::string::npos)
      break;
  }
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("was killed by SIGKILL"));
  EXPECT_THAT(result.out,
              HasSubstr("objects  7: 6 compiled, 0 reused, 0 from the store, 1 failed"));
}

TEST_F(BackendOption, SourcesAreWrittenInsteadOfObjects) {
  const ProgramResult result = build({"--emit", "hip"}, "");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(readFile(root_ / "out" / (std::string(kKernel) + ".hip")),
              HasSubstr(std::string("void ") + kKernel + "("));
  EXPECT_FALSE(fs::exists(root_ / "out" / (std::string(kKernel) + ".co")));
  EXPECT_FALSE(fs::exists(root_ / "out/manifest.json"));
}

TEST_F(BackendOption, SourcesThatCannotBeWrittenAreAnError) {
  writeFile(root_ / "out", "a file, no directory");
  const ProgramResult result = build({"--emit", "hip"}, "");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr((root_ / "out").string()));
}

TEST_F(BackendOption, NonsenseIsAUsageError) {
  EXPECT_EQ(build({"--backend", "nvcc"}, "").exit_code, 2);
  EXPECT_EQ(build({"--emit", "ptx"}, "").exit_code, 2);
  EXPECT_EQ(build({"--emit", "hip", "--report", root_ / "r.json"}, "").exit_code, 2);
}

TEST_F(BackendOption, OptionsThatWouldBeIgnoredAreUsageErrors) {
  EXPECT_EQ(build({"--emit", "hip", "--backend", "llvm"}, "").exit_code, 2);
  EXPECT_EQ(build({"--emit", "hip", "--allow-spills"}, "").exit_code, 2);
  EXPECT_FALSE(fs::exists(root_ / "out"));
  for (const char *stage : {"hip", "config", "gemm", "tile", "scheduled", "llvm"})
    EXPECT_EQ(runProgram({GEMMSMITH, "inspect", kKernel, "--stage", stage, "--backend", "llvm"})
                  .exit_code,
              2)
        << stage;
  EXPECT_EQ(build({"--backend", "llvm"}, "").exit_code, 0);
  const std::string object = root_ / "out" / (std::string(kKernel) + ".co");
  const ProgramResult file =
      runProgram({GEMMSMITH, "inspect", object, "--stage", "asm", "--backend", "llvm"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_THAT(file.err, HasSubstr("a code object is compiled already"));
}

TEST_F(BackendOption, ARootThatIsNoneIsNamed) {
  const ProgramResult result = build({"--backend", "hiprtc"}, "/nowhere");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("GEMMSMITH_ROCM_ROOT: /nowhere is no root"));
}

// The tests' hiprtc answers every source with a text, which is no code object.
TEST_F(BackendOption, WhatHiprtcSaysOrGetsWrongIsToldWithTheKernel) {
  const auto buildWithFake = [&](const std::string &option) {
    return runProgram(
        {GEMMSMITH, "build", root_ / "one.csv", "-o", root_ / "out", "--backend", "hiprtc", option},
        {.environment = {{"GEMMSMITH_ROCM_ROOT", ""},
                         {"GEMMSMITH_HIPRTC", FAKE_ROCM},
                         {fake::kVariable, fake::kWarns}}});
  };
  const std::string kernel = kKernel;
  const ProgramResult checked = buildWithFake("--jobs=1");
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_THAT(checked.err, HasSubstr("gemmsmith: error: " + kernel + ": "));
  const ProgramResult unchecked = buildWithFake("--allow-spills");
  EXPECT_EQ(unchecked.exit_code, 1);
  EXPECT_THAT(unchecked.err, HasSubstr("gemmsmith: warning: " + kernel + ": " + kernel +
                                       ".hip:1:1: warning: a warning\n"));
}

TEST_F(BackendOption, InspectShowsTheSameCompilersWorkAsAssemblyAndAsResources) {
  for (const std::string &root : {std::string(), rocmRoot()})
    for (const char *stage : {"asm", "resources"}) {
      const ProgramResult result =
          runProgram({GEMMSMITH, "inspect", kKernel, "--stage", stage},
                     {.environment = {{"GEMMSMITH_ROCM_ROOT", root},
                                      {"GEMMSMITH_HIPRTC", root.empty() ? "/nowhere" : ""}}});
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_THAT(result.err,
                  HasSubstr(root.empty() ? "compiled by embedded LLVM" : "compiled by hiprtc 7."));
    }
}

TEST_F(BackendOption, InspectPrintsTheSourceAndWhatHiprtcMakesOfIt) {
  const ProgramResult source = runProgram({GEMMSMITH, "inspect", kKernel, "--stage", "hip"});
  EXPECT_EQ(source.exit_code, 0) << source.err;
  EXPECT_THAT(source.out, HasSubstr("__builtin_amdgcn_mfma_f32_16x16x32_bf16"));
  if (rocmRoot().empty())
    return;
  const ProgramResult assembly =
      runProgram({GEMMSMITH, "inspect", kKernel, "--stage", "asm", "--backend", "hiprtc"});
  EXPECT_EQ(assembly.exit_code, 0) << assembly.err;
  EXPECT_THAT(assembly.out, HasSubstr("v_mfma_f32_16x16x32_bf16"));
  EXPECT_THAT(assembly.err, HasSubstr("compiled by hiprtc 7."));
}

} // namespace
} // namespace gemmsmith
