#include "configs/this_file.h"

#include <dlfcn.h>
#include <filesystem>
#include <link.h>
#include <system_error>

namespace gemmsmith {

namespace {

constexpr const char *kSelf = "/proc/self/exe";

} // namespace

std::string thisProgram() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink(kSelf, error);
  return error || !std::filesystem::exists(program, error) ? kSelf : program.native();
}

std::string fileOfAddress(const void *address) {
  Dl_info info{};
  link_map *object = nullptr;
  if (::dladdr1(address, &info, reinterpret_cast<void **>(&object), RTLD_DL_LINKMAP) == 0)
    return {};
  // The loader has no name for the program, and dladdr() puts there what it was called by: not a
  // path where it was found through PATH.
  if (object && object->l_name && *object->l_name == '\0') {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink(kSelf, error);
    if (!error)
      return program;
  }
  return info.dli_fname ? info.dli_fname : "";
}

std::string folderOfThisFile() {
  const std::string file = fileOfAddress(reinterpret_cast<const void *>(&folderOfThisFile));
  return file.substr(0, file.rfind('/') + 1);
}

} // namespace gemmsmith
