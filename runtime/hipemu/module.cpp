#include "runtime/hipemu/module.h"

#include "runtime/hipemu/code_bundle.h"
#include "runtime/hipemu/device_properties.h"
#include "runtime/hipemu/runtime.h"

#include <algorithm>

namespace gemmsmith::hipemu {

int Function::maxThreads() const {
  auto recorded = static_cast<int>(kernel->metadata.max_workgroup_size);
  return recorded ? std::min(recorded, mi355x::kMaxThreadsPerBlock) : mi355x::kMaxThreadsPerBlock;
}

std::optional<GlobalVariable> LoadedModule::global(std::string_view name) const {
  for (const Symbol &symbol : module->object.symbols)
    if (!symbol.is_function && symbol.name == name)
      return GlobalVariable{module->base + symbol.address, symbol.bytes};
  return std::nullopt;
}

hipError_t loadModule(Call &c, const void *data, std::optional<std::size_t> bytes,
                      std::shared_ptr<LoadedModule> &module) {
  auto code = selectCodeObject(data, bytes);
  if (!code) {
    c.runtime.say(code.error().str());
    return code.error().kind == ErrorKind::kUsage ? hipErrorNoBinaryForGpu : hipErrorInvalidImage;
  }
  auto loaded = c.runtime.device.load(*code);
  if (!loaded) {
    c.runtime.say(loaded.error().str());
    auto object = parseCodeObject(*code);
    return object && object->target != "gfx950" ? hipErrorNoBinaryForGpu : hipErrorInvalidImage;
  }
  MemoryBlock image;
  image.start = (*loaded)->base;
  image.kind = MemoryKind::kModule;
  image.device = c.thread.device;
  for (const Segment &segment : (*loaded)->object.segments)
    image.bytes = std::max<std::size_t>(image.bytes, segment.address + segment.memory_bytes);
  if (hipError_t status = c.runtime.addBlock(image))
    return status;
  module = std::make_shared<LoadedModule>();
  module->module = std::move(*loaded);
  module->device = c.thread.device;
  return hipSuccess;
}

std::shared_ptr<Function> findFunction(LoadedModule &module, std::string_view name) {
  if (auto it = module.functions.find(name); it != module.functions.end())
    return it->second.second;
  const Kernel *kernel = module.module->object.find(name);
  if (!kernel)
    return nullptr;
  auto function = std::make_shared<Function>();
  function->module = module.module;
  function->kernel = kernel;
  function->device = module.device;
  module.functions.emplace(name, std::pair{hipFunction_t{}, function});
  return function;
}

hipFunction_t handleOf(Call &c, LoadedModule &module, const std::string &name) {
  if (!findFunction(module, name))
    return nullptr;
  auto &[handle, function] = module.functions.find(name)->second;
  if (!handle)
    handle = static_cast<hipFunction_t>(c.runtime.functions.add(function));
  return handle;
}

void unloadModule(Call &c, LoadedModule &module) {
  for (const auto &[name, entry] : module.functions)
    c.runtime.functions.remove(entry.first);
  (void)c.runtime.releaseMemory(reinterpret_cast<void *>(module.module->base));
}

} // namespace gemmsmith::hipemu
