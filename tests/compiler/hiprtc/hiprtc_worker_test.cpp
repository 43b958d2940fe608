// gemmsmith-hiprtc with a ROCm that does as it is told.

#include "compiler/hiprtc/environment.h"
#include "compiler/hiprtc/hiprtc_description.h"
#include "tests/compiler/hiprtc/fake_rocm.h"
#include "tests/compiler/hiprtc/worker_session.h"
#include "tests/tools/program.h"

#include <chrono>
#include <filesystem>
#include <gmock/gmock.h>
#include <regex>
#include <sstream>

namespace gemmsmith {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSubsetOf;
using testing::Not;
using testing::StartsWith;

constexpr const char *kLibrary = FAKE_ROCM "/lib/libhiprtc.so.7";

class HiprtcWorker : public WorkerSession {
protected:
  void SetUp() override {
    WorkerSession::SetUp();
    pool_.emplace(poolOptions(HIPRTC_WORKER));
  }
  void TearDown() override {
    pool_.reset();
    WorkerSession::TearDown();
  }

  static WorkerRequest request(const std::string &source) {
    return {.op = WorkerOp::kCompileHip,
            .payload = bytesOf(source),
            .library = kLibrary,
            .target = "gfx950",
            .name = "a_kernel"};
  }

  // The code object as text, or "error: …".
  static std::string compile(WorkerPool &pool, const std::string &source) {
    const auto response = call(pool, request(source));
    return response ? textOf(response->payload) : "error: " + response.error().str();
  }

  static void expectStillWorks(WorkerPool &pool) {
    EXPECT_THAT(compile(pool, "good"), StartsWith("--offload-arch=gfx950\n"));
  }

  static HiprtcDescription probe(WorkerPool &pool, const std::string &target = "gfx950") {
    const auto response =
        call(pool, {.op = WorkerOp::kProbeHiprtc, .library = kLibrary, .target = target});
    if (!response)
      return {.reason = response.error().str()};
    return parseDescription(textOf(response->payload)).value();
  }

  std::optional<WorkerPool> pool_;
};

TEST_F(HiprtcWorker, NeedsNothingButTheCLibrary) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "sanitizers are libraries";
#endif
  std::istringstream lines(runProgram({"/usr/bin/readelf", "-d", HIPRTC_WORKER}).out);
  std::vector<std::string> needed;
  for (std::string line; std::getline(lines, line);)
    if (line.find("(NEEDED)") != std::string::npos)
      needed.push_back(line.substr(line.find('[')));
  EXPECT_THAT(needed, Not(IsEmpty()));
  EXPECT_THAT(needed,
              IsSubsetOf({"[libc.so.6]", "[libm.so.6]", "[libdl.so.2]", "[ld-linux-x86-64.so.2]"}));
}

TEST_F(HiprtcWorker, CompilesWithTheOptionsOfTheRequestAfterItsOwn) {
  WorkerRequest with_options = request("good");
  with_options.compiler_options = {"-mllvm", "-some-option"};
  const auto response = call(*pool_, std::move(with_options));
  ASSERT_TRUE(response) << response.error().str();
  EXPECT_EQ(textOf(response->payload),
            "--offload-arch=gfx950\n-O3\n-std=c++17\n--hiprtc-no-builtin-header\n-nogpuinc\n"
            "-nogpulib\n-mllvm\n-some-option\n");
  EXPECT_EQ(response->log, "");
  EXPECT_GT(response->seconds, 0);
}

TEST_F(HiprtcWorker, DropsOnlyTheOptionsThatAreRefused) {
  setEnvironment(fake::kVariable, fake::kRefuseHeader);
  EXPECT_EQ(compile(*pool_, "good"),
            "--offload-arch=gfx950\n-O3\n-std=c++17\n-nogpuinc\n-nogpulib\n");
}

TEST_F(HiprtcWorker, WorksWhereEveryOptionThatLeavesSomethingOutIsRefused) {
  setEnvironment(fake::kVariable, fake::kRefuseAll);
  EXPECT_EQ(compile(*pool_, "good"), "--offload-arch=gfx950\n-O3\n-std=c++17\n");
  EXPECT_THAT(probe(*pool_).identity, HasSubstr("options -O3 -std=c++17; "));
}

