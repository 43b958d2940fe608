// Modules, launches, attributes of functions, occupancy, and what a wrong kernel leads to.
#include "fixture.h"

#include <algorithm>
#include <dlfcn.h>
#include <hip/hip_ext.h>

namespace {

TEST_F(HipRuntime, CodeObjectsAndBundlesLoadFromMemoryAndDamagedOnesDoNot) {
  for (const char *file : {HIPEMU_OBJECTS "/kernels.co", HIPEMU_OBJECTS "/kernels.hipfb"}) {
    auto bytes = fileBytes(file);
    ASSERT_GT(bytes.size(), 1000u) << file;
    hipModule_t module = nullptr;
    hipFunction_t function = nullptr;
    OK(hipModuleLoadData(&module, bytes.data()));
    bytes.assign(bytes.size(), 0); // the module has its own copy
    OK(hipModuleGetFunction(&function, module, "add"));
    EXPECT_HIP(hipModuleGetFunction(&function, module, "subtract"), hipErrorNotFound);
    OK(hipModuleUnload(module));
    EXPECT_HIP(hipModuleUnload(module), hipErrorInvalidHandle);
    EXPECT_HIP(hipModuleGetFunction(&function, module, "add"), hipErrorInvalidHandle);
  }
  hipModule_t module = nullptr;
  std::vector<char> garbage(4096, 'x');
  EXPECT_HIP(hipModuleLoadData(&module, garbage.data()), hipErrorInvalidImage);
  std::memcpy(garbage.data(), "CCOB", 4);
  testing::internal::CaptureStderr();
  EXPECT_HIP(hipModuleLoadData(&module, garbage.data()), hipErrorInvalidImage);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("compressed"), std::string::npos);
  EXPECT_HIP(hipModuleLoad(&module, "/nonexistent"), hipErrorFileNotFound);
  EXPECT_HIP(hipModuleLoadData(&module, nullptr), hipErrorInvalidValue);
}

TEST_F(HipRuntime, CodeForAnotherDeviceIsRefusedByName) {
  auto bundle = fileBytes(HIPEMU_OBJECTS "/kernels.hipfb");
  // Both targets are in the bundle; without ours nothing is left for this device.
  std::string text(bundle.begin(), bundle.end());
  for (std::size_t at = text.find("gfx950"); at != text.npos && at < 4096;
       at = text.find("gfx950", at + 1))
    text.replace(at, 6, "gfx90a");
  hipModule_t module = nullptr;
  testing::internal::CaptureStderr();
  EXPECT_HIP(hipModuleLoadData(&module, text.data()), hipErrorNoBinaryForGpu);
  auto said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("gfx942"), std::string::npos) << said;
  auto other = fileBytes(HIPEMU_OBJECTS "/kernels_gfx942.co");
  EXPECT_HIP(hipModuleLoadData(&module, other.data()), hipErrorNoBinaryForGpu);
}

TEST_F(HipRuntime, TruncatedFilesAreErrors) {
  auto bytes = fileBytes(HIPEMU_OBJECTS "/kernels.hipfb");
  std::string path = testing::TempDir() + "hipemu_truncated.hipfb";
  for (std::size_t size : {0u, 10u, 24u, 31u, 40u, 60u, 100u, 5000u}) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
    hipModule_t module = nullptr;
    EXPECT_HIP(hipModuleLoad(&module, path.c_str()), hipErrorInvalidImage) << size;
  }
}

TEST_F(HipRuntime, ArgumentsOfMixedSizesArriveBothWays) {
  double *out = allocate<double>(1), d = 0.125;
  char c = -3;
  short s = 300;
  int i = 1 << 20;
  void *parameters[] = {&out, &c, &s, &d, &i};
  OK(hipModuleLaunchKernel(kernel("mixed"), 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr));
  EXPECT_EQ(download(out, 1)[0], -3 + 300 + 0.125 + (1 << 20));
  struct {
    double *out;
    char c;
    short s;
    double d;
    int i;
  } buffer{out, 5, -7, 2.5, 100};
  std::size_t bytes = sizeof buffer; // with the padding at its end
  void *extra[] = {HIP_LAUNCH_PARAM_BUFFER_POINTER, &buffer, HIP_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                   HIP_LAUNCH_PARAM_END};
  OK(hipModuleLaunchKernel(kernel("mixed"), 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra));
  buffer.i = 0; // taken at the call
  EXPECT_EQ(download(out, 1)[0], 5 - 7 + 2.5 + 100);
  bytes = 20;
  EXPECT_HIP(hipModuleLaunchKernel(kernel("mixed"), 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra),
             hipErrorInvalidValue);
  EXPECT_HIP(
      hipModuleLaunchKernel(kernel("mixed"), 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, extra),
      hipErrorInvalidValue);
  EXPECT_HIP(
      hipModuleLaunchKernel(kernel("mixed"), 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, nullptr),
      hipErrorInvalidValue);
}

