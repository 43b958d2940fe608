// An application in C that takes its kernels from a directory of code objects.

#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <array>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char *kFirst = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1";

class Application : public testing::Test {
protected:
  static void SetUpTestSuite() {
    objects_.emplace();
    const ProgramResult built = runProgram(
        {GEMMSMITH, "build", APPLICATION_TABLE, "-o", objects_->path(), "--backend", "llvm"});
    ASSERT_EQ(built.exit_code, 0) << built.err;
  }
  static void TearDownTestSuite() { objects_.reset(); }

  static ProgramOptions surroundings(const std::string &objects = objects_->path()) {
    return {.environment = {{"LD_LIBRARY_PATH", HIPEMU_FOLDER},
                            {"GEMMSMITH_DEVICE", "hip"},
                            {"GEMMSMITH_HIP_LIBRARY", ""},
                            {"GEMMSMITH_OBJECTS", objects},
                            {"GEMMSMITH_TABLES", APPLICATION_TABLE},
                            {"GEMMSMITH_SERVICE", "off"}}};
  }
  static ProgramResult run(std::vector<std::string> arguments,
                           const ProgramOptions &options = surroundings()) {
    arguments.insert(arguments.begin(), APPLICATION);
    return runProgram(arguments, options);
  }

  static inline std::optional<TemporaryFolder> objects_;
  const TemporaryFolder folder_;
};

TEST_F(Application, LaunchesSixteenKernelsAndFindsEveryElementRight) {
  const ProgramResult result = run({});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "hits directory=16 bundle=0 disk=0 remote=0 service=0 not_found=0 "
                        "warnings=0 verified=16\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(Application, PreparesFirst) {
  const ProgramResult result = run({"--prepare", "--problems", "5", "--seed", "77"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "hits directory=5 bundle=0 disk=0 remote=0 service=0 not_found=0 "
                        "warnings=0 verified=5\n");
}

TEST_F(Application, FailsWhereAKernelIsMissingAndRunsTheOthers) {
  fs::copy(objects_->path(), folder_.file("objects"));
  fs::remove(folder_.file("objects") + "/" + kFirst + ".co");
  const ProgramResult result = run({"--problems", "3"}, surroundings(folder_.file("objects")));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(kFirst), HasSubstr("it is not in the directory")));
  EXPECT_EQ(result.out, "hits directory=2 bundle=0 disk=0 remote=0 service=0 not_found=1 "
                        "warnings=0 verified=2\n");
}

TEST_F(Application, SeveralStartTogetherAtABarrier) {
  std::array<std::unique_ptr<Program>, 4> programs;
  for (auto &program : programs)
    program = std::make_unique<Program>(
        std::vector<std::string>{APPLICATION, "--problems", "4", "--barrier", folder_.file("go")},
        surroundings());
  for (const auto &program : programs)
    EXPECT_TRUE(isAlive(program->pid()));
  folder_.write("go", "");
  for (const auto &program : programs) {
    const ProgramResult result = program->wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("directory=4 "));
  }
}

TEST_F(Application, WrongArgumentsAreTwo) {
  for (const std::vector<std::string> &arguments :
       {std::vector<std::string>{"--problems"}, {"--problems", "17"}, {"--seed", "-1"}, {"more"}})
    EXPECT_EQ(run(arguments).exit_code, 2);
}

} // namespace
} // namespace gemmsmith