TEST_F(HiprtcWorker, KeepsTheLogOfAGoodCompile) {
  const auto response = call(*pool_, request(fake::kWarning));
  ASSERT_TRUE(response) << response.error().str();
  EXPECT_EQ(response->log, "a_kernel.hip:1:1: warning: a warning");
}

TEST_F(HiprtcWorker, CompileErrorsCarryLogAndStandardErrorWithoutTemporaryPaths) {
  const auto response = call(*pool_, request(fake::kError));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::kFailed);
  EXPECT_EQ(response.error().str(),
            "a_kernel: hiprtc (clang 23.4.5 (fake)) does not compile it: HIPRTC_ERROR_COMPILATION\n"
            "a_kernel.hip:7:3: error: no such thing\n"
            "a diagnostic beside the log");
  expectStillWorks(*pool_);
}

TEST_F(HiprtcWorker, SuccessWithoutACodeObjectIsAnError) {
  EXPECT_THAT(compile(*pool_, fake::kNothing), HasSubstr("made no code object"));
}

TEST_F(HiprtcWorker, DescribesTheCompilerItFound) {
  const HiprtcDescription d = probe(*pool_);
  EXPECT_TRUE(d.usable) << d.reason;
  EXPECT_EQ(d.reason, "");
  EXPECT_EQ(d.path, FAKE_ROCM "/lib/libhiprtc.so.7.9.1");
  EXPECT_EQ(d.hiprtc_version, "9.0");
  EXPECT_EQ(d.hip_version, "7.9.12345");
  EXPECT_EQ(d.comgr_version, "3.9");
  EXPECT_EQ(d.comgr_path, FAKE_ROCM "/lib/libamd_comgr.so.3.9.0");
  EXPECT_EQ(d.clang_version, "23.4.5 (fake)");
  EXPECT_EQ(d.llvm_major, 23);
  EXPECT_EQ(d.isas, (std::vector<std::string>{"gfx90a", "gfx942", "gfx950", "gfx9-generic"}));
}

TEST_F(HiprtcWorker, IdentityIsThatOfEveryCompileAndHoldsNoPath) {
  const HiprtcDescription d = probe(*pool_);
  EXPECT_THAT(d.identity, AllOf(HasSubstr("HIP 7.9.12345"), HasSubstr("clang 23.4.5 (fake)"),
                                HasSubstr("-nogpuinc"), Not(HasSubstr("/"))));
  WorkerPool other(poolOptions(HIPRTC_WORKER));
  const auto response = call(other, request("good")); // which nobody probed
  ASSERT_TRUE(response) << response.error().str();
  EXPECT_EQ(response->identity, d.identity);
}

TEST_F(HiprtcWorker, AProbeThatFailsIsTheReasonAndIsNotRemembered) {
  setEnvironment(fake::kVariable, fake::kFirstProbeFails);
  EXPECT_EQ(compile(*pool_, "good"), "error: a_kernel: does not compile for gfx950: "
                                     "HIPRTC_ERROR_COMPILATION\nerror: no such instruction");
  const auto response = call(*pool_, request("good"));
  ASSERT_TRUE(response) << response.error().str();
  EXPECT_EQ(response->identity, probe(*pool_).identity);
  EXPECT_THAT(response->identity, HasSubstr("clang 23.4.5 (fake)"));
}

TEST_F(HiprtcWorker, WhatAFailedProbeSaysIsNoIdentity) {
  setEnvironment(fake::kVariable, fake::kProbeFails);
  EXPECT_EQ(probe(*pool_).identity, "");
}

// A compiler that lacks one of them must not pass for usable.
TEST_F(HiprtcWorker, TheProbeUsesEveryBuiltinOfOurSources) {
  const std::string probing = readFile(SOURCE_DIRECTORY "/compiler/hiprtc/hiprtc_compiler.cpp");
  const std::regex builtin("__builtin_amdgcn_\\w+");
  std::size_t seen = 0;
  for (const auto &file : std::filesystem::directory_iterator(SOURCE_DIRECTORY "/compiler/hip")) {
    const std::string text = readFile(file.path());
    for (std::sregex_iterator it(text.begin(), text.end(), builtin), end; it != end; ++it, ++seen)
      EXPECT_THAT(probing, HasSubstr(it->str())) << file.path();
  }
  EXPECT_GE(seen, 10u);
}