TEST_F(HipRuntime, LaunchesThatNoDeviceCanDoAreRefused) {
  int *values = upload(counting(64)), n = 64;
  void *parameters[] = {&values, &n};
  auto launch = [&](unsigned grid, unsigned x, unsigned y, unsigned lds) {
    return hipModuleLaunchKernel(kernel("reverse"), grid, 1, 1, x, y, 1, lds, nullptr, parameters,
                                 nullptr);
  };
  EXPECT_HIP(launch(0, 64, 1, 256), hipErrorInvalidConfiguration);
  EXPECT_HIP(launch(1, 0, 1, 256), hipErrorInvalidConfiguration);
  EXPECT_HIP(launch(1, 512, 1, 256), hipErrorInvalidConfiguration); // compiled for 256
  EXPECT_HIP(launch(1, 64, 32, 256), hipErrorInvalidConfiguration);
  EXPECT_HIP(launch(1, 64, 1, 163841), hipErrorLaunchOutOfResources);
  EXPECT_HIP(launch(1u << 30, 64, 1, 256), hipErrorInvalidConfiguration);
  EXPECT_HIP(hipModuleLaunchKernel(nullptr, 1, 1, 1, 64, 1, 1, 0, nullptr, parameters, nullptr),
             hipErrorInvalidHandle);
  OK(launch(1, 64, 1, 256)); // none of this broke the device
  std::vector<int> expected = counting(64);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(download(values, 64), expected);
}

TEST_F(HipRuntime, TheExtendedLaunchCountsThreadsAndTimesTheKernel) {
  int *values = upload(counting(256)), n = 256;
  void *parameters[] = {&values, &n};
  hipEvent_t start = event(), stop = event();
  OK(hipExtModuleLaunchKernel(kernel("double_in_place"), 256, 1, 1, 64, 1, 1, 0, nullptr,
                              parameters, nullptr, start, stop, 0));
  OK(hipEventSynchronize(stop));
  float milliseconds = 0;
  OK(hipEventElapsedTime(&milliseconds, start, stop));
  EXPECT_GT(milliseconds, 0.f);
  EXPECT_EQ(download(values, 256), twice(counting(256)));
  EXPECT_HIP(hipExtModuleLaunchKernel(kernel("double_in_place"), 250, 1, 1, 64, 1, 1, 0, nullptr,
                                      parameters, nullptr),
             hipErrorInvalidConfiguration);
}

TEST_F(HipRuntime, GlobalsAreReadAndWrittenByAddress) {
  hipDeviceptr_t address = nullptr;
  std::size_t bytes = 0;
  OK(hipModuleGetGlobal(&address, &bytes, module_, "offset_by"));
  EXPECT_EQ(bytes, 16u);
  EXPECT_EQ(download(static_cast<int *>(address), 4), (std::vector<int>{10, 20, 30, 40}));
  int changed[4] = {1, 2, 3, 4};
  OK(hipMemcpyHtoD(address, changed, sizeof changed));
  int *values = upload(counting(6, 0));
  OK(onValues("add_offset", values, 6, nullptr));
  EXPECT_EQ(download(values, 6), (std::vector<int>{1, 3, 5, 7, 5, 7}));
  EXPECT_HIP(hipModuleGetGlobal(&address, &bytes, module_, "add"), hipErrorNotFound);
  EXPECT_HIP(hipFree(address), hipErrorInvalidValue);
}

