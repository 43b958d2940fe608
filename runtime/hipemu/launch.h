// Launches: from what a program passes to what the emulator runs.
#pragma once

#include "runtime/hipemu/module.h"
#include "runtime/hipemu/work.h"

#include <memory>

namespace gemmsmith::hipemu {

struct LaunchRequest {
  std::shared_ptr<const Function> function;
  Dim3 grid, block; // workgroups, threads
  std::size_t lds_bytes = 0;
  void **parameters = nullptr; // a pointer per argument, or
  void **extra = nullptr;      // HIP_LAUNCH_PARAM_… with the whole segment
};

// Copies the arguments. Errors are those that HIP returns from the launch call itself.
hipError_t makeKernelWork(Call &c, const LaunchRequest &request, KernelWork &work);

// makeKernelWork, then onto the stream, between two events if they are given.
hipError_t launchKernel(Call &c, const LaunchRequest &request, hipStream_t stream,
                        hipEvent_t start = nullptr, hipEvent_t stop = nullptr);
// The same if all workgroups fit on the device together. They still run as the emulator likes.
hipError_t launchCooperative(Call &c, const LaunchRequest &request, hipStream_t stream);

} // namespace gemmsmith::hipemu
