// An allocation on the emulated device that is released with its scope.
#pragma once

#include "configs/error.h"
#include "runtime/emulator/device.h"

#include <utility>

namespace gemmsmith::verify {

class DeviceBuffer {
public:
  // `bytes` unwritten bytes; the device must outlive the buffer.
  static Expected<DeviceBuffer> allocate(emulator::Device &device, std::uint64_t bytes) {
    Expected<emulator::DevicePointer> address = device.allocate(bytes);
    if (!address)
      return tl::unexpected<Error>(address.error());
    return DeviceBuffer(device, *address, bytes);
  }

  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer &&other) noexcept { *this = std::move(other); }
  DeviceBuffer &operator=(DeviceBuffer &&other) noexcept {
    std::swap(device_, other.device_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~DeviceBuffer() {
    if (device_)
      static_cast<void>(device_->release(address_)); // of a live allocation: cannot fail
  }

  emulator::DevicePointer address() const { return address_; }
  std::uint64_t bytes() const { return bytes_; }

private:
  DeviceBuffer(emulator::Device &device, emulator::DevicePointer address, std::uint64_t bytes)
      : device_(&device), address_(address), bytes_(bytes) {}

  emulator::Device *device_ = nullptr;
  emulator::DevicePointer address_ = 0;
  std::uint64_t bytes_ = 0;
};

} // namespace gemmsmith::verify
