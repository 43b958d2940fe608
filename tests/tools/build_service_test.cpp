// `gemmsmith build --service`: builds whose kernels the compile service compiles.
#include "tests/tools/service_fixture.h"

#include <filesystem>
#include <gmock/gmock.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::size_t kKernels = 16; // in TABLE
// One of them, and the part of its name that no other has.
constexpr const char *kOne = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s4_w1x2x1";
constexpr const char *kOnlyThatOne = "_s4_w1x2x1";

class BuildService : public ServiceTest {
protected:
  using Arguments = std::vector<std::string>;

  std::string out(const std::string &name) const { return folder_.file(name); }
  std::string object(const std::string &name, const std::string &kernel) const {
    return out(name) + "/" + kernel + ".co";
  }

  static Arguments command(const Arguments &arguments) {
    Arguments command{GEMMSMITH, "build"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }
  // Of the whole table, into a directory of its own.
  Arguments tableCommand(const std::string &name, const Arguments &more = {}) const {
    Arguments command{GEMMSMITH, "build",   TABLE,      "--service",
                      "-o",      out(name), "--report", out(name) + ".json"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  ProgramOptions options(const Environment &changes = {}) const {
    Environment all = environment();
    all["GEMMSMITH_SOCKET"] = socket_;
    for (const auto &[name, value] : changes)
      all[name] = value;
    return {.environment = all};
  }
  ProgramResult build(const std::string &name, const Arguments &more = {}) const {
    return runProgram(tableCommand(name, more), options());
  }

  std::size_t count(const std::string &name, const char *what) const {
    return json::parse(readFile(out(name) + ".json"))[what].get<std::size_t>();
  }
  static std::size_t filesIn(const std::string &directory, const char *extension) {
    std::size_t count = 0;
    std::error_code none;
    for (const auto &entry : fs::directory_iterator(directory, none))
      count += entry.path().extension() == extension ? 1 : 0;
    return count;
  }
  // With the manifest: both builds had one compiler.
  void expectSameObjects(const std::string &one, const std::string &other) const {
    EXPECT_EQ(filesIn(out(one), ".co"), kKernels);
    for (const auto &entry : fs::directory_iterator(out(one)))
      EXPECT_EQ(readFile(entry.path()),
                readFile(out(other) + "/" + entry.path().filename().string()));
  }
  bool isAsked() const {
    const json now = status();
    return now.is_object() && now["jobs"] > 0;
  }
};

TEST_F(BuildService, StartsOneAndMakesTheObjectsOfABuildWithWorkers) {
  const ProgramResult with = build("with");
  ASSERT_EQ(with.exit_code, 0) << with.err;
  EXPECT_THAT(with.out, HasSubstr("16: 16 compiled, 0 reused, 0 from the store, 0 failed"));
  EXPECT_EQ(status()["compiles"], kKernels);
  EXPECT_GT(json::parse(readFile(out("with") + ".json"))["compile_seconds"], 0.0);
  const ProgramResult without =
      runProgram(command({TABLE, "-o", out("without")}), options({{"GEMMSMITH_CACHE", "off"}}));
  ASSERT_EQ(without.exit_code, 0) << without.err;
  EXPECT_EQ(status()["compiles"], kKernels) << "the service has nothing to do with it";
  expectSameObjects("with", "without");
}

TEST_F(BuildService, ASecondBuildTakesEverythingFromTheStore) {
  ASSERT_EQ(build("first").exit_code, 0);
  const ProgramResult second = build("second");
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("0 compiled, 0 reused, 16 from the store"));
  EXPECT_EQ(status()["compiles"], kKernels);
  expectSameObjects("first", "second");
}

TEST_F(BuildService, TwoAtOnceHaveEachKernelCompiledOnce) {
  useFault("slow gemm");
  Program first(tableCommand("first"), options(faulty("slow gemm"))),
      second(tableCommand("second"), options(faulty("slow gemm")));
  const ProgramResult one = first.wait(), other = second.wait();
  ASSERT_EQ(one.exit_code, 0) << one.err;
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(status()["compiles"], kKernels);
  expectSameObjects("first", "second");
  EXPECT_EQ(filesIn(store_, ".entry"), kKernels);
  EXPECT_EQ(filesIn(store_, ".lock"), 0u);
}

TEST_F(BuildService, JobsAreTheWorkersOfTheOneThatIsStarted) {
  const ProgramResult started = build("started", {"-j", "3"});
  EXPECT_THAT(started.out, HasSubstr(" s with 3 workers,")) << started.err;
  EXPECT_EQ(status()["workers"], 3);
  const pid_t pid = servicePid();
  EXPECT_THAT(build("other", {"-j", "1"}).out, HasSubstr(" s with 3 workers,"));
  EXPECT_EQ(servicePid(), pid);
}

TEST_F(BuildService, AStoreOfItsOwnIsFilledWithWhatTheServiceFinds) {
  start();
  ASSERT_EQ(build("first").exit_code, 0);
  const std::string own = folder_.file("own");
  const ProgramResult second =
      runProgram(tableCommand("second"), options({{"GEMMSMITH_CACHE_DIR", own}}));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("0 compiled, 0 reused, 16 from the store"));
  EXPECT_EQ(count("second", "compile_seconds"), 0u);
  EXPECT_EQ(filesIn(own, ".entry"), kKernels);
  expectSameObjects("first", "second");
}

TEST_F(BuildService, AllowedSpillsArePartOfTheRequest) {
  start();
  const auto summary = [&](const Arguments &more) {
    Arguments all{"--service", "--config", kOne};
    all.insert(all.end(), more.begin(), more.end());
    return runProgram(command(all), options()).out;
  };
  EXPECT_THAT(summary({}), HasSubstr("1 compiled"));
  EXPECT_THAT(summary({"--allow-spills"}), HasSubstr("1 compiled"));
  EXPECT_THAT(summary({"--allow-spills"}), HasSubstr("1 from the store"));
}

TEST_F(BuildService, AServiceThatIsKilledIsReplaced) {
  Program building(tableCommand("out", {"-j", "2"}), options(faulty("slow gemm")));
  ASSERT_TRUE(comesTrue([&] { return filesIn(out("out"), ".co") > 2 && isAsked(); }));
  const pid_t first = servicePid();
  ::kill(first, SIGKILL);
  const ProgramResult result = building.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(filesIn(out("out"), ".co"), kKernels);
  EXPECT_NE(servicePid(), 0);
  EXPECT_NE(servicePid(), first);
  EXPECT_EQ(status()["workers"], 2);
}

TEST_F(BuildService, AnotherCompilerInTheMiddleIsAnErrorThatSaysSo) {
  Program &service = start({"--workers", "1"}, faulty("slow gemm"));
  // The one that the build starts in its place has the other worker.
  Program building(tableCommand("out"), options());
  ASSERT_TRUE(comesTrue([&] { return filesIn(out("out"), ".co") > 0 && isAsked(); }));
  service.signal(SIGKILL);
  const ProgramResult result = building.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("was replaced by one with another compiler"));
  const ProgramResult again = build("out");
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(count("out", "objects_reused"), 0u);
}

