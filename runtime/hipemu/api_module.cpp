// Modules, their functions and globals, and attributes of functions.
#include "runtime/hipemu/capture.h"
#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/registered_code.h"
#include "runtime/hipemu/runtime.h"

#include <fstream>
#include <iterator>
#include <vector>

using namespace gemmsmith::hipemu;

namespace {

hipError_t load(Call &c, hipModule_t *out, const void *data, std::optional<std::size_t> bytes) {
  std::shared_ptr<LoadedModule> module;
  if (hipError_t status = loadModule(c, data, bytes, module))
    return status;
  *out = static_cast<hipModule_t>(c.runtime.modules.add(module));
  return hipSuccess;
}

hipError_t loadData(hipModule_t *out, const void *data) {
  return call([&](Call &c) {
    return out && data ? load(c, out, data, std::nullopt) : hipErrorInvalidValue;
  });
}

int freeLds(const Function &function) {
  return mi355x::kLdsBytes - static_cast<int>(function.kernel->descriptor.group_segment_bytes);
}

hipError_t attribute(const Function &function, int which, int &value) {
  const gemmsmith::KernelDescriptor &descriptor = function.kernel->descriptor;
  switch (which) {
  case HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
    value = function.maxThreads();
    return hipSuccess;
  case HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
    value = static_cast<int>(descriptor.group_segment_bytes);
    return hipSuccess;
  case HIP_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
    value = static_cast<int>(descriptor.private_segment_bytes);
    return hipSuccess;
  case HIP_FUNC_ATTRIBUTE_NUM_REGS:
    value = static_cast<int>(function.kernel->metadata.vgprs);
    return hipSuccess;
  case HIP_FUNC_ATTRIBUTE_PTX_VERSION:
  case HIP_FUNC_ATTRIBUTE_BINARY_VERSION:
    value = 10 * mi355x::kMajor + mi355x::kMinor;
    return hipSuccess;
  case HIP_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
    value = freeLds(function);
    return hipSuccess;
  case HIP_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
  case HIP_FUNC_ATTRIBUTE_CACHE_MODE_CA:
  case HIP_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
    value = 0;
    return hipSuccess;
  default:
    return hipErrorInvalidValue;
  }
}

} // namespace

HIPEMU_API hipError_t hipModuleLoad(hipModule_t *out, const char *path) {
  return call([&](Call &c) -> hipError_t {
    if (!out || !path)
      return hipErrorInvalidValue;
    std::ifstream file(path, std::ios::binary);
    if (!file)
      return hipErrorFileNotFound;
    std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    return load(c, out, bytes.data(), bytes.size());
  });
}

HIPEMU_API hipError_t hipModuleLoadData(hipModule_t *out, const void *data) {
  return loadData(out, data);
}
HIPEMU_API hipError_t hipModuleLoadFatBinary(hipModule_t *out, const void *data) {
  return loadData(out, data);
}
// The options are about compiling, and nothing is compiled here.
HIPEMU_API hipError_t hipModuleLoadDataEx(hipModule_t *out, const void *data, unsigned, int *,
                                          void **) {
  return loadData(out, data);
}

