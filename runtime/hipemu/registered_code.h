// Code that a program carries in itself: what the constructors that clang generates register, and
// how a host stub or a host variable leads to its kernel or device variable.
//
// Loaded when first used, once per device.
#pragma once

#include "runtime/hipemu/module.h"

#include <cstdint>
#include <memory>

namespace gemmsmith::hipemu {

// __hip_fatbin_segment of a program, "HIPF".
struct FatBinaryWrapper {
  std::uint32_t magic;
  std::uint32_t version;
  const void *binary;
  const void *unused;
};
inline constexpr std::uint32_t kFatBinaryMagic = 0x48495046;

struct RegisteredBinary;

RegisteredBinary *registerBinary(const FatBinaryWrapper *wrapper);
void registerFunction(RegisteredBinary *binary, const void *stub, const char *name);
void registerVariable(RegisteredBinary *binary, const void *variable, const char *name);
void unregisterBinary(RegisteredBinary *binary);

// For the calling thread's device; null if nothing such was registered or its code does not load.
std::shared_ptr<Function> registeredFunction(Call &c, const void *stub);
hipFunction_t registeredFunctionHandle(Call &c, const void *stub);
// The same for a pointer that may be a function of a module instead of a host stub.
std::shared_ptr<Function> anyFunction(Call &c, const void *pointer);
std::optional<GlobalVariable> registeredVariable(Call &c, const void *variable);
// Forgets what was loaded for a device, which is being reset.
void unloadRegistered(Call &c, int device);

} // namespace gemmsmith::hipemu
