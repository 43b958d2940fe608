// What a pointer is.
#include "runtime/hipemu/entry.h"

#include <cstring>

using namespace gemmsmith::hipemu;

namespace {

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
