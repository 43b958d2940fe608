// `gemmsmith build --emit hip` with generators that fail as they are told.

#include "configs/kernel_name.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"
#include "tests/tools/scripted_worker.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class SourceFiles : public testing::Test {
protected:
  // The command that writes the sources of these kernels, one after the other.
  std::vector<std::string> command(const std::vector<Script> &scripts) const {
    std::string table = "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,"
                        "splitK,us,kernelName\n";
    int m = 0;
    for (const Script script : scripts)
      table += "gfx950,256," + std::to_string(m += 16) +
               ",256,1024,False,torch.bfloat16,torch.bfloat16,False,False,gemmsmith,0,0,," +
               kernelName(scripted(script)) + "\n";
    writeFile(root_ / "table.csv", table);
    return {GEMMSMITH, "build", root_ / "table.csv", "-o", root_ / "out", "-j", "1",
            "--emit",  "hip"};
  }
  fs::path source(Script script) const {
    return root_ / "out" / (kernelName(scripted(script)) + ".hip");
  }

  ProgramOptions options_{.environment = {{"GEMMSMITH_WORKER", SCRIPTED_WORKER}}};
  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
};

TEST_F(SourceFiles, ACrashOfTheGeneratorCostsOneKernel) {
  const ProgramResult result =
      runProgram(command({Script::kReportError, Script::kAbort, Script::kEchoName}), options_);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(kernelName(scripted(Script::kAbort)) + ": "),
                                HasSubstr("died of SIGABRT"), HasSubstr("my last words"),
                                HasSubstr("too tall")));
  EXPECT_EQ(result.out, "sources  1 in " + (root_ / "out").native() + ", 2 failed\n");
  EXPECT_EQ(readFile(source(Script::kEchoName)), kernelName(scripted(Script::kEchoName)));
  EXPECT_FALSE(fs::exists(source(Script::kAbort)));
}

TEST_F(SourceFiles, CtrlCEndsAGeneratorThatHangs) {
  Program program(command({Script::kEchoName, Script::kHang}), options_);
  for (int i = 0; i < 2000 && !fs::exists(source(Script::kEchoName)); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const std::vector<pid_t> workers = program.children();
  program.signal(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted after 1 of 2 sources"));
  EXPECT_FALSE(fs::exists(source(Script::kHang)));
  for (const pid_t worker : workers)
    EXPECT_FALSE(isAlive(worker));
}

} // namespace
} // namespace gemmsmith
