#include "compiler/hiprtc/comgr.h"

#include "compiler/loaded_code.h"

#include <algorithm>
#include <cctype>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

namespace gemmsmith {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kSoname = "libamd_comgr.so.";

// The soname that hiprtc hands to dlopen() at its first compile: a literal in its file.
std::string sonameIn(const std::string &library) {
  std::ifstream file(library, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  for (auto at = bytes.find(kSoname); at != std::string::npos; at = bytes.find(kSoname, at + 1)) {
    auto end = at + kSoname.size();
    while (end < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[end])) != 0)
      ++end;
    if (end > at + kSoname.size())
      return bytes.substr(at, end - at);
  }
  return {};
}

Expected<void *> load(const HiprtcLibrary &hiprtc) {
  // Linked by hiprtc, then, and loaded with it.
  const auto loaded = loadedFiles([](std::string_view file) {
    return file.starts_with(kSoname.substr(0, kSoname.size() - 1));
  });
  if (!loaded.empty())
    if (void *handle = ::dlopen(loaded.front().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD))
      return handle;

  const std::string soname = sonameIn(hiprtc.path());
  if (soname.empty())
    return makeError(ErrorKind::kFailed, "neither links nor names a comgr");
  // Beside hiprtc first: a ROCm need not be known to the loader. By its soname the one that is
  // loaded here is the one that hiprtc will get.
  const fs::path beside = fs::path(hiprtc.path()).parent_path() / soname;
  if (void *handle = ::dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL))
    return handle;
  std::string message = ::dlerror();
  if (void *handle = ::dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL))
    return handle;
  std::error_code ignored;
  if (!fs::exists(beside, ignored))
    message = ::dlerror();
  return makeError(ErrorKind::kFailed,
                   fmt::format("its comgr cannot be loaded: {}; install it", message));
}

// "gfx950" of "amdgcn-amd-amdhsa--gfx950".
std::string processorOf(std::string_view isa) {
  const auto at = isa.rfind("--");
  return std::string(at == isa.npos ? isa : isa.substr(at + 2));
}

} // namespace

Expected<Comgr> Comgr::of(const HiprtcLibrary &hiprtc) {
  const auto handle = load(hiprtc);
  if (!handle)
    return tl::unexpected(handle.error());
  const auto get_version = reinterpret_cast<void (*)(std::size_t *, std::size_t *)>(
      ::dlsym(*handle, "amd_comgr_get_version"));
  const auto isa_count =
      reinterpret_cast<int (*)(std::size_t *)>(::dlsym(*handle, "amd_comgr_get_isa_count"));
  const auto isa_name = reinterpret_cast<int (*)(std::size_t, const char **)>(
      ::dlsym(*handle, "amd_comgr_get_isa_name"));
  if (get_version == nullptr || isa_count == nullptr || isa_name == nullptr)
    return makeError(ErrorKind::kFailed, "its comgr does not list its ISAs");

  Comgr comgr;
  Dl_info info = {};
  std::error_code error;
  if (::dladdr(reinterpret_cast<void *>(get_version), &info) != 0)
    comgr.path = fs::canonical(info.dli_fname, error).native();
  std::size_t major = 0;
  std::size_t minor = 0;
  get_version(&major, &minor);
  comgr.version = fmt::format("{}.{}", major, minor);
  std::size_t count = 0;
  if (isa_count(&count) != 0)
    return makeError(ErrorKind::kFailed, "its comgr does not list its ISAs");
  for (std::size_t i = 0; i < count; ++i) {
    const char *name = nullptr;
    if (isa_name(i, &name) == 0 && name != nullptr)
      comgr.isas.push_back(processorOf(name));
  }
  return comgr;
}

} // namespace gemmsmith
