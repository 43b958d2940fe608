// The default memory pool of each device. Allocations in stream order take their memory from the
// device directly, so a pool only remembers what it was told.
#include "runtime/hipemu/entry.h"

#include <cstring>

using namespace gemmsmith::hipemu;

namespace {

// hipMemPoolAttr: three switches (int), then four counters and a threshold (64 bits).
enum PoolAttribute : int { kFirstSwitch = 1, kLastSwitch = 3, kThreshold = 4, kLast = 8 };

hipError_t poolOf(int device, hipMemPool_t *out) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    return put(out, c.runtime.devices[static_cast<std::size_t>(device)].pool_handle);
  });
}

template <typename F> hipError_t withPool(hipMemPool_t handle, F body) {
  return call([&](Call &c) -> hipError_t {
    std::shared_ptr<MemoryPool> pool = c.runtime.pools.find(handle);
    return pool ? body(c, *pool) : hipErrorInvalidValue;
  });
}

} // namespace

HIPEMU_API hipError_t hipDeviceGetDefaultMemPool(hipMemPool_t *out, int device) {
  return poolOf(device, out);
}
HIPEMU_API hipError_t hipDeviceGetMemPool(hipMemPool_t *out, int device) {
  return poolOf(device, out);
}
HIPEMU_API hipError_t hipDeviceSetMemPool(int device, hipMemPool_t handle) {
  return withPool(handle, [&](Call &, MemoryPool &pool) {
    return pool.device == device ? hipSuccess : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipMemPoolTrimTo(hipMemPool_t handle, std::size_t) {
  return withPool(handle, [](Call &, MemoryPool &) { return hipSuccess; }); // keeps nothing
}

HIPEMU_API hipError_t hipMemPoolSetAttribute(hipMemPool_t handle, int attribute, void *value) {
  return withPool(handle, [&](Call &, MemoryPool &pool) -> hipError_t {
    if (!value || attribute < kFirstSwitch || attribute > kThreshold)
      return hipErrorInvalidValue;
    std::memcpy(&pool.attributes[static_cast<std::size_t>(attribute)], value,
                attribute <= kLastSwitch ? sizeof(int) : sizeof(std::uint64_t));
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipMemPoolGetAttribute(hipMemPool_t handle, int attribute, void *value) {
  return withPool(handle, [&](Call &c, MemoryPool &pool) -> hipError_t {
    if (!value || attribute < kFirstSwitch || attribute > kLast)
      return hipErrorInvalidValue;
    std::uint64_t number = pool.attributes[static_cast<std::size_t>(attribute)];
    if (attribute > kThreshold) // reserved and used, now and at most: what the device has given out
      number = c.runtime.devices[static_cast<std::size_t>(pool.device)].used_bytes;
    std::memcpy(value, &number, attribute <= kLastSwitch ? sizeof(int) : sizeof number);
    return hipSuccess;
  });
}
