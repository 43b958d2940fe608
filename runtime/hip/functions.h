// The functions of HIP's runtime library that the runtime calls, under HIP's own names.
//
// Declared here, and bound by name at run time, so that the library builds without ROCm and serves
// HIP 5, 6 and 7 alike.
#pragma once

#include "runtime/hipemu/abi.h"

#include <cstddef>

namespace gemmsmith::runtime {

struct HipFunctions {
  // Every HIP from version 5 on has these.
  const char *(*hipGetErrorString)(hipError_t) = nullptr;
  hipError_t (*hipGetDeviceCount)(int *) = nullptr;
  hipError_t (*hipGetDevice)(int *) = nullptr;
  hipError_t (*hipSetDevice)(int) = nullptr;
  hipError_t (*hipModuleLoadData)(hipModule_t *, const void *) = nullptr;
  hipError_t (*hipModuleUnload)(hipModule_t) = nullptr;
  hipError_t (*hipModuleGetFunction)(hipFunction_t *, hipModule_t, const char *) = nullptr;
  hipError_t (*hipModuleLaunchKernel)(hipFunction_t, unsigned grid_x, unsigned grid_y,
                                      unsigned grid_z, unsigned block_x, unsigned block_y,
                                      unsigned block_z, unsigned lds_bytes, hipStream_t,
                                      void **parameters, void **extra) = nullptr;
  hipError_t (*hipMalloc)(void **, std::size_t) = nullptr;
  hipError_t (*hipFree)(void *) = nullptr;
  hipError_t (*hipMemsetAsync)(void *, int, std::size_t, hipStream_t) = nullptr;
  hipError_t (*hipStreamCreateWithFlags)(hipStream_t *, unsigned) = nullptr;
  hipError_t (*hipStreamDestroy)(hipStream_t) = nullptr;
  hipError_t (*hipStreamSynchronize)(hipStream_t) = nullptr;

  // Null where the library lacks them. At least one of the next two is there: they fill different
  // structures (hipemu/device_properties.h).
  hipError_t (*hipGetDevicePropertiesR0600)(void *, int) = nullptr;
  hipError_t (*hipGetDeviceProperties)(void *, int) = nullptr; // the layout of HIP 5
  hipError_t (*hipStreamIsCapturing)(hipStream_t, hipStreamCaptureStatus *) = nullptr;
  hipError_t (*hipStreamGetCaptureInfo)(hipStream_t, hipStreamCaptureStatus *,
                                        unsigned long long *) = nullptr;
  hipError_t (*hipStreamGetDevice)(hipStream_t, int *) = nullptr;
  hipError_t (*hipThreadExchangeStreamCaptureMode)(hipStreamCaptureMode *) = nullptr;
};

} // namespace gemmsmith::runtime
