// Entry points by name, as loaders of HIP 6 and later ask for them.
#include "runtime/hipemu/runtime.h"

#include <dlfcn.h>
#include <string>

using namespace gemmsmith::hipemu;

namespace {

enum QueryResult : int { kFound = 0, kNotFound = 1 };

// The functions that exist in two layouts: the version decides, 600 and later is the new one.
std::string versioned(const std::string &name, int version) {
  if (name == "hipGetDeviceProperties" || name == "hipChooseDevice")
    return name + (version >= 600 ? "R0600" : "R0000");
  return name;
}

void *find(const std::string &name) {
  Dl_info self{};
  if (!dladdr(reinterpret_cast<const void *>(&thisThread), &self))
    return nullptr;
  void *library = dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  if (!library)
    return nullptr;
  void *symbol = dlsym(library, name.c_str());
  dlclose(library);
  Dl_info found{}; // dlsym() also searches what the library itself needs
  return symbol && dladdr(symbol, &found) && found.dli_fbase == self.dli_fbase ? symbol : nullptr;
}

} // namespace

HIPEMU_API hipError_t hipGetProcAddress(const char *name, void **out, int version,
                                        std::uint64_t flags, int *result) {
  return call([&](Call &) -> hipError_t {
    constexpr std::uint64_t kPerThread = 2;
    if (!name || !out || !*name)
      return hipErrorInvalidValue;
    *out = nullptr;
    if (flags & kPerThread)
      *out = find(std::string(name) + "_spt");
    if (!*out)
      *out = find(versioned(name, version));
    if (result)
      *result = *out ? kFound : kNotFound;
    return *out ? hipSuccess : hipErrorInvalidValue;
  });
}
