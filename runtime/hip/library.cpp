#include "runtime/hip/library.h"

#include "configs/this_file.h"
#include "runtime/hipemu/device_properties.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <system_error>
#include <vector>

namespace gemmsmith::runtime {

namespace {

constexpr std::array kSonames = {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5",
                                 "libamdhip64.so"};
constexpr const char *kEmulator = "libgemmsmith_hipemu.so";
constexpr const char *kAnyFunction = "hipGetDeviceCount"; // to ask where a library came from

// Room for hipDeviceProp_t of HIPs to come, which only grow it.
constexpr std::size_t kPropertiesBytes = 8192;
constexpr std::size_t kArchNameBytes = 256;

std::string loaderError() {
  const char *text = ::dlerror();
  return text ? text : "unknown error";
}

Expected<void *> openFile(const std::string &path, const char *how_named) {
  if (void *handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))
    return handle;
  return makeError(ErrorKind::kFailed, fmt::format("cannot load {}: {}", how_named, loaderError()));
}

// HIP as the process has it already - because Torch brought it, say. Two HIP runtimes in one
// process do not see each other's memory and streams, so that this one comes before a newer one.
void *loadedAlready() {
  for (const char *name : kSonames)
    if (void *handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD))
      return handle;
  return nullptr;
}

Expected<void *> openBySoname() {
  if (void *handle = loadedAlready())
    return handle;
  std::vector<std::string> reasons;
  for (const char *name : kSonames) {
    if (void *handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL))
      return handle;
    reasons.push_back(loaderError());
  }
  return makeError(ErrorKind::kFailed,
                   fmt::format("HIP's runtime library is not found ({}); install ROCm, name the "
                               "library in GEMMSMITH_HIP_LIBRARY, or ask for the emulated device "
                               "with GEMMSMITH_DEVICE=emulator",
                               fmt::join(reasons, "; ")));
}

// The emulated device is also offered under HIP's names, by links to its file.
bool isEmulator(void *handle) {
  std::error_code error;
  const auto file = std::filesystem::canonical(fileOfAddress(::dlsym(handle, kAnyFunction)), error);
  return !error && file.filename().string().starts_with(kEmulator);
}

Expected<void *> openEmulator() {
  if (void *handle = loadedAlready(); handle && isEmulator(handle))
    return handle;
  return openFile(folderOfThisFile() + kEmulator, "the emulated device");
}

Expected<void *> openChosen(const HipChoice &choice) {
  if (!choice.path.empty())
    return openFile(choice.path, "the HIP library that was named");
  if (choice.kind == HipKind::kEmulator)
    return openEmulator();
  return openBySoname();
}

template <typename F> bool bind(void *handle, const char *name, F *&function) {
  function = reinterpret_cast<F *>(::dlsym(handle, name));
  return function != nullptr;
}

// The names of required functions that are not there.
std::vector<std::string> bindAll(void *handle, HipFunctions &f) {
  std::vector<std::string> missing;
  const auto require = [&](const char *name, auto *&function) {
    if (!bind(handle, name, function))
      missing.push_back(name);
  };
  require("hipGetErrorString", f.hipGetErrorString);
  require("hipGetDeviceCount", f.hipGetDeviceCount);
  require("hipGetDevice", f.hipGetDevice);
  require("hipSetDevice", f.hipSetDevice);
  require("hipModuleLoadData", f.hipModuleLoadData);
  require("hipModuleUnload", f.hipModuleUnload);
  require("hipModuleGetFunction", f.hipModuleGetFunction);
  require("hipModuleLaunchKernel", f.hipModuleLaunchKernel);
  require("hipMalloc", f.hipMalloc);
  require("hipFree", f.hipFree);
  require("hipMemsetAsync", f.hipMemsetAsync);
  require("hipStreamCreateWithFlags", f.hipStreamCreateWithFlags);
  require("hipStreamDestroy", f.hipStreamDestroy);
  require("hipStreamSynchronize", f.hipStreamSynchronize);
  // From HIP 6 on the symbol without a version stays what it was, the old layout.
  if (!bind(handle, "hipGetDevicePropertiesR0600", f.hipGetDevicePropertiesR0600))
    require("hipGetDeviceProperties", f.hipGetDeviceProperties);
  bind(handle, "hipStreamIsCapturing", f.hipStreamIsCapturing);
  bind(handle, "hipStreamGetCaptureInfo", f.hipStreamGetCaptureInfo);
  bind(handle, "hipStreamGetDevice", f.hipStreamGetDevice);
  bind(handle, "hipThreadExchangeStreamCaptureMode", f.hipThreadExchangeStreamCaptureMode);
  return missing;
}

} // namespace

Expected<HipLibrary> HipLibrary::open(const HipChoice &choice) {
  const Expected<void *> handle = openChosen(choice);
  if (!handle)
    return tl::unexpected(handle.error());
  HipLibrary library;
  const std::vector<std::string> missing = bindAll(*handle, library.functions_);
  if (const void *function = ::dlsym(*handle, kAnyFunction))
    library.path_ = fileOfAddress(function);
  if (missing.empty())
    return library;
  return makeError(
      ErrorKind::kFailed,
      fmt::format("this HIP library lacks {}; HIP 5 to 7 have it", fmt::join(missing, ", ")),
      library.path_.empty() ? choice.path : library.path_);
}

Expected<void> HipLibrary::check(hipError_t status, std::string_view call) const {
  if (status == hipSuccess)
    return {};
  const char *text = functions_.hipGetErrorString(status);
  return makeError(
      ErrorKind::kFailed,
      fmt::format("{}: {} ({})", call, text ? text : "unknown error", static_cast<int>(status)));
}

Expected<std::string> HipLibrary::targetId(int device) const {
  alignas(std::max_align_t) std::array<char, kPropertiesBytes> properties{};
  const bool r0600 = functions_.hipGetDevicePropertiesR0600 != nullptr;
  const hipError_t status = r0600
                                ? functions_.hipGetDevicePropertiesR0600(properties.data(), device)
                                : functions_.hipGetDeviceProperties(properties.data(), device);
  if (auto done = check(status, "hipGetDeviceProperties"); !done)
    return tl::unexpected(done.error());
  const char *name =
      properties.data() + (r0600 ? offsetof(hipemu::DevicePropertiesR0600, gcnArchName)
                                 : offsetof(hipemu::DevicePropertiesR0000, gcnArchName));
  return std::string(name, ::strnlen(name, kArchNameBytes));
}

Expected<int> HipLibrary::currentDevice() const {
  int device = 0;
  return check(functions_.hipGetDevice(&device), "hipGetDevice").map([&] { return device; });
}

Expected<bool> HipLibrary::isCapturing(hipStream_t stream) const {
  // The legacy stream is never captured, and asking about it disturbs captures of others.
  if (stream == nullptr || stream == hipStreamLegacy)
    return false;
  auto capture = hipStreamCaptureStatusNone;
  hipError_t status = hipSuccess;
  if (functions_.hipStreamIsCapturing)
    status = functions_.hipStreamIsCapturing(stream, &capture);
  else if (functions_.hipStreamGetCaptureInfo)
    status = functions_.hipStreamGetCaptureInfo(stream, &capture, nullptr);
  return check(status, "hipStreamIsCapturing").map([&] {
    return capture != hipStreamCaptureStatusNone;
  });
}

} // namespace gemmsmith::runtime
