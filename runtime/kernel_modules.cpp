#include "runtime/kernel_modules.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "runtime/code_object.h"
#include "runtime/hip/scopes.h"
#include "runtime/hip/target.h"

#include <chrono>
#include <fmt/format.h>

namespace gemmsmith::runtime {

namespace {

using std::chrono::steady_clock;

// That an object which bears the kernel's name is what it should be.
Outcome<void> checkObject(const FoundObject &found, const KernelConfig &config,
                          const std::string &device_target) {
  const Expected<CodeObject> object = parseCodeObject(found.bytes);
  if (!object)
    return fail(GS_ERROR_INPUT, object.error().str(), found.origin);
  if (const Expected<void> suits = checkTarget(*object, device_target); !suits)
    return fail(GS_ERROR_TARGET, suits.error().message, found.origin);
  const std::string name = kernelName(config);
  const Kernel *kernel = object->find(name);
  if (!kernel)
    return fail(GS_ERROR_INPUT, "the code object does not hold the kernel " + name, found.origin);
  const auto expected = static_cast<std::uint32_t>(kernelArgumentBytes(config));
  const std::uint32_t taken = kernel->metadata.explicitArgumentBytes();
  if (taken != expected)
    return fail(GS_ERROR_INPUT,
                fmt::format("the kernel {} takes {} bytes of arguments, not {}: another version of "
                            "Gemmsmith built it",
                            name, taken, expected),
                found.origin);
  return {};
}

} // namespace

KernelModules::KernelEntry &KernelModules::entryOf(const std::string &kernel) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<KernelEntry> &entry = kernels_[kernel];
  if (!entry)
    entry = std::make_unique<KernelEntry>();
  return *entry;
}

hipFunction_t KernelModules::find(int device, const KernelConfig &config) const {
  const std::lock_guard lock(mutex_);
  const auto kernel = kernels_.find(kernelName(config));
  if (kernel == kernels_.end())
    return nullptr;
  const auto loaded = kernel->second->devices.find(device);
  return loaded == kernel->second->devices.end() ? nullptr : loaded->second.function;
}

Outcome<void> KernelModules::obtain(KernelEntry &entry, const std::string &device_target,
                                    const KernelConfig &config) {
  if (toString(config.target) != processorOf(device_target))
    return fail(GS_ERROR_TARGET,
                fmt::format("the kernel is for {}, the device is {}", toString(config.target),
                            device_target),
                kernelName(config));
  // Another device of this processor may be set up differently, so that what was good for the first
  // one is checked again.
  if (!entry.object.bytes.empty())
    return checkObject(entry.object, config, device_target);
  Outcome<FoundObject> found = sources_.find(config, device_target, [&](const FoundObject &object) {
    return checkObject(object, config, device_target);
  });
  if (!found) {
    counters_.addNotFound();
    return tl::unexpected(std::move(found.error()));
  }
  counters_.addHit(*found);
  log_.info(fmt::format("{}: from the {} tier ({})", kernelName(config), toString(found->tier),
                        found->origin));
  entry.object = std::move(*found);
  return {};
}

Outcome<void> KernelModules::fetch(const std::string &device_target, const KernelConfig &config) {
  KernelEntry &entry = entryOf(kernelName(config));
  const std::lock_guard loading(entry.loading);
  return obtain(entry, device_target, config);
}

Outcome<hipFunction_t> KernelModules::load(int device, const std::string &device_target,
                                           const KernelConfig &config) {
  const std::string name = kernelName(config);
  KernelEntry &entry = entryOf(name);
  const std::lock_guard loading(entry.loading);
  if (hipFunction_t function = find(device, config))
    return function;
  if (Outcome<void> obtained = obtain(entry, device_target, config); !obtained)
    return tl::unexpected(obtained.error());

  const auto begin = steady_clock::now();
  Loaded loaded{};
  Expected<void> done = hip_.check(
      hip_->hipModuleLoadData(&loaded.module, entry.object.bytes.data()), "hipModuleLoadData");
  if (!done)
    return fail(GS_ERROR_HIP, done.error().message, name);
  done = hip_.check(hip_->hipModuleGetFunction(&loaded.function, loaded.module, name.c_str()),
                    "hipModuleGetFunction");
  if (!done) {
    (void)hip_->hipModuleUnload(loaded.module);
    return fail(GS_ERROR_HIP, done.error().message, name);
  }
  counters_.addLoad(steady_clock::now() - begin);
  const std::lock_guard lock(mutex_);
  entry.devices.emplace(device, loaded);
  return loaded.function;
}

void KernelModules::unload() {
  const std::lock_guard lock(mutex_);
  for (auto &[name, entry] : kernels_)
    for (const auto &[ordinal, loaded] : entry->devices) {
      const DeviceScope device(hip_, ordinal);
      (void)hip_->hipModuleUnload(loaded.module);
    }
  kernels_.clear();
}

} // namespace gemmsmith::runtime
