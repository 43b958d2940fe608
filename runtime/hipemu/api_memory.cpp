// Allocation of device, pinned and managed memory, and registration of host memory. Pinned,
// registered and managed memory is the host's own, at the same address for kernels.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/entry.h"
#include "runtime/hipemu/places.h"

#include <cstdlib>
#include <cstring>

using namespace gemmsmith::hipemu;

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPitchAlignment = 256;

template <typename T>
hipError_t allocateDevice(Call &c, T **out, std::size_t bytes, unsigned flags) {
  if (!out)
    return hipErrorInvalidValue;
  *out = nullptr;
  if (bytes == 0)
    return hipSuccess;
  MemoryBlock block;
  block.bytes = bytes;
  block.device = c.thread.device;
  block.flags = flags;
  if (hipError_t status = c.runtime.addBlock(block))
    return status;
  *out = reinterpret_cast<T *>(block.start);
  return hipSuccess;
}

// Filled with 0xCD: what a kernel has not delivered yet must not look like a result.
hipError_t allocateShared(Call &c, void **out, std::size_t bytes, MemoryKind kind, unsigned flags) {
  if (!out)
    return hipErrorInvalidValue;
  *out = nullptr;
  if (bytes == 0)
    return hipSuccess;
  if (bytes > mi355x::kMemoryBytes)
    return hipErrorOutOfMemory;
  void *host = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
  if (!host)
    return hipErrorOutOfMemory;
  std::memset(host, 0xcd, bytes);
  MemoryBlock block;
  block.start = reinterpret_cast<std::uintptr_t>(host);
  block.bytes = bytes;
  block.kind = kind;
  block.device = c.thread.device;
  block.flags = flags;
  if (hipError_t status = c.runtime.addBlock(block)) {
    std::free(host);
    return status;
  }
  *out = host;
  return hipSuccess;
}

hipError_t hostAllocate(void **out, std::size_t bytes, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    return allocateShared(c, out, bytes, MemoryKind::kPinned, flags);
  });
}

// hipFree and hipHostFree wait for the device first.
hipError_t release(void *pointer, bool (*allowed)(MemoryKind)) {
  return call([&](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    if (!pointer)
      return hipSuccess;
    const MemoryBlock *block = c.runtime.allocations.startingAt(pointer);
    if (!block || !allowed(block->kind))
      return hipErrorInvalidValue;
    if (hipError_t status = waitForDevice(c, block->device); status == hipErrorNotSupported)
      return status;
    return c.runtime.releaseMemory(pointer);
  });
}

hipError_t mallocAsync(void **out, std::size_t bytes, hipStream_t handle) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (stream->capture)
      return refuseUnsafeCall(c, stream.get());
    return allocateDevice(c, out, bytes, 0);
  });
}

hipError_t hostFree(void *pointer) {
  return release(pointer, [](MemoryKind kind) { return kind == MemoryKind::kPinned; });
}

hipError_t mallocPitch(void **out, std::size_t *pitch, std::size_t width, std::size_t height) {
  return call([&](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    if (!out || !pitch || width > mi355x::kMemoryBytes)
      return hipErrorInvalidValue;
    std::size_t bytes = 0;
    *pitch = (width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment;
    if (__builtin_mul_overflow(*pitch, height, &bytes))
      return hipErrorOutOfMemory;
    return allocateDevice(c, out, bytes, 0);
  });
}

} // namespace

HIPEMU_API hipError_t hipMalloc(void **out, std::size_t bytes) {
  return call([&](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    return allocateDevice(c, out, bytes, 0);
  });
}

HIPEMU_API hipError_t hipExtMallocWithFlags(void **out, std::size_t bytes, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    return allocateDevice(c, out, bytes, flags);
  });
}

HIPEMU_API hipError_t hipFree(void *pointer) {
  return release(pointer, [](MemoryKind kind) {
    return kind == MemoryKind::kDevice || kind == MemoryKind::kManaged;
  });
}

HIPEMU_API hipError_t hipMallocPitch(void **out, std::size_t *pitch, std::size_t width,
                                     std::size_t height) {
  return mallocPitch(out, pitch, width, height);
}

HIPEMU_API hipError_t hipMemAllocPitch(hipDeviceptr_t *out, std::size_t *pitch, std::size_t width,
                                       std::size_t height, unsigned) {
  return mallocPitch(out, pitch, width, height);
}

