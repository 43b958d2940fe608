// HIP's runtime library with devices that do nothing: every call succeeds at once. Built several
// times, as HIP libraries that differ (CMakeLists.txt):
//
//   NULL_HIP_ARCH      gcnArchName of its devices
//   NULL_HIP_R0600     offers the properties of HIP 6 and capture queries too, as HIP 6 does
//   NULL_HIP_NO_LAUNCH lacks hipModuleLaunchKernel
//   NULL_HIP_NO_LOAD   fails to load modules
//   NULL_HIP_DEVICES   how many devices it has
#include "runtime/hipemu/abi.h"
#include "runtime/hipemu/device_properties.h"

#include <cstdlib>
#include <cstring>

#ifndef NULL_HIP_ARCH
#define NULL_HIP_ARCH "gfx950:sramecc+:xnack-"
#endif
#ifndef NULL_HIP_DEVICES
#define NULL_HIP_DEVICES 8
#endif

namespace {

constexpr int kDevices = NULL_HIP_DEVICES;
thread_local int current = 0;
int something; // what handles point to

template <typename Properties> hipError_t fill(Properties *properties, int device) {
  if (device < 0 || device >= kDevices)
    return hipErrorInvalidDevice;
  // Whatever lies around the name must not be taken for it.
  std::memset(properties, 'x', sizeof *properties);
  std::strcpy(properties->gcnArchName, NULL_HIP_ARCH);
  return hipSuccess;
}

} // namespace

HIPEMU_API const char *hipGetErrorString(hipError_t status) {
  return status == hipErrorOutOfMemory ? "out of memory" : "invalid value";
}
HIPEMU_API hipError_t hipGetDeviceCount(int *count) {
  *count = kDevices;
  return hipSuccess;
}
HIPEMU_API hipError_t hipGetDevice(int *device) {
  *device = current;
  return hipSuccess;
}
HIPEMU_API hipError_t hipSetDevice(int device) {
  current = device;
  return hipSuccess;
}
HIPEMU_API hipError_t hipModuleLoadData(hipModule_t *module, const void *) {
  *module = reinterpret_cast<hipModule_t>(&something);
#ifdef NULL_HIP_NO_LOAD
  return hipErrorOutOfMemory;
#else
  return hipSuccess;
#endif
}
HIPEMU_API hipError_t hipModuleUnload(hipModule_t) {
  return hipSuccess;
}
HIPEMU_API hipError_t hipModuleGetFunction(hipFunction_t *function, hipModule_t, const char *) {
  *function = reinterpret_cast<hipFunction_t>(&something);
  return hipSuccess;
}
#ifndef NULL_HIP_NO_LAUNCH
HIPEMU_API hipError_t hipModuleLaunchKernel(hipFunction_t, unsigned, unsigned, unsigned, unsigned,
                                            unsigned, unsigned, unsigned, hipStream_t, void **,
                                            void **) {
  return hipSuccess;
}
#endif
HIPEMU_API hipError_t hipMalloc(void **memory, std::size_t bytes) {
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  return *memory ? hipSuccess : hipErrorOutOfMemory;
}
HIPEMU_API hipError_t hipFree(void *memory) {
  std::free(memory);
  return hipSuccess;
}
HIPEMU_API hipError_t hipMemsetAsync(void *memory, int value, std::size_t bytes, hipStream_t) {
  std::memset(memory, value, bytes);
  return hipSuccess;
}
HIPEMU_API hipError_t hipStreamCreateWithFlags(hipStream_t *stream, unsigned) {
  *stream = reinterpret_cast<hipStream_t>(&something);
  return hipSuccess;
}
HIPEMU_API hipError_t hipStreamDestroy(hipStream_t) {
  return hipSuccess;
}
HIPEMU_API hipError_t hipStreamSynchronize(hipStream_t) {
  return hipSuccess;
}
HIPEMU_API hipError_t hipGetDeviceProperties(gemmsmith::hipemu::DevicePropertiesR0000 *properties,
                                             int device) {
  return fill(properties, device);
}
#ifdef NULL_HIP_R0600
HIPEMU_API hipError_t
hipGetDevicePropertiesR0600(gemmsmith::hipemu::DevicePropertiesR0600 *properties, int device) {
  return fill(properties, device);
}
HIPEMU_API hipError_t hipStreamIsCapturing(hipStream_t, hipStreamCaptureStatus *status) {
  *status = hipStreamCaptureStatusNone;
  return hipSuccess;
}
#endif
