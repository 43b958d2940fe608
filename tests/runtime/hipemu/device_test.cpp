// Devices, attributes, contexts and error codes. The program runs with two devices.
#include "fixture.h"

#include <cstdlib>
#include <thread>

namespace {

// Before the first call of the interface, which reads it.
const int kTwoDevices = setenv("GEMMSMITH_EMULATOR_DEVICES", "2", 1);

int attribute(hipDeviceAttribute_t which) {
  int value = -1;
  EXPECT_HIP(hipDeviceGetAttribute(&value, which, 0), hipSuccess);
  return value;
}

TEST_F(HipRuntime, AttributesAreThoseOfAnMi355x) {
  EXPECT_EQ(kTwoDevices, 0);
  EXPECT_EQ(attribute(hipDeviceAttributeWarpSize), 64);
  EXPECT_EQ(attribute(hipDeviceAttributeMultiprocessorCount), 256);
  EXPECT_EQ(attribute(hipDeviceAttributeMaxThreadsPerBlock), 1024);
  EXPECT_EQ(attribute(hipDeviceAttributeMaxBlockDimY), 1024);
  EXPECT_EQ(attribute(hipDeviceAttributeMaxSharedMemoryPerBlock), 163840);
  EXPECT_EQ(attribute(hipDeviceAttributeClockRate), 2400000);
  EXPECT_EQ(attribute(hipDeviceAttributeL2CacheSize), 4194304);
  EXPECT_EQ(attribute(hipDeviceAttributeComputeCapabilityMajor), 9);
  EXPECT_EQ(attribute(hipDeviceAttributeComputeCapabilityMinor), 5);
  EXPECT_EQ(attribute(hipDeviceAttributeMaxThreadsPerMultiProcessor), 2048);
  EXPECT_EQ(attribute(hipDeviceAttributeComputeMode), 0);
  EXPECT_EQ(attribute(hipDeviceAttributeIntegrated), 0);
  int value = 7;
  EXPECT_HIP(hipDeviceGetAttribute(&value, static_cast<hipDeviceAttribute_t>(5000), 0),
             hipErrorInvalidValue);
  EXPECT_EQ(value, 7);
  EXPECT_HIP(hipDeviceGetAttribute(nullptr, hipDeviceAttributeWarpSize, 0), hipErrorInvalidValue);
  EXPECT_HIP(hipDeviceGetAttribute(&value, hipDeviceAttributeWarpSize, 2), hipErrorInvalidDevice);
}

TEST_F(HipRuntime, DevicesAreCountedNamedAndFoundByTheirBus) {
  int count = 0, found = -1;
  OK(hipGetDeviceCount(&count));
  EXPECT_EQ(count, 2);
  char text[64], first[64];
  OK(hipDeviceGetName(text, sizeof text, 1));
  EXPECT_STREQ(text, "AMD Instinct MI355X");
  EXPECT_HIP(hipDeviceGetName(text, 4, 1), hipErrorInvalidValue);
  EXPECT_STREQ(text, "AMD");
  OK(hipDeviceGetPCIBusId(first, sizeof first, 0));
  OK(hipDeviceGetPCIBusId(text, sizeof text, 1));
  EXPECT_STRNE(first, text);
  OK(hipDeviceGetByPCIBusId(&found, text));
  EXPECT_EQ(found, 1);
  EXPECT_HIP(hipDeviceGetByPCIBusId(&found, "ffff:00:00.0"), hipErrorInvalidValue);
  hipUUID a, b;
  OK(hipDeviceGetUuid(&a, 0));
  OK(hipDeviceGetUuid(&b, 1));
  EXPECT_NE(std::memcmp(&a, &b, sizeof a), 0);
  std::size_t bytes = 0;
  OK(hipDeviceTotalMem(&bytes, 1));
  EXPECT_EQ(bytes, std::size_t{288} << 30);
  EXPECT_HIP(hipSetDevice(2), hipErrorInvalidDevice);
  EXPECT_HIP(hipSetDevice(-1), hipErrorInvalidDevice);
  EXPECT_HIP(hipInit(1), hipErrorInvalidValue);
}

TEST_F(HipRuntime, EachThreadHasItsOwnDeviceAndLastError) {
  OK(hipSetDevice(1));
  EXPECT_HIP(hipMalloc(nullptr, 4), hipErrorInvalidValue);
  int device = -1, error = -1;
  std::thread([&] {
    (void)hipGetDevice(&device);
    error = hipGetLastError();
  }).join();
  EXPECT_EQ(device, 0);
  EXPECT_EQ(error, hipSuccess);
  EXPECT_HIP(hipPeekAtLastError(), hipErrorInvalidValue);
  OK(hipGetDevice(&device)); // a success does not clear it
  EXPECT_EQ(device, 1);
  EXPECT_HIP(hipGetLastError(), hipErrorInvalidValue);
  EXPECT_HIP(hipGetLastError(), hipSuccess);
}

TEST_F(HipRuntime, MemoryIsCountedPerDevice) {
  std::size_t free0 = 0, free1 = 0, total = 0;
  OK(hipMemGetInfo(&free0, &total));
  EXPECT_EQ(total, std::size_t{288} << 30);
  OK(hipSetDevice(1));
  void *big = nullptr, *more = nullptr;
  OK(hipMalloc(&big, std::size_t{200} << 30));
  OK(hipMemGetInfo(&free1, &total));
  EXPECT_EQ(free1, std::size_t{88} << 30);
  EXPECT_HIP(hipMalloc(&more, std::size_t{89} << 30), hipErrorOutOfMemory);
  EXPECT_EQ(more, nullptr);
  std::size_t now = 0;
  OK(hipSetDevice(0));
  OK(hipMemGetInfo(&now, &total));
  EXPECT_EQ(now, free0);
  OK(hipFree(big));
  OK(hipSetDevice(1));
  OK(hipMemGetInfo(&free1, &total));
  EXPECT_EQ(free1, total);
}

TEST_F(HipRuntime, PeersReachEachOthersMemory) {
  int can = -1;
  OK(hipDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_EQ(can, 1);
  OK(hipDeviceCanAccessPeer(&can, 1, 1));
  EXPECT_EQ(can, 0);
  OK(hipDeviceEnablePeerAccess(1, 0));
  EXPECT_HIP(hipDeviceEnablePeerAccess(1, 0), hipErrorPeerAccessAlreadyEnabled);
  int *source = upload(counting(100));
  OK(hipSetDevice(1));
  int *copy = allocate<int>(100);
  OK(hipMemcpyPeer(copy, 1, source, 0, 400));
  EXPECT_EQ(download(copy, 100), counting(100));
  EXPECT_HIP(hipMemcpyPeer(copy, 2, source, 0, 400), hipErrorInvalidDevice);
  OK(hipSetDevice(0));
  OK(hipDeviceDisablePeerAccess(1));
  EXPECT_HIP(hipDeviceDisablePeerAccess(1), hipErrorPeerAccessNotEnabled);
  OK(hipSetDevice(1));
  OK(hipDeviceReset());
}

TEST_F(HipRuntime, ContextsStackAndCarryTheDevice) {
  hipCtx_t second = nullptr, current = nullptr, primary = nullptr;
  hipDevice_t device = -1;
  OK(hipDevicePrimaryCtxRetain(&primary, 0));
  OK(hipCtxGetCurrent(&current));
  EXPECT_EQ(current, primary);
  OK(hipCtxCreate(&second, 0, 1));
  OK(hipCtxGetDevice(&device));
  EXPECT_EQ(device, 1);
  OK(hipCtxPushCurrent(primary));
  OK(hipCtxGetDevice(&device));
  EXPECT_EQ(device, 0);
  OK(hipCtxPopCurrent(&current));
  EXPECT_EQ(current, primary);
  OK(hipCtxGetDevice(&device));
  EXPECT_EQ(device, 1);
  OK(hipCtxDestroy(second));
  EXPECT_HIP(hipCtxDestroy(second), hipErrorInvalidContext);
  EXPECT_HIP(hipCtxSetCurrent(second), hipErrorInvalidContext);
  EXPECT_HIP(hipCtxPopCurrent(&current), hipErrorInvalidContext);
  OK(hipDevicePrimaryCtxRelease(0));
}

TEST_F(HipRuntime, ErrorsHaveNamesAndSentences) {
  EXPECT_STREQ(hipGetErrorName(hipSuccess), "hipSuccess");
  EXPECT_STREQ(hipGetErrorName(hipErrorLaunchFailure), "hipErrorLaunchFailure");
  EXPECT_STREQ(hipGetErrorName(hipErrorStreamCaptureWrongThread),
               "hipErrorStreamCaptureWrongThread");
  EXPECT_STREQ(hipGetErrorName(static_cast<hipError_t>(12345)), "hipErrorUnknown");
  EXPECT_STREQ(hipGetErrorString(hipErrorInvalidValue), "invalid argument");
  EXPECT_STREQ(hipGetErrorString(hipErrorOutOfMemory), "out of memory");
  const hipError_t codes[] = {hipErrorInvalidConfiguration,
                              hipErrorInvalidPitchValue,
                              hipErrorInvalidSymbol,
                              hipErrorInvalidMemcpyDirection,
                              hipErrorNoBinaryForGpu,
                              hipErrorInvalidHandle,
                              hipErrorNotFound,
                              hipErrorNotReady,
                              hipErrorIllegalAddress,
                              hipErrorCooperativeLaunchTooLarge,
                              hipErrorNotSupported,
                              hipErrorCapturedEvent,
                              hipErrorRuntimeOther};
  for (hipError_t code : codes) {
    EXPECT_EQ(std::string(hipGetErrorName(code)).substr(0, 8), "hipError");
    EXPECT_STRNE(hipGetErrorName(code), "hipErrorUnknown");
    EXPECT_STRNE(hipGetErrorString(code), "unknown error");
  }
}

} // namespace