HIPEMU_API hipError_t hipMalloc3D(hipPitchedPtr *out, hipExtent extent) {
  if (!out)
    return answer(hipErrorInvalidValue);
  out->xsize = extent.width;
  out->ysize = extent.height;
  std::size_t rows = 0;
  if (__builtin_mul_overflow(extent.height, extent.depth, &rows))
    return answer(hipErrorOutOfMemory);
  return mallocPitch(&out->ptr, &out->pitch, extent.width, rows);
}

// The memory is there at once; when it is freed is a matter of the stream.
HIPEMU_API hipError_t hipMallocAsync(void **out, std::size_t bytes, hipStream_t handle) {
  return mallocAsync(out, bytes, handle);
}

HIPEMU_API hipError_t hipMallocFromPoolAsync(void **out, std::size_t bytes, hipMemPool_t pool,
                                             hipStream_t handle) {
  if (hipError_t status = call(
          [&](Call &c) { return c.runtime.pools.find(pool) ? hipSuccess : hipErrorInvalidValue; }))
    return status;
  return mallocAsync(out, bytes, handle);
}

HIPEMU_API hipError_t hipFreeAsync(void *pointer, hipStream_t handle) {
  return withStream(handle, [&](Call &c, const std::shared_ptr<Stream> &stream) -> hipError_t {
    if (stream->capture) // graphs have no such node
      return refuseUnsafeCall(c, stream.get());
    const MemoryBlock *block = c.runtime.allocations.startingAt(pointer);
    if (!block || block->kind != MemoryKind::kDevice)
      return hipErrorInvalidValue;
    return enqueue(c, stream, FreeWork{pointer});
  });
}

HIPEMU_API hipError_t hipHostMalloc(void **out, std::size_t bytes, unsigned flags) {
  return hostAllocate(out, bytes, flags);
}
HIPEMU_API hipError_t hipHostAlloc(void **out, std::size_t bytes, unsigned flags) {
  return hostAllocate(out, bytes, flags);
}
HIPEMU_API hipError_t hipMallocHost(void **out, std::size_t bytes) {
  return hostAllocate(out, bytes, 0);
}
HIPEMU_API hipError_t hipMemAllocHost(void **out, std::size_t bytes) {
  return hostAllocate(out, bytes, 0);
}
HIPEMU_API hipError_t hipHostFree(void *pointer) {
  return hostFree(pointer);
}
HIPEMU_API hipError_t hipFreeHost(void *pointer) {
  return hostFree(pointer);
}

HIPEMU_API hipError_t hipMallocManaged(void **out, std::size_t bytes, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    constexpr unsigned kGlobal = 1, kHost = 2;
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    if (flags != kGlobal && flags != kHost)
      return hipErrorInvalidValue;
    return allocateShared(c, out, bytes, MemoryKind::kManaged, flags);
  });
}

HIPEMU_API hipError_t hipHostRegister(void *pointer, std::size_t bytes, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    if (!pointer || bytes == 0)
      return hipErrorInvalidValue;
    if (c.runtime.allocations.holding(pointer))
      return hipErrorHostMemoryAlreadyRegistered;
    Extent extent{bytes};
    Place place;
    if (hipError_t status = findPlace(c, pointer, 0, 0, extent, Side::kHost, place))
      return status;
    MemoryBlock block;
    block.start = reinterpret_cast<std::uintptr_t>(pointer);
    block.bytes = bytes;
    block.kind = MemoryKind::kRegistered;
    block.device = c.thread.device;
    block.flags = flags;
    return c.runtime.addBlock(block);
  });
}

HIPEMU_API hipError_t hipHostUnregister(void *pointer) {
  return call([&](Call &c) -> hipError_t {
    const MemoryBlock *block = c.runtime.allocations.startingAt(pointer);
    if (!block || block->kind != MemoryKind::kRegistered)
      return pointer ? hipErrorHostMemoryNotRegistered : hipErrorInvalidValue;
    if (hipError_t status = waitForDevice(c, block->device); status == hipErrorNotSupported)
      return status;
    return c.runtime.releaseMemory(pointer);
  });
}

HIPEMU_API hipError_t hipMemGetInfo(std::size_t *free_bytes, std::size_t *total) {
  return call([&](Call &c) {
    if (free_bytes)
      *free_bytes = mi355x::kMemoryBytes - c.device().used_bytes;
    if (total)
      *total = mi355x::kMemoryBytes;
    return hipSuccess;
  });
}
