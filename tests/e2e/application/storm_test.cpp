// Thirty-two processes that ask for the same sixteen kernels at the same moment.
#include "tests/e2e/application/serving.h"

#include <fmt/format.h>

namespace gemmsmith {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Storm : public Serving {
protected:
  static constexpr int kProcesses = 32;

  // Starts them; they begin with go().
  void start(const std::map<std::string, std::string> &more = {}, int processes = kProcesses) {
    for (int i = 0; i < processes; ++i)
      programs_.push_back(
          std::make_unique<Program>(std::vector<std::string>{APPLICATION, "--barrier", barrier_,
                                                             "--seed", std::to_string(i + 1)},
                                    surroundings(more)));
  }
  void go() { folder_.write("go", ""); }
  std::vector<ProgramResult> finish() {
    std::vector<ProgramResult> results;
    for (auto &program : programs_)
      results.push_back(program->wait());
    programs_.clear();
    return results;
  }
  static void expectGood(const std::vector<ProgramResult> &results) {
    for (const ProgramResult &result : results) {
      EXPECT_EQ(result.exit_code, 0) << result.err;
      EXPECT_EQ(countsOf(result)["verified"], kKernels) << result.out;
    }
  }
  static void expectNoWarning(const std::vector<ProgramResult> &results) {
    for (const ProgramResult &result : results)
      EXPECT_EQ(countsOf(result)["warnings"], 0) << result.err;
  }
  // The service's, once it compiles and before it has finished.
  pid_t serviceThatCompiles() const {
    const auto give_up = steady_clock::now() + std::chrono::seconds(30);
    while (steady_clock::now() < give_up) {
      const nlohmann::json now = status();
      if (!now.is_null() && now.at("jobs") > 0 && now.at("compiles") > 0 &&
          now.at("compiles") < kKernels)
        return now.at("pid");
    }
    return -1;
  }

  const std::string barrier_ = folder_.file("go");
  std::vector<std::unique_ptr<Program>> programs_;
};

TEST_F(Storm, EachKernelIsCompiledOnce) {
  start();
  go();
  const auto results = finish();
  expectGood(results);
  expectNoWarning(results);
  EXPECT_EQ(status().at("compiles"), kKernels);
  EXPECT_EQ(entries(), kKernels);
}

TEST_F(Storm, TheServiceIsKilledInMidCompileAndAllSucceed) {
  start();
  go();
  const pid_t first = serviceThatCompiles();
  ASSERT_GT(first, 0) << "no moment to kill it in";
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  expectGood(finish());
  const nlohmann::json second = status();
  EXPECT_NE(second.at("pid"), first);
  EXPECT_LT(second.at("compiles"), kKernels) << "what was in the store was compiled again";
  EXPECT_EQ(entries(), kKernels);
}

// Two machines, each with its own service, on a file system that shows them each other's files
// late.
TEST_F(Storm, OnAFileSystemWithLateRenamesNobodyWaitsForWhatHeCannotSee) {
  const std::map<std::string, std::string> late{{"LD_PRELOAD", LATE_RENAMES},
                                                {"LATE_RENAMES_SECONDS", "5"}};
  auto other = late;
  other["GEMMSMITH_SOCKET"] = folder_.file("other/service.sock");
  start(late, kProcesses / 2);
  start(other, kProcesses / 2);
  go();
  const auto results = finish();
  expectGood(results);
  expectNoWarning(results);
  const int compiles = status().at("compiles");
  const ProgramResult others = command({"serve", "--status", "--json"}, other);
  EXPECT_GE(compiles, 0);
  EXPECT_LE(compiles, kKernels);
  EXPECT_LE(nlohmann::json::parse(others.out).at("compiles"), kKernels);
  EXPECT_EQ(entries(), kKernels);
  (void)command({"serve", "--stop"}, other);
}

TEST_F(Storm, OnAFullDiskResultsAreRightAndTheStoreIsGoneWithoutOnce) {
  std::filesystem::create_directory(store_);
  std::filesystem::permissions(store_, std::filesystem::perms::owner_all);
  // All of them see the same small file system, so one shell starts them all.
  constexpr const char *kStart = R"(i=0
while [ $i -lt 32 ]; do
  "$1" --barrier "$2" --seed $((i + 1)) >"$3/out.$i" 2>"$3/err.$i" || touch "$3/failed.$i" &
  i=$((i + 1))
done
touch "$2"
wait
"$4" serve --status --json >"$3/status"
"$4" serve --stop)";
  const ProgramResult shell =
      runProgram({SMALL_DISK, FULL_DISK, store_, "16", "sh", "-c", kStart, "storm", APPLICATION,
                  barrier_, folder_.path(), GEMMSMITH},
                 surroundings());
  EXPECT_EQ(shell.exit_code, 0) << shell.err;
  for (int i = 0; i < kProcesses; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_FALSE(std::filesystem::exists(folder_.file("failed." + number)))
        << readFile(folder_.file("err." + number));
    ProgramResult result;
    result.out = readFile(folder_.file("out." + number));
    EXPECT_EQ(countsOf(result)["verified"], kKernels) << result.out;
    EXPECT_LE(countsOf(result)["warnings"], 1) << readFile(folder_.file("err." + number));
  }
  const std::string log = readFile(folder_.file("run/service.log"));
  const std::string_view warning = "cannot be kept";
  std::size_t warnings = 0;
  for (std::size_t at = log.find(warning); at != log.npos; at = log.find(warning, at + 1))
    ++warnings;
  EXPECT_EQ(warnings, 1u) << log;
  EXPECT_EQ(nlohmann::json::parse(readFile(folder_.file("status"))).at("compiles"), kKernels)
      << "compiled again, as the store could not keep them";
}

} // namespace
} // namespace gemmsmith
