// Allocation of device, pinned and managed memory, registration of host memory, and what a pointer
// is. Pinned, registered and managed memory is the host's own, at the same address for kernels.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/places.h"
#include "runtime/hipemu/runtime.h"

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

int memoryType(const Runtime &runtime, MemoryKind kind) {
  struct Numbers {
    int host, device, managed;
  };
  // hipMemoryType of HIP 5 (which has no kind for managed memory but "unified") and of HIP 6.
  Numbers numbers = runtime.generation() == 5 ? Numbers{0, 1, 3} : Numbers{1, 2, 3};
  switch (kind) {
  case MemoryKind::kDevice:
  case MemoryKind::kModule:
    return numbers.device;
  case MemoryKind::kManaged:
    return numbers.managed;
  case MemoryKind::kPinned:
  case MemoryKind::kRegistered:
    break;
  }
  return numbers.host;
}

template <typename T> void store(void *out, T value) {
  std::memcpy(out, &value, sizeof value);
}

hipError_t pointerAttribute(Call &c, void *out, hipPointer_attribute attribute,
                            const void *pointer) {
  const MemoryBlock *block = c.runtime.allocations.holding(pointer);
  if (!out || !pointer || !block)
    return hipErrorInvalidValue;
  switch (attribute) {
  case HIP_POINTER_ATTRIBUTE_MEMORY_TYPE:
    store(out, memoryType(c.runtime, block->kind));
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_DEVICE_POINTER:
    store(out, pointer);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_HOST_POINTER:
    if (!block->shared())
      return hipErrorInvalidValue;
    store(out, pointer);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_BUFFER_ID:
    store(out, static_cast<unsigned>(block->start >> 12));
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_IS_MANAGED:
    store(out, block->kind == MemoryKind::kManaged);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    store(out, block->device);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    store(out, block->start);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_RANGE_SIZE:
    store(out, block->bytes);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_MAPPED:
    store(out, true);
    return hipSuccess;
  case HIP_POINTER_ATTRIBUTE_CONTEXT:
  case HIP_POINTER_ATTRIBUTE_P2P_TOKENS:
  case HIP_POINTER_ATTRIBUTE_SYNC_MEMOPS:
  case HIP_POINTER_ATTRIBUTE_IS_LEGACY_HIP_IPC_CAPABLE:
    return hipErrorNotSupported;
  }
  return hipErrorInvalidValue;
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
    return call([](Call &) { return hipErrorInvalidValue; });
  out->xsize = extent.width;
  out->ysize = extent.height;
  std::size_t rows = 0;
  if (__builtin_mul_overflow(extent.height, extent.depth, &rows))
    return call([](Call &) { return hipErrorOutOfMemory; });
  return mallocPitch(&out->ptr, &out->pitch, extent.width, rows);
}

// The memory is there at once; when it is freed is a matter of the stream.
HIPEMU_API hipError_t hipMallocAsync(void **out, std::size_t bytes, hipStream_t handle) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    if (!stream)
      return hipErrorInvalidHandle;
    if (stream->capture)
      return refuseUnsafeCall(c, stream.get());
    return allocateDevice(c, out, bytes, 0);
  });
}

HIPEMU_API hipError_t hipFreeAsync(void *pointer, hipStream_t handle) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<Stream> stream = findStream(c, handle);
    if (!stream)
      return hipErrorInvalidHandle;
    if (stream->capture)
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

HIPEMU_API hipError_t hipHostGetDevicePointer(void **out, void *host, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    const MemoryBlock *block = c.runtime.allocations.holding(host);
    if (!out || flags || !block || !block->shared())
      return hipErrorInvalidValue;
    *out = host;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipHostGetFlags(unsigned *out, void *host) {
  return call([&](Call &c) -> hipError_t {
    const MemoryBlock *block = c.runtime.allocations.holding(host);
    if (!out || !block || block->kind != MemoryKind::kPinned)
      return hipErrorInvalidValue;
    *out = block->flags;
    return hipSuccess;
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

HIPEMU_API hipError_t hipMemGetAddressRange(hipDeviceptr_t *base, std::size_t *bytes,
                                            hipDeviceptr_t pointer) {
  return call([&](Call &c) -> hipError_t {
    const MemoryBlock *block = c.runtime.allocations.holding(pointer);
    if (!block)
      return hipErrorNotFound;
    if (base)
      *base = reinterpret_cast<void *>(block->start);
    if (bytes)
      *bytes = block->bytes;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipMemPtrGetInfo(void *pointer, std::size_t *bytes) {
  return call([&](Call &c) -> hipError_t {
    const MemoryBlock *block = c.runtime.allocations.startingAt(pointer);
    if (!bytes || !block)
      return hipErrorInvalidValue;
    *bytes = block->bytes;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipPointerGetAttributes(hipPointerAttribute_t *out, const void *pointer) {
  return call([&](Call &c) -> hipError_t {
    if (!out || !pointer)
      return hipErrorInvalidValue;
    const MemoryBlock *block = c.runtime.allocations.holding(pointer);
    if (!block) {
      if (c.runtime.generation() == 5)
        return hipErrorInvalidValue;
      *out = {};        // hipMemoryTypeUnregistered
      out->device = -2; // hipInvalidDeviceId
      return hipSuccess;
    }
    auto *address = const_cast<void *>(pointer);
    *out = {memoryType(c.runtime, block->kind),
            block->device,
            address,
            block->shared() ? address : nullptr,
            block->kind == MemoryKind::kManaged,
            block->flags};
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipPointerGetAttribute(void *out, hipPointer_attribute attribute,
                                             hipDeviceptr_t pointer) {
  return call([&](Call &c) { return pointerAttribute(c, out, attribute, pointer); });
}

HIPEMU_API hipError_t hipDrvPointerGetAttributes(unsigned count, hipPointer_attribute *attributes,
                                                 void **out, hipDeviceptr_t pointer) {
  return call([&](Call &c) -> hipError_t {
    if (!attributes || !out)
      return hipErrorInvalidValue;
    for (unsigned n = 0; n < count; ++n)
      if (hipError_t status = pointerAttribute(c, out[n], attributes[n], pointer))
        return status;
    return hipSuccess;
  });
}

// Managed memory stays where it is, so advice and prefetching change nothing.
HIPEMU_API hipError_t hipMemAdvise(const void *pointer, std::size_t, int, int) {
  return call([&](Call &c) {
    return c.runtime.allocations.holding(pointer) ? hipSuccess : hipErrorInvalidValue;
  });
}
HIPEMU_API hipError_t hipMemPrefetchAsync(const void *pointer, std::size_t, int, hipStream_t) {
  return call([&](Call &c) {
    return c.runtime.allocations.holding(pointer) ? hipSuccess : hipErrorInvalidValue;
  });
}
