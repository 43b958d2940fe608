#include "tools/gemmsmith/hip_device.h"

#include "runtime/settings.h"

#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>

namespace gemmsmith {

namespace {

constexpr const char *kEmulator = "libgemmsmith_hipemu.so";

// Where libgemmsmith.so looks for the emulated device: beside itself.
std::string besideTheLibrary(const char *name) {
  Dl_info info{};
  if (!::dladdr(reinterpret_cast<const void *>(&gs_version), &info) || !info.dli_fname)
    return name;
  return std::filesystem::path(info.dli_fname).replace_filename(name);
}

// Also when it goes by one of HIP's names, which are links to its file.
bool isEmulator(const std::string &path) {
  std::error_code error;
  const auto file = std::filesystem::canonical(path, error);
  return !error && file.filename().string().starts_with(kEmulator);
}

} // namespace

Expected<HipDevice> HipDevice::open(const gs_options &options) {
  const auto settings = runtime::readSettings(&options);
  if (!settings)
    return tl::unexpected(settings.error().error);
  runtime::HipChoice choice = settings->hip;
  if (choice.kind == runtime::HipKind::kEmulator)
    choice.path = besideTheLibrary(kEmulator);
  auto hip = runtime::HipLibrary::open(choice);
  if (!hip)
    return tl::unexpected(hip.error());

  HipDevice device;
  device.hip_ = std::move(*hip);
  const std::string &path = device.hip_.path();
  int devices = 0;
  const auto counted =
      device.hip_.check(device.hip_->hipGetDeviceCount(&devices), "hipGetDeviceCount");
  if (!counted || devices == 0)
    return makeError(ErrorKind::kFailed,
                     fmt::format("HIP finds no device here{}; --device emulator runs on the "
                                 "emulated MI355X",
                                 counted ? "" : fmt::format(" ({})", counted.error().message)),
                     path);
  if (void *handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD))
    device.copy_ = reinterpret_cast<Copy *>(::dlsym(handle, "hipMemcpy"));
  if (!device.copy_)
    return makeError(ErrorKind::kFailed, "this HIP library lacks hipMemcpy; HIP 5 to 7 have it",
                     path);
  device.emulated_ = isEmulator(path);
  const auto current = device.hip_.currentDevice();
  if (!current)
    return tl::unexpected(current.error());
  auto target = device.hip_.targetId(*current);
  if (!target)
    return tl::unexpected(target.error());
  device.target_id_ = std::move(*target);
  return device;
}

Expected<void> HipDevice::copyIn(void *to, std::span<const std::byte> bytes) const {
  return hip_.check(copy_(to, bytes.data(), bytes.size(), hipMemcpyHostToDevice), "hipMemcpy");
}

Expected<void> HipDevice::copyOut(std::span<std::byte> bytes, const void *from) const {
  return hip_.check(copy_(bytes.data(), from, bytes.size(), hipMemcpyDeviceToHost), "hipMemcpy");
}

Expected<void> HipDevice::fill(void *to, unsigned char value, std::size_t bytes) const {
  return hip_.check(hip_->hipMemsetAsync(to, value, bytes, nullptr), "hipMemsetAsync")
      .and_then([&] { return synchronize(); });
}

Expected<void> HipDevice::synchronize() const {
  return hip_.check(hip_->hipStreamSynchronize(nullptr), "hipStreamSynchronize");
}

Expected<DeviceMemory> DeviceMemory::allocate(const HipDevice &device, std::size_t bytes) {
  DeviceMemory memory;
  if (auto done = device.hip().check(device.hip()->hipMalloc(&memory.address_, bytes), "hipMalloc");
      !done)
    return makeError(ErrorKind::kFailed, fmt::format("the device has no room for {} bytes: {}",
                                                     bytes, done.error().message));
  memory.device_ = &device;
  memory.bytes_ = bytes;
  return memory;
}

DeviceMemory::~DeviceMemory() {
  if (device_)
    (void)device_->hip()->hipFree(address_);
}

} // namespace gemmsmith