TEST_F(HipRuntime, AnUnloadedModuleStillServesWhatWasLaunched) {
  int *values = upload(counting(64));
  hipFunction_t function = kernel("double_in_place");
  hipStream_t s = stream();
  OK(onValues("double_in_place", values, 64, s));
  OK(hipModuleUnload(module_));
  OK(hipStreamSynchronize(s));
  EXPECT_EQ(download(values, 64), twice(counting(64)));
  int value = 0;
  EXPECT_HIP(hipFuncGetAttribute(&value, HIP_FUNC_ATTRIBUTE_NUM_REGS, function),
             hipErrorInvalidDeviceFunction);
}

TEST_F(HipRuntime, FunctionsTellWhatTheyUse) {
  auto attribute = [&](const char *name, hipFunction_attribute which) {
    int value = -1;
    EXPECT_HIP(hipFuncGetAttribute(&value, which, kernel(name)), hipSuccess);
    return value;
  };
  EXPECT_EQ(attribute("reverse", HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 256);
  EXPECT_EQ(attribute("add", HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 1024);
  EXPECT_EQ(attribute("much_lds", HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 40000);
  EXPECT_EQ(attribute("much_lds", HIP_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES), 123840);
  EXPECT_EQ(attribute("add", HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 0);
  EXPECT_GT(attribute("add", HIP_FUNC_ATTRIBUTE_NUM_REGS), 0);
  hipFuncAttributes all{};
  OK(hipFuncGetAttributes(&all, kernel("much_lds")));
  EXPECT_EQ(all.sharedSizeBytes, 40000u);
  EXPECT_EQ(all.maxThreadsPerBlock, 64);
  EXPECT_HIP(
      hipFuncSetAttribute(kernel("reverse"), hipFuncAttributeMaxDynamicSharedMemorySize, 163840),
      hipSuccess);
  EXPECT_HIP(
      hipFuncSetAttribute(kernel("reverse"), hipFuncAttributeMaxDynamicSharedMemorySize, 163841),
      hipErrorInvalidValue);
  EXPECT_HIP(hipFuncGetAttributes(&all, &all), hipErrorInvalidDeviceFunction);
}

// 8 waves per SIMD and 4 SIMDs; LDS comes in granules of 1,280 bytes out of 163,840.
TEST_F(HipRuntime, OccupancyFollowsWavesAndLds) {
  auto blocks = [&](const char *name, int threads, std::size_t lds) {
    int value = -1;
    EXPECT_HIP(
        hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(&value, kernel(name), threads, lds),
        hipSuccess);
    return value;
  };
  EXPECT_EQ(blocks("add", 64, 0), 32);
  EXPECT_EQ(blocks("add", 256, 0), 8);
  EXPECT_EQ(blocks("add", 257, 0), 6); // five waves
  EXPECT_EQ(blocks("add", 1024, 0), 2);
  EXPECT_EQ(blocks("much_lds", 64, 0), 4); // 32 granules each, of 128
  EXPECT_EQ(blocks("much_lds", 64, 40960 - 40000), 4);
  EXPECT_EQ(blocks("much_lds", 64, 40961 - 40000), 3);
  EXPECT_EQ(blocks("reverse", 64, 163840), 1);
  EXPECT_EQ(blocks("reverse", 64, 163841), 0);
  EXPECT_EQ(blocks("reverse", 512, 0), 0); // compiled for 256
  int grid = 0, threads = 0;
  OK(hipModuleOccupancyMaxPotentialBlockSize(&grid, &threads, kernel("add"), 0, 0));
  EXPECT_EQ(threads, 1024);
  EXPECT_EQ(grid, 2 * 256);
  OK(hipModuleOccupancyMaxPotentialBlockSize(&grid, &threads, kernel("add"), 0, 300));
  EXPECT_EQ(threads, 256); // 300 threads would leave lanes empty
  EXPECT_EQ(grid, 8 * 256);
  EXPECT_HIP(hipModuleOccupancyMaxPotentialBlockSize(&grid, &threads, nullptr, 0, 0),
             hipErrorInvalidDeviceFunction);
}

TEST_F(HipRuntime, CooperativeLaunchesMustFitTheDevice) {
  using Launch = hipError_t (*)(hipFunction_t, unsigned, unsigned, unsigned, unsigned, unsigned,
                                unsigned, unsigned, hipStream_t, void **);
  auto launch = reinterpret_cast<Launch>(dlsym(RTLD_DEFAULT, "hipModuleLaunchCooperativeKernel"));
  ASSERT_NE(launch, nullptr);
  int *out = allocate<int>(64);
  void *parameters[] = {&out};
  OK(launch(kernel("much_lds"), 2, 1, 1, 64, 1, 1, 0, nullptr, parameters));
  auto result = download(out, 64);
  for (int t = 0; t < 64; ++t)
    EXPECT_EQ(result[static_cast<std::size_t>(t)], 9999 - t * 64 - (63 - t));
  EXPECT_HIP(launch(kernel("much_lds"), 4 * 256 + 1, 1, 1, 64, 1, 1, 0, nullptr, parameters),
             hipErrorCooperativeLaunchTooLarge);
}

// HIP_LAUNCH_CONFIG and hipLaunchAttribute of HIP 7, which HIP 5's header lacks.
TEST_F(HipRuntime, LaunchesByConfigurationHonourTheirAttributes) {
  struct Attribute {
    int id;
    int padding;
    int value[16];
  };
  struct Config {
    unsigned grid[3], block[3], lds_bytes;
    hipStream_t stream;
    Attribute *attributes;
    unsigned count;
  };
  using Launch = hipError_t (*)(const Config *, hipFunction_t, void **, void **);
  auto launch = reinterpret_cast<Launch>(dlsym(RTLD_DEFAULT, "hipDrvLaunchKernelEx"));
  ASSERT_NE(launch, nullptr);
  int *values = upload(counting(64)), n = 64;
  void *parameters[] = {&values, &n};
  Attribute attributes[] = {{4, 0, {1, 1, 1}}, {2, 0, {1}}};
  Config config{{1, 1, 1}, {64, 1, 1}, 256, nullptr, attributes, 2};
  OK(launch(&config, kernel("reverse"), parameters, nullptr));
  std::vector<int> expected = counting(64);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(download(values, 64), expected);
  config.grid[0] = 32 * 256 + 1; // one workgroup more than the device can hold
  EXPECT_HIP(launch(&config, kernel("reverse"), parameters, nullptr),
             hipErrorCooperativeLaunchTooLarge);
  attributes[0].value[0] = 2; // a cluster
  EXPECT_HIP(launch(&config, kernel("reverse"), parameters, nullptr), hipErrorNotSupported);
  attributes[0].id = 77;
  EXPECT_HIP(launch(&config, kernel("reverse"), parameters, nullptr), hipErrorInvalidValue);
  EXPECT_HIP(launch(&config, nullptr, parameters, nullptr), hipErrorInvalidHandle);
  EXPECT_HIP(launch(nullptr, kernel("reverse"), parameters, nullptr), hipErrorInvalidValue);
}

TEST_F(HipRuntime, AFindingFailsTheDeviceUntilItIsReset) {
  int *out = allocate<int>(1), *in = upload(counting(4)), n = 4;
  void *parameters[] = {&out, &in, &n};
  auto overrun = [&] {
    return hipModuleLaunchKernel(kernel("overrun"), 1, 1, 1, 64, 1, 1, 0, nullptr, parameters,
                                 nullptr);
  };
  testing::internal::CaptureStderr();
  OK(overrun()); // found when it runs
  EXPECT_HIP(hipDeviceSynchronize(), hipErrorLaunchFailure);
  auto said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("kernel overrun"), std::string::npos) << said;
  EXPECT_NE(said.find("past the end of the 16-byte allocation"), std::string::npos) << said;
  EXPECT_HIP(overrun(), hipErrorLaunchFailure);
  EXPECT_HIP(hipMemcpy(&n, in, 4, hipMemcpyDeviceToHost), hipErrorLaunchFailure);
  EXPECT_HIP(hipStreamSynchronize(nullptr), hipErrorLaunchFailure);
  EXPECT_HIP(hipGetLastError(), hipErrorLaunchFailure);
  OK(hipDeviceReset());
  int *again = upload(counting(4));
  EXPECT_EQ(download(again, 4), counting(4));
}

} // namespace
