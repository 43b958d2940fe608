#include "compiler/hiprtc/environment.h"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace gemmsmith {

namespace {

// LLVM_PATH stays: it only says where clang's own headers are, which our kernels do not include,
// and the programs of a private root (tools/rocm-sysroot.sh) set it.
constexpr std::array kRemoved{
    RemovedVariable{"HIPRTC_*", "hiprtc appends _COMPILE_OPTIONS_APPEND and _LINK_OPTIONS_APPEND"},
    RemovedVariable{"AMD_COMGR_*",
                    "comgr's cache, kept temporary files, redirected and timed logs, and "
                    "_DRIVER_OPTIONS_APPEND"},
    RemovedVariable{"AMD_LOG_*", "the HIP runtime's log, into a file if it is told so"},
    RemovedVariable{"AMD_OCL_*", "options that the HIP runtime's compiler layer appends"},
    RemovedVariable{"GPU_*",
                    "flags of the HIP runtime, of which _ENABLE_WGP_MODE becomes -mcumode"},
    RemovedVariable{"ROCM_PATH", "clang's and comgr's search for headers and device libraries"},
    RemovedVariable{"HIP_PATH", "the same"},
    RemovedVariable{"HIP_DEVICE_LIB_PATH", "the same"},
    RemovedVariable{"CCC_*", "edits of clang's command line: _OVERRIDE_OPTIONS, _ADD_ARGS"},
    RemovedVariable{"CPATH", "clang's include path"},
    RemovedVariable{"C_INCLUDE_PATH", "the same"},
    RemovedVariable{"CPLUS_INCLUDE_PATH", "the same"},
    RemovedVariable{"OBJC_INCLUDE_PATH", "the same"},
    RemovedVariable{"OBJCPLUS_INCLUDE_PATH", "the same"},
    RemovedVariable{"LIBRARY_PATH", "clang's search for libraries to link"},
    RemovedVariable{"COMPILER_PATH", "clang's search for programs to run"},
    RemovedVariable{"GCC_EXEC_PREFIX", "the same"},
    RemovedVariable{"CLANG_CONFIG_FILE_*", "where configuration files are"},
    RemovedVariable{"CLANG_MODULE_CACHE_PATH", "a cache outside of our temporary directory"},
    RemovedVariable{"SOURCE_DATE_EPOCH", "clang refuses to work when it is no number"},
};

struct Set {
  const char *name;
  const char *value;
  std::string_view why;
};

constexpr std::array kSet{
    Set{"AMD_COMGR_CACHE", "0",
        "on by default: it would write into the user's home, and hide what a compile costs"},
    Set{"CLANG_NO_DEFAULT_CONFIG", "1",
        "clang.cfg of the user or the machine adds options to every compile"},
};

bool isRemoved(std::string_view variable) {
  for (const RemovedVariable &entry : kRemoved) {
    const bool prefix = entry.name.ends_with('*');
    if (prefix ? variable.starts_with(entry.name.substr(0, entry.name.size() - 1))
               : variable == entry.name)
      return true;
  }
  return false;
}

} // namespace

std::span<const RemovedVariable> removedVariables() {
  return kRemoved;
}

void cleanCompilerEnvironment() {
  // Collected first: unsetenv moves what environ points to.
  std::vector<std::string> names;
  for (char **variable = ::environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    if (isRemoved(name))
      names.emplace_back(name);
  }
  for (const std::string &name : names)
    ::unsetenv(name.c_str());
  for (const Set &entry : kSet)
    ::setenv(entry.name, entry.value, 1);
}

} // namespace gemmsmith