HIPEMU_API hipError_t hipModuleUnload(hipModule_t handle) {
  return call([&](Call &c) -> hipError_t {
    auto module = c.runtime.modules.remove(handle);
    if (!module)
      return hipErrorInvalidHandle;
    unloadModule(c, *module);
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipModuleGetFunction(hipFunction_t *out, hipModule_t handle,
                                           const char *name) {
  return call([&](Call &c) -> hipError_t {
    if (!out || !name)
      return hipErrorInvalidValue;
    auto module = c.runtime.modules.find(handle);
    if (!module)
      return hipErrorInvalidHandle;
    *out = handleOf(c, *module, name);
    return *out ? hipSuccess : hipErrorNotFound;
  });
}

HIPEMU_API hipError_t hipModuleGetFunctionCount(unsigned *out, hipModule_t handle) {
  return call([&](Call &c) -> hipError_t {
    auto module = c.runtime.modules.find(handle);
    if (!module)
      return hipErrorInvalidHandle;
    if (!out)
      return hipErrorInvalidValue;
    *out = static_cast<unsigned>(module->module->object.kernels.size());
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipModuleGetGlobal(hipDeviceptr_t *address, std::size_t *bytes,
                                         hipModule_t handle, const char *name) {
  return call([&](Call &c) -> hipError_t {
    if (!name)
      return hipErrorInvalidValue;
    auto module = c.runtime.modules.find(handle);
    if (!module)
      return hipErrorInvalidHandle;
    auto variable = module->global(name);
    if (!variable)
      return hipErrorNotFound;
    if (address)
      *address = reinterpret_cast<void *>(variable->address);
    if (bytes)
      *bytes = variable->bytes;
    return hipSuccess;
  });
}

HIPEMU_API hipError_t hipFuncGetAttribute(int *out, hipFunction_attribute which,
                                          hipFunction_t handle) {
  return call([&](Call &c) -> hipError_t {
    auto function = anyFunction(c, handle);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    return out ? attribute(*function, which, *out) : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipFuncGetAttributes(hipFuncAttributes *out, const void *pointer) {
  return call([&](Call &c) -> hipError_t {
    if (!out)
      return hipErrorInvalidValue;
    auto function = anyFunction(c, pointer);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    const gemmsmith::KernelDescriptor &descriptor = function->kernel->descriptor;
    *out = {};
    out->binaryVersion = out->ptxVersion = 10 * mi355x::kMajor + mi355x::kMinor;
    out->localSizeBytes = descriptor.private_segment_bytes;
    out->sharedSizeBytes = descriptor.group_segment_bytes;
    out->maxDynamicSharedSizeBytes = freeLds(*function);
    out->maxThreadsPerBlock = function->maxThreads();
    out->numRegs = static_cast<int>(function->kernel->metadata.vgprs);
    return hipSuccess;
  });
}

// A workgroup may have all of the LDS without asking, so this only says whether it is there.
HIPEMU_API hipError_t hipFuncSetAttribute(const void *pointer, hipFuncAttribute which, int value) {
  return call([&](Call &c) -> hipError_t {
    auto function = anyFunction(c, pointer);
    if (!function)
      return hipErrorInvalidDeviceFunction;
    if (which == hipFuncAttributeMaxDynamicSharedMemorySize)
      return value >= 0 && value <= freeLds(*function) ? hipSuccess : hipErrorInvalidValue;
    return which == hipFuncAttributePreferredSharedMemoryCarveout ? hipSuccess
                                                                  : hipErrorInvalidValue;
  });
}

HIPEMU_API hipError_t hipFuncSetCacheConfig(const void *pointer, int) {
  return call([&](Call &c) {
    return anyFunction(c, pointer) ? hipSuccess : hipErrorInvalidDeviceFunction;
  });
}
HIPEMU_API hipError_t hipFuncSetSharedMemConfig(const void *pointer, int) {
  return call([&](Call &c) {
    return anyFunction(c, pointer) ? hipSuccess : hipErrorInvalidDeviceFunction;
  });
}

// The texts live as long as the function.
HIPEMU_API const char *hipKernelNameRef(hipFunction_t handle) {
  const char *name = nullptr;
  (void)call([&](Call &c) {
    if (auto function = c.runtime.functions.find(handle))
      name = function->kernel->metadata.name.c_str();
    return hipSuccess;
  });
  return name;
}
HIPEMU_API const char *hipKernelNameRefByPtr(const void *stub, hipStream_t) {
  const char *name = nullptr;
  (void)call([&](Call &c) {
    if (auto function = registeredFunction(c, stub))
      name = function->kernel->metadata.name.c_str();
    return hipSuccess;
  });
  return name;
}
