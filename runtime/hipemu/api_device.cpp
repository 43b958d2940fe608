// Initialisation, the thread's device, peers and limits.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/entry.h"
#include "runtime/hipemu/registered_code.h"

using namespace gemmsmith::hipemu;

namespace {

// HIP_VERSION: major · 10^7 + minor · 10^5 + patch.
int version(const Runtime &runtime) {
  return runtime.generation() == 5 ? 50200000 : 70000000;
}

hipError_t setDevice(Call &c, int device) {
  if (!c.hasDevice(device))
    return hipErrorInvalidDevice;
  c.thread.device = device;
  return hipSuccess;
}

// Everything of the device is gone; what was pending is dropped.
hipError_t resetDevice(Call &c) {
  int device = c.thread.device;
  auto drop = [](Stream &stream) {
    stream.pending.clear();
    if (!stream.busy)
      stream.done = stream.last;
  };
  std::erase_if(c.runtime.captures,
                [&](const auto &capture) { return capture->origin->device == device; });
  c.runtime.streams.removeIf([&](Stream &stream) {
    if (stream.device != device)
      return false;
    stream.capture = nullptr;
    drop(stream);
    return true;
  });
  drop(*c.device().null_stream);
  c.runtime.progress.notify_all();
  c.thread.streams.erase(device);
  c.runtime.modules.removeIf([&](LoadedModule &module) {
    if (module.device != device)
      return false;
    unloadModule(c, module);
    return true;
  });
  unloadRegistered(c, device);
  std::vector<void *> pointers;
  for (const auto &[start, block] : c.runtime.allocations)
    if (block.device == device && block.kind != MemoryKind::kModule)
      pointers.push_back(reinterpret_cast<void *>(start));
  for (void *pointer : pointers)
    (void)c.runtime.releaseMemory(pointer);
  c.device().fault = hipSuccess;
  c.runtime.forgetSaid();
  c.device().peers.clear();
  return hipSuccess;
}

} // namespace

HIPEMU_API hipError_t hipInit(unsigned flags) {
  return call([&](Call &) { return flags ? hipErrorInvalidValue : hipSuccess; });
}

HIPEMU_API hipError_t hipDriverGetVersion(int *out) {
  return call([&](Call &c) { return put(out, version(c.runtime)); });
}

HIPEMU_API hipError_t hipRuntimeGetVersion(int *out) {
  return call([&](Call &c) { return put(out, version(c.runtime)); });
}

HIPEMU_API hipError_t hipGetDeviceCount(int *count) {
  return call([&](Call &c) { return put(count, static_cast<int>(c.runtime.devices.size())); });
}

HIPEMU_API hipError_t hipSetDevice(int device) {
  return call([&](Call &c) { return setDevice(c, device); });
}

HIPEMU_API hipError_t hipGetDevice(int *device) {
  return call([&](Call &c) { return put(device, c.thread.device); });
}

HIPEMU_API hipError_t hipSetValidDevices(int *devices, int count) {
  return call([&](Call &c) -> hipError_t {
    if (count < 0 || (count && !devices))
      return hipErrorInvalidValue;
    for (int n = 0; n < count; ++n)
      if (!c.hasDevice(devices[n]))
        return hipErrorInvalidDevice;
    return count ? setDevice(c, devices[0]) : hipSuccess;
  });
}

HIPEMU_API hipError_t hipDeviceGet(hipDevice_t *device, int ordinal) {
  return call(
      [&](Call &c) { return c.hasDevice(ordinal) ? put(device, ordinal) : hipErrorInvalidDevice; });
}

HIPEMU_API hipError_t hipDeviceSynchronize() {
  return call([](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    return waitForDevice(c, c.thread.device);
  });
}

HIPEMU_API hipError_t hipDeviceReset() {
  return call([](Call &c) { return resetDevice(c); });
}

HIPEMU_API hipError_t hipDeviceGetP2PAttribute(int *out, int attribute, int from, int to) {
  return call([&](Call &c) -> hipError_t {
    constexpr int kRank = 0, kAccess = 1, kNativeAtomics = 2, kArrays = 3;
    if (!c.hasDevice(from) || !c.hasDevice(to) || from == to)
      return hipErrorInvalidDevice;
    if (attribute < kRank || attribute > kArrays)
      return hipErrorInvalidValue;
    return put(out, int{attribute == kAccess || attribute == kNativeAtomics});
  });
}

HIPEMU_API hipError_t hipDeviceCanAccessPeer(int *out, int device, int peer) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device) || !c.hasDevice(peer))
      return hipErrorInvalidDevice;
    return put(out, int{device != peer});
  });
}

HIPEMU_API hipError_t hipDeviceEnablePeerAccess(int peer, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    if (flags)
      return hipErrorInvalidValue;
    if (!c.hasDevice(peer) || peer == c.thread.device)
      return hipErrorInvalidDevice;
    return c.device().peers.insert(peer).second ? hipSuccess : hipErrorPeerAccessAlreadyEnabled;
  });
}

HIPEMU_API hipError_t hipDeviceDisablePeerAccess(int peer) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(peer) || peer == c.thread.device)
      return hipErrorInvalidDevice;
    return c.device().peers.erase(peer) ? hipSuccess : hipErrorPeerAccessNotEnabled;
  });
}

HIPEMU_API hipError_t hipDeviceGetLimit(std::size_t *out, int limit) {
  return call([&](Call &) -> hipError_t {
    // hipLimitStackSize, hipLimitPrintfFifoSize, hipLimitMallocHeapSize. Kernels that print or
    // allocate are not emulated, and scratch is what a kernel's descriptor asks for.
    constexpr std::size_t kLimits[] = {1024, 0, 0};
    if (!out)
      return hipErrorInvalidValue;
    if (limit < 0 || limit > 2)
      return hipErrorUnsupportedLimit;
    *out = kLimits[limit];
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDeviceSetLimit(int, std::size_t) {
  return answer(hipErrorUnsupportedLimit);
}

HIPEMU_API hipError_t hipSetDeviceFlags(unsigned flags) {
  return call([&](Call &c) {
    c.device().flags = flags;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGetDeviceFlags(unsigned *flags) {
  return call([&](Call &c) { return put(flags, c.device().flags); });
}

// LDS and cache are split in one way only on AMD's devices: 0 is hipFuncCachePreferNone and
// hipSharedMemBankSizeDefault, and every wish is accepted.
HIPEMU_API hipError_t hipDeviceGetCacheConfig(int *out) {
  return call([&](Call &) { return put(out, 0); });
}
HIPEMU_API hipError_t hipDeviceSetCacheConfig(int) {
  return answer(hipSuccess);
}
HIPEMU_API hipError_t hipDeviceGetSharedMemConfig(int *out) {
  return call([&](Call &) { return put(out, 0); });
}
HIPEMU_API hipError_t hipDeviceSetSharedMemConfig(int) {
  return answer(hipSuccess);
}

HIPEMU_API hipError_t hipDeviceGetStreamPriorityRange(int *least, int *greatest) {
  return call([&](Call &) {
    if (least)
      *least = 1;
    if (greatest)
      *greatest = -1;
    return hipSuccess;
  });
}
