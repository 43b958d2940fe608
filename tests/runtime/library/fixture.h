// What the tests of the library share: a context on the emulated device and its counters.
#pragma once

#include "runtime/gemmsmith.h"
#include "tests/runtime/library/gemm_on_device.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#define EXPECT_GS(call, status) EXPECT_EQ(call, status) << #call << ": " << gs_last_error()
#define ASSERT_GS(call)         ASSERT_EQ(call, GS_SUCCESS) << #call << ": " << gs_last_error()
#define ASSERT_HIP(call)        ASSERT_EQ(static_cast<int>(call), 0) << #call

namespace gemmsmith {

inline constexpr const char *kObjects = LIBRARY_OBJECTS; // built from kernels.csv
inline constexpr const char *kBundle = LIBRARY_BUNDLE;   // the same in one file
inline constexpr const char *kTable = LIBRARY_TABLE;     // kernels.csv

// Problems of kernels.csv.
inline constexpr Gemm kPlain{.m = 16, .n = 128, .k = 256};
inline constexpr Gemm kSplit{.m = 16, .n = 128, .k = 512};      // 2 tiles, 3 splits
inline constexpr Gemm kManyTiles{.m = 64, .n = 4224, .k = 128}; // 264 tiles, 2 splits
inline constexpr Gemm kSplitBias{.m = 32, .n = 96, .k = 256, .bias = true, .f32_out = true};
inline constexpr Gemm kByPolicy{.m = 16, .n = 64, .k = 320}; // the row names no kernel of ours

class Library : public testing::Test {
protected:
  static gs_options options() {
    gs_options options{};
    options.size = sizeof options;
    options.device = GS_DEVICE_EMULATOR;
    options.objects = kObjects;
    options.tables = kTable;
    options.cache = "off";
    options.service = "off";
    return options;
  }
  // Replaces the context.
  void create(const gs_options &options) {
    gs_context_destroy(context_);
    ASSERT_GS(gs_context_create(&options, &context_));
  }

  void SetUp() override {
    ASSERT_HIP(hipSetDevice(0));
    create(options());
  }
  void TearDown() override {
    EXPECT_EQ(hipDeviceSynchronize(), hipSuccess);
    gs_context_destroy(context_);
  }

  gs_status launch(const GemmOnDevice &gemm, hipStream_t stream = nullptr) {
    const gs_problem problem = gemm.problem();
    const gs_pointers pointers = gemm.pointers();
    return gs_gemm(context_, &problem, &pointers, stream);
  }
  gs_status prepare(const Gemm &gemm, std::vector<gs_stream> streams = {}) {
    const gs_problem problem = problemOf(gemm);
    gs_prepare_options options{};
    options.size = sizeof options;
    options.streams = streams.empty() ? nullptr : streams.data();
    options.stream_count = streams.size();
    return gs_prepare(context_, &problem, 1, &options);
  }
  // Launches once, and says what is wrong.
  std::string run(const Gemm &gemm, hipStream_t stream = nullptr) {
    const GemmOnDevice on_device(gemm);
    if (launch(on_device, stream) != GS_SUCCESS)
      return gs_last_error();
    return on_device.verify();
  }
  gs_counters counters() {
    gs_counters counters{};
    counters.size = sizeof counters;
    EXPECT_GS(gs_get_counters(context_, &counters), GS_SUCCESS);
    return counters;
  }
  static hipStream_t makeStream(unsigned flags = hipStreamNonBlocking) {
    hipStream_t stream = nullptr;
    EXPECT_EQ(hipStreamCreateWithFlags(&stream, flags), hipSuccess);
    return stream;
  }

  gs_context *context_ = nullptr;
};

// Whether the last error of this thread says all of these.
inline testing::AssertionResult lastErrorSays(const std::vector<std::string> &words) {
  const std::string text = gs_last_error();
  for (const std::string &word : words)
    if (text.find(word) == std::string::npos)
      return testing::AssertionFailure() << "\"" << text << "\" does not say \"" << word << "\"";
  return testing::AssertionSuccess();
}

} // namespace gemmsmith
