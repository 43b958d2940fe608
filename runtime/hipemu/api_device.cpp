// Initialisation, devices, their properties and attributes, peers and limits.
#include "runtime/hipemu/attributes.h"
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/registered_code.h"
#include "runtime/hipemu/runtime.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <string>
#include <type_traits>

using namespace gemmsmith::hipemu;

namespace {

// HIP_VERSION: major · 10^7 + minor · 10^5 + patch.
int version(const Runtime &runtime) {
  return runtime.generation() == 5 ? 50200000 : 70000000;
}

hipError_t put(Call &, int *out, int value) {
  if (!out)
    return hipErrorInvalidValue;
  *out = value;
  return hipSuccess;
}

template <typename P> hipError_t properties(P *out, int device) {
  return call([&](Call &c) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    fill(*out, device);
    return hipSuccess;
  });
}

// All devices are alike, so the first one serves whatever is asked for.
template <typename P> hipError_t choose(int *device, const P *wanted) {
  return call([&](Call &c) { return wanted ? put(c, device, 0) : hipErrorInvalidValue; });
}

hipError_t copyText(char *out, int bytes, const std::string &text) {
  if (!out || bytes <= 0)
    return hipErrorInvalidValue;
  std::size_t n = std::min(text.size(), static_cast<std::size_t>(bytes) - 1);
  std::memcpy(out, text.data(), n);
  out[n] = 0;
  return n == text.size() ? hipSuccess : hipErrorInvalidValue;
}

std::string pciAddress(int device) {
  return fmt::format("0000:{:02x}:00.0", pciBus(device));
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
  c.device().peers.clear();
  return hipSuccess;
}

} // namespace

HIPEMU_API hipError_t hipInit(unsigned flags) {
  return call([&](Call &) { return flags ? hipErrorInvalidValue : hipSuccess; });
}

HIPEMU_API hipError_t hipDriverGetVersion(int *out) {
  return call([&](Call &c) { return put(c, out, version(c.runtime)); });
}

HIPEMU_API hipError_t hipRuntimeGetVersion(int *out) {
  return call([&](Call &c) { return put(c, out, version(c.runtime)); });
}

HIPEMU_API hipError_t hipGetDeviceCount(int *count) {
  return call([&](Call &c) { return put(c, count, static_cast<int>(c.runtime.devices.size())); });
}

HIPEMU_API hipError_t hipSetDevice(int device) {
  return call([&](Call &c) { return setDevice(c, device); });
}

HIPEMU_API hipError_t hipGetDevice(int *device) {
  return call([&](Call &c) { return put(c, device, c.thread.device); });
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
  return call([&](Call &c) {
    return c.hasDevice(ordinal) ? put(c, device, ordinal) : hipErrorInvalidDevice;
  });
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

HIPEMU_API hipError_t hipGetDevicePropertiesR0000(DevicePropertiesR0000 *out, int device) {
  return properties(out, device);
}
// The symbol without a version stands for the old layout: HIP 6's header renames the function.
HIPEMU_API hipError_t hipGetDeviceProperties(DevicePropertiesR0000 *out, int device) {
  return properties(out, device);
}
HIPEMU_API hipError_t hipGetDevicePropertiesR0600(DevicePropertiesR0600 *out, int device) {
  return properties(out, device);
}
HIPEMU_API hipError_t hipChooseDeviceR0000(int *device, const DevicePropertiesR0000 *wanted) {
  return choose(device, wanted);
}
HIPEMU_API hipError_t hipChooseDevice(int *device, const DevicePropertiesR0000 *wanted) {
  return choose(device, wanted);
}
HIPEMU_API hipError_t hipChooseDeviceR0600(int *device, const DevicePropertiesR0600 *wanted) {
  return choose(device, wanted);
}

HIPEMU_API hipError_t hipDeviceGetAttribute(int *out, Attribute attribute, int device) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    auto value = attributeValue(attribute, device);
    return value ? put(c, out, *value) : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipDeviceComputeCapability(int *major, int *minor, hipDevice_t device) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    if (!major || !minor)
      return hipErrorInvalidValue;
    *major = mi355x::kMajor;
    *minor = mi355x::kMinor;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDeviceGetName(char *name, int bytes, hipDevice_t device) {
  return call([&](Call &c) {
    return c.hasDevice(device) ? copyText(name, bytes, mi355x::kName) : hipErrorInvalidDevice;
  });
}

HIPEMU_API hipError_t hipDeviceGetUuid(hipUUID *uuid, hipDevice_t device) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    if (!uuid)
      return hipErrorInvalidValue;
    fillUuid(uuid->bytes, device);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDeviceTotalMem(std::size_t *bytes, hipDevice_t device) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    if (!bytes)
      return hipErrorInvalidValue;
    *bytes = mi355x::kMemoryBytes;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDeviceGetPCIBusId(char *out, int bytes, int device) {
  return call([&](Call &c) {
    return c.hasDevice(device) ? copyText(out, bytes, pciAddress(device)) : hipErrorInvalidDevice;
  });
}

HIPEMU_API hipError_t hipDeviceGetByPCIBusId(int *device, const char *text) {
  return call([&](Call &c) -> hipError_t {
    unsigned domain = 0, bus = 0, slot = 0;
    if (!device || !text || std::sscanf(text, "%x:%x:%x", &domain, &bus, &slot) != 3)
      return hipErrorInvalidValue;
    for (int n = 0; c.hasDevice(n); ++n)
      if (domain == 0 && slot == 0 && bus == static_cast<unsigned>(pciBus(n)))
        return put(c, device, n);
    return hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipDeviceGetP2PAttribute(int *out, int attribute, int from, int to) {
  return call([&](Call &c) -> hipError_t {
    constexpr int kRank = 0, kAccess = 1, kNativeAtomics = 2, kArrays = 3;
    if (!c.hasDevice(from) || !c.hasDevice(to) || from == to)
      return hipErrorInvalidDevice;
    if (attribute < kRank || attribute > kArrays)
      return hipErrorInvalidValue;
    return put(c, out, attribute == kAccess || attribute == kNativeAtomics);
  });
}

HIPEMU_API hipError_t hipDeviceCanAccessPeer(int *out, int device, int peer) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device) || !c.hasDevice(peer))
      return hipErrorInvalidDevice;
    return put(c, out, device != peer);
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
  return call([](Call &) { return hipErrorUnsupportedLimit; });
}

HIPEMU_API hipError_t hipSetDeviceFlags(unsigned flags) {
  return call([&](Call &c) {
    c.device().flags = flags;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipGetDeviceFlags(unsigned *flags) {
  return call([&](Call &c) {
    if (!flags)
      return hipErrorInvalidValue;
    *flags = c.device().flags;
    return hipSuccess;
  });
}

// LDS and cache are split in one way only on AMD's devices: 0 is hipFuncCachePreferNone and
// hipSharedMemBankSizeDefault, and every wish is accepted.
HIPEMU_API hipError_t hipDeviceGetCacheConfig(int *out) {
  return call([&](Call &c) { return put(c, out, 0); });
}
HIPEMU_API hipError_t hipDeviceSetCacheConfig(int) {
  return call([](Call &) { return hipSuccess; });
}
HIPEMU_API hipError_t hipDeviceGetSharedMemConfig(int *out) {
  return call([&](Call &c) { return put(c, out, 0); });
}
HIPEMU_API hipError_t hipDeviceSetSharedMemConfig(int) {
  return call([](Call &) { return hipSuccess; });
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
