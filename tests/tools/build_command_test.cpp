// `gemmsmith build` as its users run it, with workers, disks and tables that fail.

#include "runtime/code_object.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <span>
#include <thread>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char *kHeader = "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,"
                                "solidx,splitK,us,kernelName,err_ratio,tflops,bw\n";

constexpr const char *kFirst = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1";
constexpr const char *kSecond = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s3_w1x1x1";
constexpr const char *kThird = "gemm_gfx950_bf16_bf16_ring_t16x64x64_s4_w1x1x1";

std::string row(int m, const std::string &kernel) {
  return "gfx950,256," + std::to_string(m) +
         ",256,1024,False,torch.bfloat16,torch.bfloat16,False,False,gemmsmith,0,0,," + kernel +
         ",,,\n";
}

class Build : public testing::Test {
protected:
  void SetUp() override {
    table_ = (root_ / "three.csv").string();
    out_ = (root_ / "out").string();
    // Four rows, three kernels.
    writeFile(table_,
              kHeader + row(16, kFirst) + row(32, kSecond) + row(48, kThird) + row(64, kThird));
  }

  std::vector<std::string> command(const std::string &table, const char *jobs = "1") const {
    return {GEMMSMITH,   "build", table, "-j", jobs, "-o", out_, "--report", root_ / "report.json",
            "--backend", "llvm"};
  }
  static ProgramOptions fault(const std::string &text = {}) {
    ProgramOptions options;
    options.environment = {{"GEMMSMITH_WORKER", FAULTY_WORKER}, {"GEMMSMITH_TEST_FAULT", text}};
    if (text.empty())
      options.environment["GEMMSMITH_TEST_FAULT"] = "none nothing";
    return options;
  }
  ProgramResult build(const std::string &fault_text = {}) const {
    return runProgram(command(table_), fault(fault_text));
  }
  ProgramResult buildTable(const std::string &bytes) const {
    const std::string path = root_ / "other.csv";
    writeFile(path, bytes);
    return runProgram(command(path), fault());
  }

  std::string object(const std::string &kernel) const { return out_ + "/" + kernel + ".co"; }
  json manifest() const { return json::parse(readFile(out_ + "/manifest.json"), nullptr, false); }
  json report() const { return json::parse(readFile(root_ / "report.json"), nullptr, false); }

  // Names in the output directory that are neither objects nor the build's own files.
  std::vector<std::string> strangers() const {
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(out_)) {
      const std::string name = entry.path().filename();
      if (!name.ends_with(".co") && name != "manifest.json" && name != "build.journal")
        names.push_back(name);
    }
    return names;
  }

  // Everything that a directory may hold at any moment: whole objects under their names.
  void expectNothingHalfWritten() const {
    if (!fs::exists(out_))
      return;
    EXPECT_THAT(strangers(), IsEmpty());
    for (const auto &entry : fs::directory_iterator(out_)) {
      if (entry.path().extension() != ".co")
        continue;
      const std::string bytes = readFile(entry.path());
      const auto parsed = parseCodeObject(std::as_bytes(std::span(bytes)));
      ASSERT_TRUE(parsed) << entry.path() << parsed.error().str();
      ASSERT_EQ(parsed->kernels.size(), 1u);
      EXPECT_EQ(parsed->kernels[0].metadata.name, entry.path().stem());
    }
  }
  void expectRerunCompletes() const {
    const ProgramResult result = build();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(manifest()["objects"].size(), 3u);
    expectNothingHalfWritten();
    EXPECT_FALSE(fs::exists(out_ + "/build.journal"));
  }

  const TemporaryFolder folder_;
  const fs::path root_ = folder_.path();
  std::string table_;
  std::string out_;
};

