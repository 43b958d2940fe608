// Contexts: a stack per thread, over the devices' primary contexts.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/entry.h"

#include <algorithm>

using namespace gemmsmith::hipemu;

namespace {

hipCtx_t current(Call &c) {
  return c.thread.contexts.empty() ? c.device().primary_handle : c.thread.contexts.back();
}

// The current device is that of the context on top.
void follow(Call &c) {
  if (!c.thread.contexts.empty())
    if (auto context = c.runtime.contexts.find(c.thread.contexts.back()))
      c.thread.device = context->device;
}

} // namespace

HIPEMU_API hipError_t hipCtxCreate(hipCtx_t *out, unsigned, hipDevice_t device) {
  return call([&](Call &c) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    *out =
        static_cast<hipCtx_t>(c.runtime.contexts.add(std::make_shared<Context>(Context{device})));
    c.thread.contexts.push_back(*out);
    follow(c);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipCtxDestroy(hipCtx_t handle) {
  return call([&](Call &c) -> hipError_t {
    auto context = c.runtime.contexts.find(handle);
    if (!context)
      return hipErrorInvalidContext;
    for (const DeviceState &device : c.runtime.devices)
      if (device.primary_context == context) // those are released, not destroyed
        return hipErrorInvalidContext;
    c.runtime.contexts.remove(handle);
    std::erase(c.thread.contexts, handle);
    follow(c);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipCtxPushCurrent(hipCtx_t handle) {
  return call([&](Call &c) -> hipError_t {
    if (!c.runtime.contexts.find(handle))
      return hipErrorInvalidContext;
    c.thread.contexts.push_back(handle);
    follow(c);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipCtxPopCurrent(hipCtx_t *out) {
  return call([&](Call &c) -> hipError_t {
    if (c.thread.contexts.empty())
      return hipErrorInvalidContext;
    if (out)
      *out = c.thread.contexts.back();
    c.thread.contexts.pop_back();
    follow(c);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipCtxSetCurrent(hipCtx_t handle) {
  return call([&](Call &c) -> hipError_t {
    if (handle && !c.runtime.contexts.find(handle))
      return hipErrorInvalidContext;
    if (!c.thread.contexts.empty())
      c.thread.contexts.pop_back();
    if (handle)
      c.thread.contexts.push_back(handle);
    follow(c);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipCtxGetCurrent(hipCtx_t *out) {
  return call([&](Call &c) { return put(out, current(c)); });
}

HIPEMU_API hipError_t hipCtxGetDevice(hipDevice_t *out) {
  return call([&](Call &c) { return put(out, c.thread.device); });
}

HIPEMU_API hipError_t hipCtxGetApiVersion(hipCtx_t handle, int *out) {
  return call([&](Call &c) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    if (handle && !c.runtime.contexts.find(handle))
      return hipErrorInvalidContext;
    *out = 4; // what HIP's runtime answers for every context
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipCtxGetFlags(unsigned *out) {
  return call([&](Call &c) { return put(out, c.device().flags); });
}

HIPEMU_API hipError_t hipCtxSynchronize() {
  return call([](Call &c) -> hipError_t {
    if (hipError_t refused = refuseUnsafeCall(c))
      return refused;
    return waitForDevice(c, c.thread.device);
  });
}

HIPEMU_API hipError_t hipDevicePrimaryCtxRetain(hipCtx_t *out, hipDevice_t device) {
  return call([&](Call &c) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    DeviceState &state = c.runtime.devices[static_cast<std::size_t>(device)];
    ++state.primary_users;
    *out = state.primary_handle;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDevicePrimaryCtxRelease(hipDevice_t device) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    int &users = c.runtime.devices[static_cast<std::size_t>(device)].primary_users;
    users = std::max(users - 1, 0);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDevicePrimaryCtxGetState(hipDevice_t device, unsigned *flags,
                                                  int *active) {
  return call([&](Call &c) -> hipError_t {
    if (!flags || !active)
      return hipErrorInvalidValue;
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    const DeviceState &state = c.runtime.devices[static_cast<std::size_t>(device)];
    *flags = state.flags;
    *active = state.primary_users > 0 || device == c.thread.device;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipDevicePrimaryCtxSetFlags(hipDevice_t device, unsigned flags) {
  return call([&](Call &c) -> hipError_t {
    if (!c.hasDevice(device))
      return hipErrorInvalidDevice;
    c.runtime.devices[static_cast<std::size_t>(device)].flags = flags;
    return hipSuccess;
  });
}