TEST_F(HiprtcWorker, NeverAsksForAProcessorThatComgrDoesNotList) {
  setEnvironment(fake::kVariable, fake::kOldIsas);
  const HiprtcDescription d = probe(*pool_);
  EXPECT_FALSE(d.usable);
  EXPECT_EQ(d.reason, "comgr 3.9 (LLVM 23) knows no gfx950; that needs ROCm 7.0 or later (this is "
                      "7.9): install a newer ROCm or use --backend llvm");
  // The library would abort, and the message would be another.
  EXPECT_EQ(compile(*pool_, "good"), "error: a_kernel: " + d.reason);
  EXPECT_TRUE(probe(*pool_, "gfx90a").usable);
}

TEST_F(HiprtcWorker, ComgrWithoutAnyIsaIsNotUsable) {
  setEnvironment(fake::kVariable, fake::kNoIsas);
  const HiprtcDescription d = probe(*pool_);
  EXPECT_FALSE(d.usable);
  EXPECT_THAT(d.reason, HasSubstr("knows no gfx950"));
}

TEST_F(HiprtcWorker, AbortCostsOneRequestAndShowsTheLastWords) {
  EXPECT_THAT(compile(*pool_, fake::kAbort), AllOf(StartsWith("error: a_kernel: "),
                                                   HasSubstr("SIGABRT"), HasSubstr("last words")));
  EXPECT_THAT(temporaryFiles(), IsEmpty());
  expectStillWorks(*pool_);
}

TEST_F(HiprtcWorker, CrashCostsOneRequest) {
  EXPECT_THAT(compile(*pool_, fake::kSegfault), HasSubstr("SIGSEGV"));
  EXPECT_THAT(temporaryFiles(), IsEmpty());
  expectStillWorks(*pool_);
}

TEST_F(HiprtcWorker, HangEndsAtTheTimeLimitAndLeavesNoProcess) {
  auto options = poolOptions(HIPRTC_WORKER);
  options.time_limit = std::chrono::milliseconds(500);
  WorkerPool pool(options);
  const pid_t pid = std::stoi(compile(pool, fake::kPid));
  EXPECT_TRUE(isAlive(pid));
  EXPECT_THAT(compile(pool, fake::kHang), HasSubstr("took longer than 0.5 s and was stopped"));
  EXPECT_FALSE(isAlive(pid));
  EXPECT_THAT(temporaryFiles(), IsEmpty());
  expectStillWorks(pool);
}

TEST_F(HiprtcWorker, OtherRequestsGoOnWhileOneCrashes) {
  WorkerPool pool(poolOptions(HIPRTC_WORKER, 2));
  std::vector<std::future<std::string>> results;
  for (int i = 0; i < 12; ++i)
    results.push_back(std::async(std::launch::async, [&pool, i] {
      return compile(pool, i % 3 == 0 ? fake::kAbort : "good");
    }));
  for (int i = 0; i < 12; ++i)
    EXPECT_THAT(results[i].get(), StartsWith(i % 3 == 0 ? "error: " : "--offload-arch"));
}

TEST_F(HiprtcWorker, MemoryLimitCostsOneRequest) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "memory is not limited under AddressSanitizer";
#endif
  auto options = poolOptions(HIPRTC_WORKER);
  options.memory_limit_bytes = 512u << 20;
  WorkerPool pool(options);
  EXPECT_THAT(compile(pool, fake::kMemory), HasSubstr("ran out of memory (its limit is 512 MiB)"));
  EXPECT_THAT(temporaryFiles(), IsEmpty());
  expectStillWorks(pool);
}

TEST_F(HiprtcWorker, TemporaryFilesOfADeadWorkerAreRemovedAtOnce) {
  EXPECT_THAT(compile(*pool_, fake::kFilesAndDie), HasSubstr("SIGKILL"));
  EXPECT_THAT(temporaryFiles(), IsEmpty());
  expectStillWorks(*pool_);
}

TEST_F(HiprtcWorker, TemporaryFilesOfALivingWorkerGoWithIt) {
  {
    WorkerPool pool(poolOptions(HIPRTC_WORKER));
    EXPECT_THAT(compile(pool, fake::kFiles), StartsWith("--offload-arch"));
    EXPECT_EQ(temporaryFiles().size(), 1u);
  }
  EXPECT_THAT(temporaryFiles(), IsEmpty());
}

