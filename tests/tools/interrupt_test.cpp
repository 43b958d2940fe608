// Ctrl-C and termination while an installed hiprtc, which hangs, is tried.

#include "tests/compiler/hiprtc/fake_rocm.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char *kKernel = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1";

class Interrupted : public testing::Test {
protected:
  void SetUp() override { fs::create_directory(temporary_); }

  // Runs the command until the worker has its temporary directory, and interrupts it there.
  void expectEndsWithNothingLeft(std::vector<std::string> command, int signal = SIGINT) {
    command.insert(command.begin(), GEMMSMITH);
    Program program(command, {.environment = {{"GEMMSMITH_HIPRTC", FAKE_ROCM},
                                              {"GEMMSMITH_ROCM_ROOT", ""},
                                              {fake::kVariable, fake::kProbeHangs},
                                              {"TMPDIR", temporary_}}});
    for (int i = 0; i < 2000 && fs::is_empty(temporary_); ++i)
      std::this_thread::sleep_for(milliseconds(5));
    ASSERT_FALSE(fs::is_empty(temporary_));
    std::this_thread::sleep_for(
        milliseconds(300)); // into the probe, if the machine is not too busy
    const std::vector<pid_t> workers = program.children();
    const auto start = steady_clock::now();
    program.signal(signal);
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.exit_code, 128 + signal);
    EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(15))
        << "not the probe's time limit";
    EXPECT_THAT(result.err, HasSubstr("gemmsmith: error: interrupted"));
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_TRUE(fs::is_empty(temporary_));
    EXPECT_THAT(workers, Not(IsEmpty()));
    for (const pid_t worker : workers)
      EXPECT_FALSE(isAlive(worker));
  }

  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
  const fs::path temporary_ = root_ / "tmp";
};

TEST_F(Interrupted, Build) {
  writeFile(root_ / "one.csv",
            std::string("gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,"
                        "splitK,us,kernelName\n"
                        "gfx950,256,16,256,1024,False,torch.bfloat16,torch.bfloat16,False,False,"
                        "gemmsmith,0,0,,") +
                kKernel + "\n");
  expectEndsWithNothingLeft({"build", root_ / "one.csv", "-o", root_ / "out"});
  EXPECT_FALSE(fs::exists(root_ / "out"));
}

TEST_F(Interrupted, Verify) {
  expectEndsWithNothingLeft({"verify", "--config", kKernel, "--m", "16", "--n", "64", "--k", "64"});
}

TEST_F(Interrupted, Inspect) {
  expectEndsWithNothingLeft({"inspect", kKernel, "--stage", "asm"});
}

TEST_F(Interrupted, Doctor) {
  expectEndsWithNothingLeft({"doctor"});
}

TEST_F(Interrupted, ByTermination) {
  expectEndsWithNothingLeft({"inspect", kKernel, "--stage", "resources"}, SIGTERM);
}

} // namespace
} // namespace gemmsmith