TEST_F(Build, MakesEachDistinctObjectOnceAndMapsEveryRow) {
  const ProgramResult result = build();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3: 3 compiled, 0 reused, 0 from the store, 0 failed"));
  expectNothingHalfWritten();
  const json m = manifest();
  EXPECT_EQ(m["objects"].size(), 3u);
  ASSERT_EQ(m["rows"].size(), 4u);
  EXPECT_EQ(m["rows"][0]["source"], "three.csv:2");
  EXPECT_EQ(m["rows"][0]["kernel"], kFirst);
  EXPECT_EQ(m["rows"][3]["kernel"], kThird);
  EXPECT_EQ(m["rows"][3]["key"]["m"], 64);
  EXPECT_EQ(m["rows"][3]["launch"]["grid"], json::array({16, 1, 1}));
  EXPECT_EQ(m["objects"][kFirst]["file"], std::string(kFirst) + ".co");
}

TEST_F(Build, ManifestIsTheSameFromAnyDirectoryAndWorkerCount) {
  ASSERT_EQ(build().exit_code, 0);
  const std::string first = readFile(out_ + "/manifest.json");
  fs::create_directory(root_ / "elsewhere");
  fs::rename(table_, root_ / "elsewhere" / "three.csv");
  out_ = root_ / "elsewhere" / "out";
  ASSERT_EQ(runProgram(command(root_ / "elsewhere" / "three.csv", "3"), fault()).exit_code, 0);
  EXPECT_EQ(readFile(out_ + "/manifest.json"), first);
  EXPECT_EQ(first.find(root_.string()), std::string::npos);
}

TEST_F(Build, SecondRunReusesEverything) {
  ASSERT_EQ(build().exit_code, 0);
  const std::string first = readFile(out_ + "/manifest.json");
  const ProgramResult again = build();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("0 compiled, 3 reused"));
  EXPECT_EQ(readFile(out_ + "/manifest.json"), first);
}

TEST_F(Build, AnotherGeneratorRebuildsEverything) {
  ASSERT_EQ(build().exit_code, 0);
  ProgramOptions options = fault();
  options.environment["GEMMSMITH_WORKER"] = LLVM_WORKER;
  const ProgramResult other = runProgram(command(table_), options);
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_THAT(other.out, HasSubstr("3 compiled, 0 reused"));
}

class BuildWithStore : public Build {
protected:
  ProgramOptions withStore(const char *mode = "rw") const {
    ProgramOptions options = fault();
    options.environment["GEMMSMITH_CACHE"] = mode;
    options.environment["GEMMSMITH_CACHE_DIR"] = store();
    return options;
  }
  std::string store() const { return root_ / "store"; }
  std::string bundle() const { return root_ / "kernels.gsb"; }
  ProgramResult run(const std::vector<std::string> &arguments, const char *mode = "rw") const {
    std::vector<std::string> command{GEMMSMITH, "build", "--backend", "llvm"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return runProgram(command, withStore(mode));
  }
  std::size_t entries() const {
    std::size_t count = 0;
    for (const auto &entry : fs::directory_iterator(store()))
      count += entry.path().extension() == ".entry" ? 1 : 0;
    return count;
  }
};

TEST_F(BuildWithStore, ObjectFoundInTheStoreIsNotCompiledAgain) {
  const ProgramResult first = run({table_, "-o", out_});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("3 compiled, 0 reused, 0 from the store"),
                               HasSubstr("store    " + store() + " (rw)")));
  EXPECT_EQ(entries(), 3u);
  const std::string built = readFile(object(kSecond));
  const std::string manifest_before = readFile(out_ + "/manifest.json");
  fs::remove_all(out_);
  const ProgramResult second = run({table_, "-o", out_, "--report", root_ / "report.json"});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("0 compiled, 0 reused, 3 from the store"));
  EXPECT_EQ(readFile(object(kSecond)), built);
  EXPECT_EQ(readFile(out_ + "/manifest.json"), manifest_before);
  EXPECT_EQ(report()["objects_from_store"], 3);
  EXPECT_EQ(report()["objects"][0]["status"], "from_store");
}

