// libamd_comgr.so of the tests' ROCm: its list of ISAs.

#include "tests/compiler/hiprtc/fake_rocm.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace fake = gemmsmith::fake;

namespace {

constexpr const char *kIsas[] = {"amdgcn-amd-amdhsa--gfx90a", "amdgcn-amd-amdhsa--gfx942",
                                 "amdgcn-amd-amdhsa--gfx950", "amdgcn-amd-amdhsa--gfx9-generic"};

bool told(const char *word) {
  const char *words = std::getenv(fake::kVariable);
  return words != nullptr && std::strstr(words, word) != nullptr;
}

} // namespace

extern "C" {

void amd_comgr_get_version(std::size_t *major, std::size_t *minor) {
  *major = 3;
  *minor = 9;
}

int amd_comgr_get_isa_count(std::size_t *count) {
  *count = told(fake::kNoIsas) ? 0 : told(fake::kOldIsas) ? 2 : 4;
  return 0;
}

int amd_comgr_get_isa_name(std::size_t index, const char **name) {
  *name = kIsas[index];
  return 0;
}

} // extern "C"