TEST_F(HiprtcWorker, DestructionLeavesNoProcess) {
  pid_t pid = 0;
  {
    WorkerPool pool(poolOptions(HIPRTC_WORKER));
    pid = std::stoi(compile(pool, fake::kPid));
    EXPECT_TRUE(isAlive(pid));
  }
  EXPECT_FALSE(isAlive(pid));
}

TEST_F(HiprtcWorker, NowhereForTemporaryFilesIsAnErrorThatNamesTheDirectory) {
  setEnvironment("TMPDIR", temporary() / "missing");
  EXPECT_THAT(compile(*pool_, "good"),
              AllOf(HasSubstr((temporary() / "missing").native()), HasSubstr("No such file"),
                    HasSubstr("set TMPDIR to a directory that can be written")));
}

TEST_F(HiprtcWorker, EnvironmentThatChangesOutputDoesNotReachTheCompiler) {
  // Names that the libraries know, and one for each entry of the table.
  std::vector<std::string> removed{"HIPRTC_COMPILE_OPTIONS_APPEND",
                                   "AMD_COMGR_SAVE_TEMPS",
                                   "AMD_LOG_LEVEL_FILE",
                                   "AMD_OCL_BUILD_OPTIONS_APPEND",
                                   "GPU_ENABLE_WGP_MODE",
                                   "CCC_OVERRIDE_OPTIONS",
                                   "CLANG_CONFIG_FILE_USER_DIR",
                                   "CPATH",
                                   "LIBRARY_PATH",
                                   "ROCM_PATH"};
  for (const RemovedVariable &variable : removedVariables()) {
    std::string name(variable.name);
    if (name.ends_with('*'))
      name.replace(name.size() - 1, 1, "ANYTHING");
    removed.push_back(name);
  }
  for (const std::string &name : removed)
    setEnvironment(name, "trouble");
  setEnvironment("AMD_COMGR_CACHE", "1");
  setEnvironment("CPATHOLOGY", "kept");
  setEnvironment("LLVM_PATH", "kept");
  const std::string environment = "\n" + compile(*pool_, fake::kEnvironment);
  for (const std::string &name : removed)
    EXPECT_THAT(environment, Not(HasSubstr("\n" + name + "=")));
  EXPECT_THAT(environment, HasSubstr("\nAMD_COMGR_CACHE=0\n"));
  EXPECT_THAT(environment, HasSubstr("\nCPATHOLOGY=kept\n"));
  EXPECT_THAT(environment, HasSubstr("\nLLVM_PATH=kept\n"));
  EXPECT_THAT(environment, HasSubstr("\nCLANG_NO_DEFAULT_CONFIG=1\n"));
  EXPECT_THAT(environment, HasSubstr("\nTMPDIR=" + temporary().native() + "/gemmsmith-worker-"));
}

TEST_F(HiprtcWorker, NamesThatAreNoFileNamesAreRefused) {
  for (const char *name : {"", "..", "../escape", "a/b", "-o", "a b"}) {
    WorkerRequest named = request("good");
    named.name = name;
    const auto response = call(*pool_, std::move(named));
    ASSERT_FALSE(response) << name;
    EXPECT_EQ(response.error().kind, ErrorKind::kUsage) << name;
  }
}

TEST_F(HiprtcWorker, OneWorkerServesOneLibrary) {
  expectStillWorks(*pool_);
  WorkerRequest other = request("good");
  other.library = "/elsewhere/libhiprtc.so.7";
  const auto response = call(*pool_, std::move(other));
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("/elsewhere/libhiprtc.so.7"));
}

TEST_F(HiprtcWorker, OperationsOfTheOtherWorkerAreAnswered) {
  const auto response = call(*pool_, {.op = WorkerOp::kFingerprint});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message, "gemmsmith-hiprtc does not do 'fingerprint'");
  expectStillWorks(*pool_);
}

TEST_F(HiprtcWorker, IsOfNoUseByItself) {
  const ProgramResult result = runProgram({HIPRTC_WORKER});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("started by gemmsmith"));
}

} // namespace
} // namespace gemmsmith