TEST_F(BuildWithStore, WhatIsReusedFillsTheStoreToo) {
  ASSERT_EQ(build().exit_code, 0); // without a store
  EXPECT_THAT(run({table_, "-o", out_}).out, HasSubstr("0 compiled, 3 reused"));
  EXPECT_EQ(entries(), 3u);
}

TEST_F(BuildWithStore, KernelAskedForByNameGoesToTheStoreOnly) {
  const ProgramResult result = run({"--config", kFirst});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("objects  1: 1 compiled"));
  EXPECT_EQ(entries(), 1u);
  EXPECT_THAT(run({"--config", kFirst, "--config", kSecond}).out,
              HasSubstr("1 compiled, 0 reused, 1 from the store"));
}

TEST_F(BuildWithStore, NoCacheLeavesItAlone) {
  ASSERT_EQ(run({table_, "-o", out_, "--no-cache"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(store()));
}

TEST_F(BuildWithStore, ReadOnlyStoreIsUsedAndNotFilled) {
  ASSERT_EQ(run({"--config", kFirst}).exit_code, 0);
  const ProgramResult result = run({table_, "-o", out_}, "ro");
  EXPECT_THAT(result.out, HasSubstr("2 compiled, 0 reused, 1 from the store"));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(BuildWithStore, RequiredObjectThatIsMissingFailsWithTheCommandThatBuildsIt) {
  ASSERT_EQ(run({"--config", kFirst, "--config", kThird}).exit_code, 0);
  const ProgramResult result = run({table_, "-o", out_}, "require");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("0 compiled, 0 reused, 2 from the store, 1 failed"));
  EXPECT_THAT(result.err, HasSubstr(std::string("gemmsmith build --config ") + kSecond));
}

TEST_F(BuildWithStore, DamagedEntryIsCompiledAgainAndRepaired) {
  ASSERT_EQ(run({"--config", kFirst}).exit_code, 0);
  for (const auto &entry : fs::directory_iterator(store()))
    writeFile(entry.path(), "no entry");
  const ProgramResult again = run({"--config", kFirst});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.err, HasSubstr("not a readable entry"));
  EXPECT_THAT(again.out, HasSubstr("1 compiled, 0 reused, 0 from the store"));
  EXPECT_THAT(run({"--config", kFirst}).out, HasSubstr("0 compiled, 0 reused, 1 from the store"));
}

TEST_F(BuildWithStore, StoreThatIsRefusedCostsAWarningOnly) {
  fs::create_directory(store());
  fs::permissions(store(), fs::perms::all);
  const ProgramResult result = run({table_, "-o", out_});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("warning: the store is not used"),
                                HasSubstr("others than its owner may write to it")));
  EXPECT_THAT(result.out, HasSubstr("3 compiled"));
}

TEST_F(BuildWithStore, BundleHoldsEveryObjectAndIsTheSameFromTheStore) {
  ASSERT_EQ(run({table_, "--bundle", bundle()}, "off").exit_code, 0);
  const std::string compiled = readFile(bundle());
  ASSERT_EQ(run({table_}).exit_code, 0);
  ASSERT_EQ(run({table_, "--bundle", bundle()}).exit_code, 0);
  EXPECT_EQ(readFile(bundle()), compiled);
  ProgramOptions options = withStore("require");
  options.environment["GEMMSMITH_BUNDLES"] = bundle();
  options.environment["GEMMSMITH_CACHE_DIR"] = root_ / "absent";
  const ProgramResult again =
      runProgram({GEMMSMITH, "build", "--backend", "llvm", table_, "-o", out_}, options);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("3 from the store"));
}

TEST_F(BuildWithStore, BundleIsNotWrittenWhenAnObjectFails) {
  ProgramOptions options = fault(std::string("abort ") + kSecond);
  const ProgramResult result =
      runProgram({GEMMSMITH, "build", "--backend", "llvm", table_, "--bundle", bundle()}, options);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("not written, as objects failed"));
  EXPECT_FALSE(fs::exists(bundle()));
}

