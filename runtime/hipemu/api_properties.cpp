// Properties and attributes of devices, their names and addresses.
#include "runtime/hipemu/attributes.h"
#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/entry.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <string>

using namespace gemmsmith::hipemu;

namespace {

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
  return call([&](Call &) { return wanted ? put(device, 0) : hipErrorInvalidValue; });
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

} // namespace

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
    return value ? put(out, *value) : hipErrorInvalidValue;
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
    return put(bytes, mi355x::kMemoryBytes);
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
        return put(device, n);
    return hipErrorInvalidValue;
  });
}
