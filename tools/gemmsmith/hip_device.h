// The current HIP device, as commands use it that run kernels the way applications do.
//
// Promises: binds the very library that libgemmsmith.so has bound in this process for the same
// options, so that both see the same memory and streams. Everything that fails is an error with
// HIP's text. Does not: choose a device, or link HIP.
#pragma once

#include "configs/error.h"
#include "runtime/gemmsmith.h"
#include "runtime/hip/library.h"

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace gemmsmith {

class HipDevice {
public:
  // After gs_context_create() has succeeded with `options`, whose word on the device counts.
  static Expected<HipDevice> open(const gs_options &options);

  const runtime::HipLibrary &hip() const { return hip_; }
  const std::string &targetId() const { return target_id_; } // "gfx950:sramecc+:xnack-"
  bool isEmulated() const { return emulated_; }

  // Of the legacy default stream; each waits for what it does.
  Expected<void> copyIn(void *to, std::span<const std::byte> bytes) const;
  Expected<void> copyOut(std::span<std::byte> bytes, const void *from) const;
  Expected<void> fill(void *to, unsigned char value, std::size_t bytes) const;
  // Waits for the stream's launches.
  Expected<void> synchronize() const;

private:
  using Copy = hipError_t(void *, const void *, std::size_t, hipMemcpyKind);

  runtime::HipLibrary hip_;
  std::string target_id_;
  Copy *copy_ = nullptr;
  bool emulated_ = false;
};

// Device memory that is freed with its scope.
class DeviceMemory {
public:
  // The device must outlive the memory.
  static Expected<DeviceMemory> allocate(const HipDevice &device, std::size_t bytes);

  DeviceMemory() = default;
  ~DeviceMemory();
  DeviceMemory(DeviceMemory &&other) noexcept { *this = std::move(other); }
  DeviceMemory &operator=(DeviceMemory &&other) noexcept {
    std::swap(device_, other.device_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::byte *address() const { return static_cast<std::byte *>(address_); }
  std::size_t bytes() const { return bytes_; }

private:
  const HipDevice *device_ = nullptr;
  void *address_ = nullptr;
  std::size_t bytes_ = 0;
};

} // namespace gemmsmith