TEST_F(BuildWithStore, NowhereToPutWhatIsBuiltIsAUsageError) {
  for (const char *mode : {"off", "ro", "require"}) {
    const ProgramResult result = run({table_}, mode);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("-o or a file with --bundle"));
  }
  EXPECT_EQ(run({}).exit_code, 2);
  EXPECT_EQ(run({table_}, "perhaps").exit_code, 2);
  EXPECT_EQ(run({"--config", "gemm"}).exit_code, 2);
  EXPECT_EQ(run({table_, "--emit", "hip"}).exit_code, 2);
}

TEST_F(Build, DamagedObjectIsMadeAgain) {
  ASSERT_EQ(build().exit_code, 0);
  const std::string good = readFile(object(kSecond));
  std::string bad = good;
  bad[bad.size() / 2] ^= 1;
  writeFile(object(kSecond), bad);
  writeFile(object(kThird), "");
  const ProgramResult again = build();
  EXPECT_THAT(again.out, HasSubstr("2 compiled, 1 reused"));
  EXPECT_EQ(readFile(object(kSecond)), good);
}

TEST_F(Build, AbortInsideLlvmCostsThatKernelOnly) {
  const ProgramResult result = build(std::string("abort ") + kSecond);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(kSecond), HasSubstr("SIGABRT"),
                                HasSubstr("LLVM ERROR: out of registers")));
  EXPECT_TRUE(fs::exists(object(kFirst)));
  EXPECT_FALSE(fs::exists(object(kSecond)));
  EXPECT_TRUE(fs::exists(object(kThird)));
  EXPECT_EQ(manifest()["rows"][1]["kernel"], nullptr);
  EXPECT_EQ(report()["objects_failed"], 1);
  expectNothingHalfWritten();
  expectRerunCompletes();
  EXPECT_EQ(report()["objects_reused"], 2);
}

TEST_F(Build, BytesThatAreNoCodeObjectAreNotStored) {
  const ProgramResult result = build(std::string("lie ") + kFirst);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(kFirst), HasSubstr("made no code object")));
  EXPECT_FALSE(fs::exists(object(kFirst)));
  expectRerunCompletes();
}

TEST_F(Build, WorkerKilledFromOutsideCostsThatKernelOnly) {
  Program program(command(table_), fault(std::string("hang ") + kSecond));
  // The one worker hangs in the second kernel once the first one is there, or in the order of size.
  std::vector<pid_t> workers;
  for (int i = 0; i < 1000 && (workers.empty() || !fs::exists(out_ + "/build.journal")); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    workers = program.children();
  }
  ASSERT_EQ(workers.size(), 1u);
  std::this_thread::sleep_for(std::chrono::seconds(2)); // past the kernels in front of it
  ::kill(workers[0], SIGKILL);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(kSecond), HasSubstr("was killed by SIGKILL")));
  EXPECT_EQ(report()["objects_failed"], 1);
  EXPECT_EQ(report()["objects_compiled"], 2);
  expectNothingHalfWritten();
  expectRerunCompletes();
}

