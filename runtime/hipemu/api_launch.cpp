// Launches by function handle and by host stub, and how many workgroups fit.
#include "runtime/hipemu/launch.h"
#include "runtime/hipemu/occupancy.h"
#include "runtime/hipemu/registered_code.h"
#include "runtime/hipemu/runtime.h"

using namespace gemmsmith::hipemu;
using gemmsmith::Dim3;

namespace {

Dim3 dimensions(const dim3 &d) {
  return {d.x, d.y, d.z};
}

hipError_t moduleLaunch(hipFunction_t handle, Dim3 grid, Dim3 block, std::size_t lds_bytes,
                        hipStream_t stream, void **parameters, void **extra,
                        hipEvent_t start = nullptr, hipEvent_t stop = nullptr) {
  return call([&](Call &c) {
    return launchKernel(
        c, {c.runtime.functions.find(handle), grid, block, lds_bytes, parameters, extra}, stream,
        start, stop);
  });
}

hipError_t stubLaunch(const void *stub, const dim3 &grid, const dim3 &block, void **parameters,
                      std::size_t lds_bytes, hipStream_t stream, hipEvent_t start = nullptr,
                      hipEvent_t stop = nullptr) {
  return call([&](Call &c) -> hipError_t {
    auto function = registeredFunction(c, stub);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    return launchKernel(
        c, {function, dimensions(grid), dimensions(block), lds_bytes, parameters, nullptr}, stream,
        start, stop);
  });
}

// Global sizes are in threads, in whole workgroups.
hipError_t extLaunch(hipFunction_t handle, Dim3 global, Dim3 block, std::size_t lds_bytes,
                     hipStream_t stream, void **parameters, void **extra, hipEvent_t start,
                     hipEvent_t stop) {
  if (!block.x || !block.y || !block.z || global.x % block.x || global.y % block.y ||
      global.z % block.z)
    return call([](Call &c) {
      c.runtime.say("a grid that is not whole workgroups is not supported");
      return hipErrorInvalidConfiguration;
    });
  return moduleLaunch(handle, {global.x / block.x, global.y / block.y, global.z / block.z}, block,
                      lds_bytes, stream, parameters, extra, start, stop);
}

hipError_t maxBlocks(int *out, const void *pointer, int threads, std::size_t lds_bytes) {
  return call([&](Call &c) -> hipError_t {
    auto function = anyFunction(c, pointer);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    if (!out || threads <= 0)
      return hipErrorInvalidValue;
    *out = residentBlocks(*function, threads, lds_bytes);
    return hipSuccess;
  });
}

hipError_t potentialBlockSize(int *grid, int *threads, const void *pointer, std::size_t lds_bytes,
                              int limit) {
  return call([&](Call &c) -> hipError_t {
    auto function = anyFunction(c, pointer);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    if (!grid || !threads || limit < 0)
      return hipErrorInvalidValue;
    BlockSize best = bestBlockSize(*function, lds_bytes, limit);
    *grid = best.grid;
    *threads = best.threads;
    return hipSuccess;
  });
}

} // namespace

HIPEMU_API hipError_t hipModuleLaunchKernel(hipFunction_t f, unsigned gx, unsigned gy, unsigned gz,
                                            unsigned bx, unsigned by, unsigned bz, unsigned lds,
                                            hipStream_t stream, void **parameters, void **extra) {
  return moduleLaunch(f, {gx, gy, gz}, {bx, by, bz}, lds, stream, parameters, extra);
}

HIPEMU_API hipError_t hipModuleLaunchCooperativeKernel(hipFunction_t f, unsigned gx, unsigned gy,
                                                       unsigned gz, unsigned bx, unsigned by,
                                                       unsigned bz, unsigned lds,
                                                       hipStream_t stream, void **parameters) {
  return call([&](Call &c) -> hipError_t {
    auto function = c.runtime.functions.find(f);
    if (!function)
      return hipErrorInvalidHandle;
    return launchCooperative(c, {function, {gx, gy, gz}, {bx, by, bz}, lds, parameters, nullptr},
                             stream);
  });
}

