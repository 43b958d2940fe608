// What the tests of the HIP runtime share: a fresh device each, its kernels, and short ways to move
// vectors. The tests speak HIP's C interface as HIP 5.2's headers declare it.
#pragma once

#include <hip/hip_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#define OK(call) ASSERT_EQ(static_cast<int>(call), static_cast<int>(hipSuccess)) << #call
// Error codes compare as numbers: HIP's are not printable.
#define EXPECT_HIP(call, code) EXPECT_EQ(static_cast<int>(call), static_cast<int>(code)) << #call

inline std::vector<char> fileBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class HipRuntime : public testing::Test {
protected:
  void SetUp() override {
    OK(hipSetDevice(0));
    OK(hipDeviceReset());
    (void)hipGetLastError();
    OK(hipModuleLoad(&module_, HIPEMU_OBJECTS "/kernels.co"));
  }
  void TearDown() override {
    (void)hipDeviceReset();
    (void)hipGetLastError();
  }

  hipFunction_t kernel(const char *name) {
    hipFunction_t function = nullptr;
    EXPECT_HIP(hipModuleGetFunction(&function, module_, name), hipSuccess);
    return function;
  }
  template <typename T> T *allocate(std::size_t count) {
    void *pointer = nullptr;
    EXPECT_HIP(hipMalloc(&pointer, count * sizeof(T)), hipSuccess);
    return static_cast<T *>(pointer);
  }
  template <typename T> T *upload(const std::vector<T> &values) {
    T *pointer = allocate<T>(values.size());
    EXPECT_HIP(hipMemcpy(pointer, values.data(), values.size() * sizeof(T), hipMemcpyHostToDevice),
               hipSuccess);
    return pointer;
  }
  template <typename T> std::vector<T> download(const T *pointer, std::size_t count) {
    std::vector<T> values(count);
    EXPECT_HIP(hipMemcpy(values.data(), pointer, count * sizeof(T), hipMemcpyDeviceToHost),
               hipSuccess);
    return values;
  }
  // A kernel with arguments (int *values, int n), a thread per value.
  hipError_t onValues(const char *name, int *values, int n, hipStream_t stream) {
    void *parameters[] = {&values, &n};
    return hipModuleLaunchKernel(kernel(name), static_cast<unsigned>(n + 63) / 64, 1, 1, 64, 1, 1,
                                 0, stream, parameters, nullptr);
  }
  hipStream_t stream(unsigned flags = hipStreamNonBlocking) {
    hipStream_t handle = nullptr;
    EXPECT_HIP(hipStreamCreateWithFlags(&handle, flags), hipSuccess);
    return handle;
  }
  hipEvent_t event(unsigned flags = 0) {
    hipEvent_t handle = nullptr;
    EXPECT_HIP(hipEventCreateWithFlags(&handle, flags), hipSuccess);
    return handle;
  }

  hipModule_t module_ = nullptr;
};

inline std::vector<int> counting(int n, int from = 1) {
  std::vector<int> values(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i)
    values[static_cast<std::size_t>(i)] = from + i;
  return values;
}

inline std::vector<int> twice(std::vector<int> values) {
  for (int &value : values)
    value *= 2;
  return values;
}

// Four bytes of what has not been delivered.
inline constexpr int kPoison = static_cast<int>(0xcdcdcdcd);