TEST_F(Build, CtrlCEndsWithNothingHalfWrittenAndNoProcessLeft) {
  Program program(command(table_), fault("slow gemm"));
  for (int i = 0; i < 1000 && !fs::exists(object(kFirst)); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const std::vector<pid_t> workers = program.children();
  EXPECT_EQ(workers.size(), 1u);
  program.signal(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted after"));
  for (const pid_t worker : workers)
    EXPECT_FALSE(isAlive(worker));
  EXPECT_FALSE(fs::exists(out_ + "/manifest.json"));
  expectNothingHalfWritten();
  expectRerunCompletes();
  EXPECT_GE(report()["objects_reused"], 1);
}

TEST_F(Build, KilledBuildGoesOnWhereItStopped) {
  Program program(command(table_), fault("slow gemm"));
  for (int i = 0; i < 1000 && !fs::exists(object(kFirst)); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(100)); // the journal's line comes after it
  const std::vector<pid_t> workers = program.children();
  program.signal(SIGKILL);
  EXPECT_EQ(program.wait().exit_code, 128 + SIGKILL);
  writeFile(object(kThird) + ".tmp-a1b2c3", "what a writer left");
  for (int i = 0; i < 200 && isAlive(workers.at(0)); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(isAlive(workers.at(0)));
  expectRerunCompletes();
  EXPECT_GE(report()["objects_reused"], 1);
}

TEST_F(Build, FullDiskIsSaidAndLeavesNothingHalfWritten) {
  ProgramOptions options = fault();
  options.file_size_limit = 1024; // less than any code object
  const ProgramResult result = runProgram(command(table_), options);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr(".co: cannot be written: File too large")));
  EXPECT_FALSE(fs::exists(out_ + "/manifest.json"));
  expectNothingHalfWritten();
  expectRerunCompletes();
}

TEST_F(Build, SecondBuildIntoTheSameDirectoryIsRefused) {
  Program program(command(table_), fault("slow gemm"));
  for (int i = 0; i < 1000 && !fs::exists(out_ + "/build.journal"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const ProgramResult second = build();
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("another build is writing to this directory"));
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_F(Build, OutputThatIsAFileIsSaid) {
  writeFile(out_, "a file");
  const ProgramResult result = build();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(out_));
}

TEST_F(Build, MissingWorkerIsSaid) {
  ProgramOptions options = fault();
  options.environment["GEMMSMITH_WORKER"] = "/nowhere/worker";
  const ProgramResult result = runProgram(command(table_), options);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot start the compile worker /nowhere/worker"));
}

TEST_F(Build, TablesThatAreNoneFailWithOneClearLine) {
  const std::string whole = readFile(table_);
  const std::string elf(readFile(GEMMSMITH).substr(0, 4096));
  for (const std::string &bytes :
       {std::string(), std::string(kHeader), whole.substr(0, whole.size() - 20), elf,
        std::string("\0\0\0\0", 4), std::string("a,b,c\n1,2,3\n")}) {
    const ProgramResult result = buildTable(bytes);
    EXPECT_EQ(result.exit_code, 1) << bytes;
    EXPECT_THAT(result.err, AllOf(HasSubstr("gemmsmith: error: "), HasSubstr("other.csv")));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_FALSE(fs::exists(out_));
  }
}

TEST_F(Build, MissingTableIsSaidByName) {
  const ProgramResult result = runProgram(command("/nowhere/table.csv"), fault());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("/nowhere/table.csv"));
}

TEST_F(Build, StrictRefusesAShapeWithTwoOwners) {
  writeFile(table_, kHeader + row(16, kFirst) + row(16, kSecond));
  auto strict = command(table_);
  strict.push_back("--strict");
  const ProgramResult refused = runProgram(strict, fault());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("three.csv:2"), HasSubstr("three.csv:3")));
  const ProgramResult reported = build();
  EXPECT_EQ(reported.exit_code, 0);
  EXPECT_THAT(reported.err, HasSubstr("both own"));
  EXPECT_EQ(manifest()["rows"][1]["superseded_by"], "three.csv:2");
}

TEST_F(Build, WrongCommandLinesAreUsageErrors) {
  EXPECT_EQ(runProgram({GEMMSMITH, "build"}).exit_code, 2);
  EXPECT_EQ(runProgram({GEMMSMITH, "build", table_}).exit_code, 2);
  EXPECT_EQ(runProgram({GEMMSMITH, "build", table_, "-o", out_, "--arch", "gfx90a"}).exit_code, 2);
  EXPECT_EQ(runProgram({GEMMSMITH, "bulid", table_}).exit_code, 2);
}

} // namespace
} // namespace gemmsmith
