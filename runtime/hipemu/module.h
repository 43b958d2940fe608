// Modules: loaded code objects with their kernels and global variables.
#pragma once

#include "configs/error.h"
#include "runtime/emulator/module.h"
#include "runtime/hipemu/abi.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gemmsmith::hipemu {

struct Call;

struct Function {                                 // hipFunction_t
  std::shared_ptr<const emulator::Module> module; // keeps `kernel` alive
  const Kernel *kernel = nullptr;
  int device = 0;

  int maxThreads() const;
};

struct GlobalVariable {
  std::uintptr_t address = 0;
  std::size_t bytes = 0;
};

struct LoadedModule { // hipModule_t
  std::shared_ptr<const emulator::Module> module;
  int device = 0;
  std::map<std::string, std::pair<hipFunction_t, std::shared_ptr<Function>>, std::less<>> functions;

  std::optional<GlobalVariable> global(std::string_view name) const;
};

// `data` as hipModuleLoadData takes it: a code object or an offload bundle. Says what is wrong.
hipError_t loadModule(Call &c, const void *data, std::optional<std::size_t> bytes,
                      std::shared_ptr<LoadedModule> &module);
// Null if the module has no such kernel.
std::shared_ptr<Function> findFunction(LoadedModule &module, std::string_view name);
hipFunction_t handleOf(Call &c, LoadedModule &module, const std::string &name);
// Launches that are pending keep the code; handles and globals are gone.
void unloadModule(Call &c, LoadedModule &module);

} // namespace gemmsmith::hipemu
