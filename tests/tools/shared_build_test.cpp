// Several `gemmsmith build` of one table that fill one store at the same time.

#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kKernels = 7;

class SharedBuild : public testing::Test {
protected:
  void SetUp() override {
    std::string table = "gfx,cu_num,M,N,K,bias,dtype,outdtype,scaleAB,bpreshuffle,libtype,solidx,"
                        "splitK,us,kernelName,err_ratio,tflops,bw\n";
    for (std::size_t i = 0; i < kKernels; ++i)
      table += "gfx950,256," + std::to_string(16 * (i + 1)) +
               ",256,1024,False,torch.bfloat16,torch.bfloat16,False,False,gemmsmith,0,0,,"
               "gemm_gfx950_bf16_bf16_ring_t16x64x64_s" +
               std::to_string(i + 2) + "_w1x1x1,,,\n";
    folder_.write("table.csv", table);
  }

  std::string out(const std::string &name) const { return folder_.file(name); }
  // With one worker, which takes 0.3 s for each kernel.
  std::vector<std::string> command(const std::string &name) const {
    return {GEMMSMITH, "build",    folder_.file("table.csv"), "-j",        "1",   "-o",
            out(name), "--report", out(name) + ".json",       "--backend", "llvm"};
  }
  ProgramOptions environment(const char *mode = "rw") const {
    return {.environment = {{"GEMMSMITH_WORKER", FAULTY_WORKER},
                            {"GEMMSMITH_TEST_FAULT", "slow gemm"},
                            {"GEMMSMITH_CACHE", mode},
                            {"GEMMSMITH_CACHE_DIR", store()}}};
  }
  std::string store() const { return folder_.file("store"); }

  std::size_t count(const std::string &name, const char *what) const {
    return json::parse(readFile(out(name) + ".json"))[what].get<std::size_t>();
  }
  std::size_t filesInStore(const std::string &extension) const {
    std::size_t count = 0;
    std::error_code none;
    for (const auto &entry : fs::directory_iterator(store(), none))
      count += entry.path().extension() == extension ? 1 : 0;
    return count;
  }
  void expectSameObjects(const std::string &one, const std::string &other) const {
    std::size_t objects = 0;
    for (const auto &entry : fs::directory_iterator(out(one)))
      if (entry.path().extension() == ".co") {
        ++objects;
        EXPECT_EQ(readFile(entry.path()),
                  readFile(out(other) + "/" + entry.path().filename().string()));
      }
    EXPECT_EQ(objects, kKernels);
    EXPECT_EQ(readFile(out(one) + "/manifest.json"), readFile(out(other) + "/manifest.json"));
  }

  const TemporaryFolder folder_;
};

TEST_F(SharedBuild, TwoBuildsCompileEachKernelOnce) {
  Program first(command("first"), environment()), second(command("second"), environment());
  const ProgramResult one = first.wait(), other = second.wait();
  ASSERT_EQ(one.exit_code, 0) << one.err;
  ASSERT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(count("first", "objects_compiled") + count("second", "objects_compiled"), kKernels);
  EXPECT_GT(count("first", "objects_compiled"), 0u);
  EXPECT_GT(count("second", "objects_compiled"), 0u);
  expectSameObjects("first", "second");
  EXPECT_EQ(filesInStore(".entry"), kKernels);
  EXPECT_EQ(filesInStore(".lock"), 0u);
}

TEST_F(SharedBuild, AKilledBuildLeavesItsKernelsToTheOther) {
  Program killed(command("killed"), environment());
  for (int i = 0; i < 3000 && filesInStore(".lock") == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_GT(filesInStore(".lock"), 0u);
  Program other(command("other"), environment());
  while (filesInStore(".entry") == 0 && isAlive(killed.pid()))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait().exit_code, 128 + SIGKILL);
  const ProgramResult result = other.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(count("other", "objects_compiled") + count("other", "objects_from_store"), kKernels);
  EXPECT_EQ(filesInStore(".entry"), kKernels);
}

TEST_F(SharedBuild, WithoutAStoreEachCompilesEverything) {
  Program first(command("first"), environment("off")),
      second(command("second"), environment("off"));
  EXPECT_EQ(first.wait().exit_code, 0);
  EXPECT_EQ(second.wait().exit_code, 0);
  EXPECT_EQ(count("first", "objects_compiled"), kKernels);
  EXPECT_EQ(count("second", "objects_compiled"), kKernels);
  expectSameObjects("first", "second");
}

} // namespace
} // namespace gemmsmith
