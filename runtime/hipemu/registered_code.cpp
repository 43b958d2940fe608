#include "runtime/hipemu/registered_code.h"

#include "runtime/hipemu/runtime.h"

#include <map>
#include <mutex>

namespace gemmsmith::hipemu {

struct RegisteredBinary {
  const FatBinaryWrapper *wrapper = nullptr;
  std::map<int, std::shared_ptr<LoadedModule>> modules; // by device
};

namespace {

struct Named {
  RegisteredBinary *binary = nullptr;
  std::string name;
};

// Constructors of the program register before main(), so this must need no other constructor.
struct Registry {
  std::mutex mutex;
  std::map<const void *, Named> functions, variables; // by host address
  std::map<RegisteredBinary *, std::unique_ptr<RegisteredBinary>> binaries;
};

Registry &registry() {
  static Registry *const instance = new Registry;
  return *instance;
}

// The module with the name that was registered for a host address.
std::shared_ptr<LoadedModule> moduleOf(Call &c, const std::map<const void *, Named> &names,
                                       const void *address, std::string &name) {
  std::lock_guard lock(registry().mutex);
  auto it = names.find(address);
  if (it == names.end())
    return nullptr;
  name = it->second.name;
  RegisteredBinary &binary = *it->second.binary;
  auto &module = binary.modules[c.thread.device];
  if (!module)
    (void)loadModule(c, binary.wrapper->binary, std::nullopt, module);
  return module;
}

} // namespace

RegisteredBinary *registerBinary(const FatBinaryWrapper *wrapper) {
  auto binary = std::make_unique<RegisteredBinary>();
  binary->wrapper = wrapper;
  std::lock_guard lock(registry().mutex);
  RegisteredBinary *key = binary.get();
  registry().binaries.emplace(key, std::move(binary));
  return key;
}

void registerFunction(RegisteredBinary *binary, const void *stub, const char *name) {
  std::lock_guard lock(registry().mutex);
  registry().functions[stub] = {binary, name};
}

void registerVariable(RegisteredBinary *binary, const void *variable, const char *name) {
  std::lock_guard lock(registry().mutex);
  registry().variables[variable] = {binary, name};
}

void unregisterBinary(RegisteredBinary *binary) {
  std::lock_guard lock(registry().mutex);
  auto of_binary = [&](const auto &entry) { return entry.second.binary == binary; };
  std::erase_if(registry().functions, of_binary);
  std::erase_if(registry().variables, of_binary);
  registry().binaries.erase(binary);
}

std::shared_ptr<Function> registeredFunction(Call &c, const void *stub) {
  std::string name;
  auto module = moduleOf(c, registry().functions, stub, name);
  return module ? findFunction(*module, name) : nullptr;
}

std::shared_ptr<Function> anyFunction(Call &c, const void *pointer) {
  auto function = c.runtime.functions.find(pointer);
  return function ? function : registeredFunction(c, pointer);
}

hipFunction_t registeredFunctionHandle(Call &c, const void *stub) {
  std::string name;
  auto module = moduleOf(c, registry().functions, stub, name);
  return module ? handleOf(c, *module, name) : nullptr;
}

std::optional<GlobalVariable> registeredVariable(Call &c, const void *variable) {
  std::string name;
  auto module = moduleOf(c, registry().variables, variable, name);
  return module ? module->global(name) : std::nullopt;
}

void unloadRegistered(Call &c, int device) {
  std::lock_guard lock(registry().mutex);
  for (auto &[key, binary] : registry().binaries)
    if (auto it = binary->modules.find(device); it != binary->modules.end()) {
      if (it->second)
        unloadModule(c, *it->second);
      binary->modules.erase(it);
    }
}

} // namespace gemmsmith::hipemu
