#include "runtime/hipemu/launch.h"

#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/occupancy.h"
#include "runtime/hipemu/runtime.h"

#include <cstring>
#include <fmt/format.h>

namespace gemmsmith::hipemu {
namespace {

hipError_t checkGeometry(Call &c, const LaunchRequest &r) {
  const std::string &name = r.function->kernel->metadata.name;
  auto refuse = [&](hipError_t status, const std::string &why) {
    c.runtime.say(name + ": " + why);
    return status;
  };
  for (std::uint32_t n : {r.grid.x, r.grid.y, r.grid.z, r.block.x, r.block.y, r.block.z})
    if (n == 0)
      return refuse(hipErrorInvalidConfiguration, "a grid or block dimension is 0");
  std::uint64_t threads = std::uint64_t{r.block.x} * r.block.y;
  if (threads > mi355x::kMaxThreadsPerBlock || r.block.z > mi355x::kMaxThreadsPerBlock ||
      (threads *= r.block.z) > static_cast<std::uint64_t>(r.function->maxThreads()))
    return refuse(hipErrorInvalidConfiguration,
                  fmt::format("a block of {} x {} x {} threads, the kernel can have {}", r.block.x,
                              r.block.y, r.block.z, r.function->maxThreads()));
  const std::uint32_t grid[3] = {r.grid.x, r.grid.y, r.grid.z};
  const std::uint32_t block[3] = {r.block.x, r.block.y, r.block.z};
  for (int n = 0; n < 3; ++n) // a dispatch counts work-items in 32 bits
    if (std::uint64_t{grid[n]} * block[n] > UINT32_MAX)
      return refuse(hipErrorInvalidConfiguration, "2^32 threads or more in one dimension");
  std::uint64_t lds = r.function->kernel->descriptor.group_segment_bytes;
  if (r.lds_bytes > mi355x::kLdsBytes || lds + r.lds_bytes > mi355x::kLdsBytes)
    return refuse(hipErrorLaunchOutOfResources,
                  fmt::format("{} + {} bytes of LDS, a workgroup can have {}", lds, r.lds_bytes,
                              mi355x::kLdsBytes));
  return hipSuccess;
}

hipError_t packParameters(const KernelMetadata &kernel, void **parameters,
                          std::vector<std::byte> &bytes) {
  std::size_t n = 0;
  for (const ArgumentMetadata &argument : kernel.arguments) {
    if (argument.hidden())
      continue;
    const void *parameter = parameters ? parameters[n++] : nullptr;
    if (!parameter || std::size_t{argument.offset} + argument.size > bytes.size())
      return hipErrorInvalidValue;
    std::memcpy(bytes.data() + argument.offset, parameter, argument.size);
  }
  return hipSuccess;
}

hipError_t packExtra(Call &c, const KernelMetadata &kernel, void **extra,
                     std::vector<std::byte> &bytes) {
  const void *buffer = nullptr;
  std::size_t size = 0;
  constexpr int kMaxEntries = 8;
  for (int n = 0; n < kMaxEntries && extra[n] != HIP_LAUNCH_PARAM_END; n += 2) {
    if (extra[n] == HIP_LAUNCH_PARAM_BUFFER_POINTER)
      buffer = extra[n + 1];
    else if (extra[n] == HIP_LAUNCH_PARAM_BUFFER_SIZE && extra[n + 1])
      std::memcpy(&size, extra[n + 1], sizeof size);
    else
      return hipErrorInvalidValue;
  }
  if (!bytes.empty() && (!buffer || size < bytes.size())) {
    c.runtime.say(fmt::format("{}: {} bytes of arguments, the kernel takes {}", kernel.name,
                              buffer ? size : 0, bytes.size()));
    return hipErrorInvalidValue;
  }
  // What follows is padding, or hidden arguments, which the emulator fills itself.
  std::copy_n(static_cast<const std::byte *>(buffer), bytes.size(), bytes.begin());
  return hipSuccess;
}

} // namespace

hipError_t makeKernelWork(Call &c, const LaunchRequest &request, KernelWork &work) {
  if (!request.function)
    return hipErrorInvalidHandle;
  if (request.parameters && request.extra)
    return hipErrorInvalidValue;
  if (hipError_t status = checkGeometry(c, request))
    return status;
  const KernelMetadata &kernel = request.function->kernel->metadata;
  work.module = request.function->module;
  work.kernel = kernel.name;
  work.grid = request.grid;
  work.block = request.block;
  work.dynamic_lds_bytes = static_cast<std::uint32_t>(request.lds_bytes);
  work.arguments.resize(kernel.explicitArgumentBytes());
  return request.extra ? packExtra(c, kernel, request.extra, work.arguments)
                       : packParameters(kernel, request.parameters, work.arguments);
}

hipError_t launchKernel(Call &c, const LaunchRequest &request, hipStream_t stream_handle,
                        hipEvent_t start, hipEvent_t stop) {
  std::shared_ptr<Stream> stream = findStream(c, stream_handle);
  if (!stream)
    return hipErrorInvalidHandle;
  KernelWork work;
  if (hipError_t status = makeKernelWork(c, request, work))
    return status;
  std::shared_ptr<Event> first = c.runtime.events.find(start), last = c.runtime.events.find(stop);
  if ((start && !first) || (stop && !last))
    return hipErrorInvalidHandle;
  if (first)
    if (hipError_t status = record(c, first, stream))
      return status;
  if (hipError_t status = enqueue(c, stream, std::move(work)))
    return status;
  return last ? record(c, last, stream) : hipSuccess;
}

hipError_t launchCooperative(Call &c, const LaunchRequest &request, hipStream_t stream) {
  if (hipError_t status = checkGeometry(c, request))
    return status;
  auto threads = static_cast<int>(request.block.x * request.block.y * request.block.z);
  auto resident = static_cast<std::uint64_t>(
      residentBlocks(*request.function, threads, request.lds_bytes) * mi355x::kComputeUnits);
  std::uint64_t plane = std::uint64_t{request.grid.x} * request.grid.y;
  if (plane > resident || plane * request.grid.z > resident)
    return hipErrorCooperativeLaunchTooLarge;
  return launchKernel(c, request, stream);
}

} // namespace gemmsmith::hipemu