// The C++ name is what HIP's library exports; loaders look for the plain one.
__attribute__((visibility("default"))) hipError_t hipExtModuleLaunchKernel(
    hipFunction_t f, std::uint32_t gx, std::uint32_t gy, std::uint32_t gz, std::uint32_t bx,
    std::uint32_t by, std::uint32_t bz, std::size_t lds, hipStream_t stream, void **parameters,
    void **extra, hipEvent_t start, hipEvent_t stop, std::uint32_t) {
  return extLaunch(f, {gx, gy, gz}, {bx, by, bz}, lds, stream, parameters, extra, start, stop);
}
__attribute__((visibility("default"))) hipError_t hipHccModuleLaunchKernel(
    hipFunction_t f, std::uint32_t gx, std::uint32_t gy, std::uint32_t gz, std::uint32_t bx,
    std::uint32_t by, std::uint32_t bz, std::size_t lds, hipStream_t stream, void **parameters,
    void **extra, hipEvent_t start, hipEvent_t stop) {
  return extLaunch(f, {gx, gy, gz}, {bx, by, bz}, lds, stream, parameters, extra, start, stop);
}
extern "C" __attribute__((visibility("default"))) hipError_t
plainExtModuleLaunchKernel(hipFunction_t f, std::uint32_t gx, std::uint32_t gy, std::uint32_t gz,
                           std::uint32_t bx, std::uint32_t by, std::uint32_t bz, std::size_t lds,
                           hipStream_t stream, void **parameters, void **extra, hipEvent_t start,
                           hipEvent_t stop, std::uint32_t) __asm__("hipExtModuleLaunchKernel");
hipError_t plainExtModuleLaunchKernel(hipFunction_t f, std::uint32_t gx, std::uint32_t gy,
                                      std::uint32_t gz, std::uint32_t bx, std::uint32_t by,
                                      std::uint32_t bz, std::size_t lds, hipStream_t stream,
                                      void **parameters, void **extra, hipEvent_t start,
                                      hipEvent_t stop, std::uint32_t) {
  return extLaunch(f, {gx, gy, gz}, {bx, by, bz}, lds, stream, parameters, extra, start, stop);
}

HIPEMU_API hipError_t hipLaunchKernel(const void *stub, dim3 grid, dim3 block, void **parameters,
                                      std::size_t lds, hipStream_t stream) {
  return stubLaunch(stub, grid, block, parameters, lds, stream);
}
HIPEMU_API hipError_t hipLaunchKernel_spt(const void *stub, dim3 grid, dim3 block,
                                          void **parameters, std::size_t lds, hipStream_t stream) {
  return stubLaunch(stub, grid, block, parameters, lds, stream ? stream : hipStreamPerThread);
}
HIPEMU_API hipError_t hipExtLaunchKernel(const void *stub, dim3 grid, dim3 block, void **parameters,
                                         std::size_t lds, hipStream_t stream, hipEvent_t start,
                                         hipEvent_t stop, int) {
  return stubLaunch(stub, grid, block, parameters, lds, stream, start, stop);
}
HIPEMU_API hipError_t hipLaunchCooperativeKernel(const void *stub, dim3 grid, dim3 block,
                                                 void **parameters, unsigned lds,
                                                 hipStream_t stream) {
  return call([&](Call &c) -> hipError_t {
    auto function = registeredFunction(c, stub);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    return launchCooperative(
        c, {function, dimensions(grid), dimensions(block), lds, parameters, nullptr}, stream);
  });
}

HIPEMU_API hipError_t hipModuleOccupancyMaxActiveBlocksPerMultiprocessor(int *out, hipFunction_t f,
                                                                         int threads,
                                                                         std::size_t lds) {
  return maxBlocks(out, f, threads, lds);
}
HIPEMU_API hipError_t hipModuleOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int *out, hipFunction_t f, int threads, std::size_t lds, unsigned) {
  return maxBlocks(out, f, threads, lds);
}
HIPEMU_API hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessor(int *out, const void *f,
                                                                   int threads, std::size_t lds) {
  return maxBlocks(out, f, threads, lds);
}
HIPEMU_API hipError_t hipOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *out, const void *f,
                                                                            int threads,
                                                                            std::size_t lds,
                                                                            unsigned) {
  return maxBlocks(out, f, threads, lds);
}
HIPEMU_API hipError_t hipModuleOccupancyMaxPotentialBlockSize(int *grid, int *threads,
                                                              hipFunction_t f, std::size_t lds,
                                                              int limit) {
  return potentialBlockSize(grid, threads, f, lds, limit);
}
HIPEMU_API hipError_t hipModuleOccupancyMaxPotentialBlockSizeWithFlags(int *grid, int *threads,
                                                                       hipFunction_t f,
                                                                       std::size_t lds, int limit,
                                                                       unsigned) {
  return potentialBlockSize(grid, threads, f, lds, limit);
}
HIPEMU_API hipError_t hipOccupancyMaxPotentialBlockSize(int *grid, int *threads, const void *f,
                                                        std::size_t lds, int limit) {
  return potentialBlockSize(grid, threads, f, lds, limit);
}
