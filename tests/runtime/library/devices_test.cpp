// HIP libraries other than the emulated device's, chosen by option or by the environment.
#include "tests/runtime/library/fixture.h"

#include <atomic>
#include <cstdlib>
#include <thread>

namespace gemmsmith {
namespace {

class OtherHip : public Library {
protected:
  void TearDown() override {
    ::unsetenv("GEMMSMITH_DEVICE");
    ::unsetenv("GEMMSMITH_HIP_LIBRARY");
    Library::TearDown();
  }
  static std::string library(const std::string &name) {
    return std::string(NULL_HIP_FOLDER) + "/" + name + ".so";
  }
  void createWith(const std::string &name) {
    path_ = library(name);
    gs_options other = options();
    other.device = GS_DEVICE_HIP;
    other.hip_library = path_.c_str();
    create(other);
  }

  std::string path_;
};

TEST_F(OtherHip, LaunchesThroughTheLibraryThatIsNamed) {
  createWith("null_hip6");
  const GemmOnDevice gemm(kSplit);
  EXPECT_GS(launch(gemm), GS_SUCCESS);
  EXPECT_EQ(counters().launches, 1u);
  EXPECT_NE(gemm.verify(), ""); // nobody computed anything
}

// A HIP without locks, which would order what the library must order itself (for ThreadSanitizer).
TEST_F(OtherHip, ThreadsLaunchWhileOthersPrepare) {
  constexpr int kThreads = 8;
  constexpr int kRows = 16;
  createWith("null_hip6");
  alignas(256) static std::byte operand[256];
  std::atomic<int> failures{0};
  const auto work = [&](int index) {
    const auto stream = reinterpret_cast<gs_stream>(std::uintptr_t{4096} * (index % 4 + 1u));
    gs_pointers pointers{};
    pointers.a = pointers.b = pointers.c = operand;
    for (int round = 0; round < 20; ++round)
      for (int m = 1; m <= kRows; ++m)
        for (const Gemm &gemm : {kPlain, kSplit}) {
          gs_problem problem = problemOf(gemm);
          problem.m = (m + 2 * index) % kRows + 1;
          failures += gs_gemm(context_, &problem, &pointers, stream) != GS_SUCCESS;
        }
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back(work, i);
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(counters().launches, std::uint64_t{kThreads} * 20 * kRows * 2);
  EXPECT_EQ(counters().prepared, std::uint64_t{kRows} * 2);
  EXPECT_EQ(counters().loads, 2u);
}

TEST_F(OtherHip, ADeviceOfAnotherProcessorIsNamedBeforeAnythingIsLookedFor) {
  createWith("null_hip5");
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_TARGET);
  EXPECT_TRUE(lastErrorSays({"the kernel is for gfx950", "the device is gfx942:sramecc+:xnack-"}));
  EXPECT_EQ(counters().hits[GS_TIER_DIRECTORY], 0u);
}

TEST_F(OtherHip, AModuleThatDoesNotLoadIsHipsError) {
  createWith("null_hip_no_load");
  EXPECT_GS(launch(GemmOnDevice(kPlain)), GS_ERROR_HIP);
  EXPECT_TRUE(lastErrorSays({"t16x64x64_s3_w1x2x1: hipModuleLoadData: out of memory (2)"}));
  EXPECT_EQ(counters().prepared, 0u);
}

TEST_F(OtherHip, ALibraryThatLacksAFunctionOrIsNotThereIsNamed) {
  gs_options other = options();
  other.device = GS_DEVICE_HIP;
  gs_context *context = nullptr;
  const std::string lacking = library("null_hip_no_launch");
  other.hip_library = lacking.c_str();
  EXPECT_GS(gs_context_create(&other, &context), GS_ERROR_NO_HIP);
  EXPECT_TRUE(lastErrorSays({lacking, "lacks hipModuleLaunchKernel"}));
  other.hip_library = "/nonexistent/libamdhip64.so";
  EXPECT_GS(gs_context_create(&other, &context), GS_ERROR_NO_HIP);
  EXPECT_TRUE(lastErrorSays({"/nonexistent/libamdhip64.so"}));
  EXPECT_EQ(context, nullptr);
}

TEST_F(OtherHip, TheEnvironmentChoosesWhereOptionsAreSilent) {
  gs_options silent = options();
  silent.device = GS_DEVICE_DEFAULT;
  ASSERT_EQ(::setenv("GEMMSMITH_DEVICE", "emulator", 1), 0);
  create(silent);
  EXPECT_EQ(run(kPlain), "");

  ASSERT_EQ(::setenv("GEMMSMITH_DEVICE", "hip", 1), 0);
  ASSERT_EQ(::setenv("GEMMSMITH_HIP_LIBRARY", library("null_hip6").c_str(), 1), 0);
  create(silent);
  EXPECT_NE(run(kPlain), "");
  EXPECT_EQ(counters().launches, 1u);

  ASSERT_EQ(::setenv("GEMMSMITH_DEVICE", "cuda", 1), 0);
  gs_context *context = nullptr;
  EXPECT_GS(gs_context_create(&silent, &context), GS_ERROR_INVALID);
  EXPECT_TRUE(lastErrorSays({"GEMMSMITH_DEVICE", "'cuda'"}));
}

} // namespace
} // namespace gemmsmith