TEST_F(BuildService, CtrlCEndsTheBuildAndLeavesTheService) {
  Program building(tableCommand("out", {"-j", "1"}),
                   options(faulty(std::string("hang ") + kOnlyThatOne)));
  // One of the smallest, hence the last one.
  ASSERT_TRUE(comesTrue([&] { return filesIn(out("out"), ".co") == kKernels - 1 && isAsked(); }));
  const pid_t service = servicePid();
  const auto start = steady_clock::now();
  building.signal(SIGINT);
  const ProgramResult result = building.wait();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted after"));
  EXPECT_FALSE(fs::exists(out("out") + "/manifest.json"));
  EXPECT_EQ(servicePid(), service);
  EXPECT_TRUE(isAsked());
}

TEST_F(BuildService, AKernelThatDoesNotCompileCostsThatKernelOnly) {
  Program building(tableCommand("out"), options(faulty(std::string("abort ") + kOnlyThatOne)));
  const ProgramResult result = building.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("15 compiled, 0 reused, 0 from the store, 1 failed"));
  EXPECT_THAT(result.err, AllOf(HasSubstr(kOne), HasSubstr("LLVM ERROR: out of registers")));
  EXPECT_FALSE(fs::exists(object("out", kOne)));
  EXPECT_EQ(filesIn(out("out"), ".co"), kKernels - 1);
}

TEST_F(BuildService, OneThatCannotStartSaysWhy) {
  const ProgramResult result =
      runProgram(tableCommand("out"), options({{"GEMMSMITH_WORKER", "/nonexistent/worker"}}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot start the compile service: it ended with exit code 1: "
                                    "cannot start the compile worker /nonexistent/worker"));
  EXPECT_FALSE(fs::exists(out("out")));
}

TEST_F(BuildService, WhatTheServiceDecidesIsNoOptionOfTheBuild) {
  for (const Arguments &wrong :
       {Arguments{"--backend", "llvm"}, Arguments{"--emit", "hip"}, Arguments{"--no-cache"}}) {
    Arguments all{TABLE, "--service", "-o", out("out")};
    all.insert(all.end(), wrong.begin(), wrong.end());
    const ProgramResult result = runProgram(command(all), options());
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("leave out --backend, --emit hip and --no-cache"));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_EQ(servicePid(), 0);
}

} // namespace
} // namespace gemmsmith
