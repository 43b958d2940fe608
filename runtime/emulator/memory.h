// The memory of the emulated device: allocations, their bytes, and which of these were written.
//
// Promises: allocations never touch (a guard gap lies between any two), pages are reserved lazily
// by the host, and a snapshot stays valid while a kernel runs whatever is allocated or released
// meanwhile.
// Does not: order accesses. Plain accesses of two workgroups to the same byte race as on hardware;
// atomics go through std::atomic_ref on the host bytes.
#pragma once

#include "runtime/emulator/coherence.h"
#include "runtime/emulator/device.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// Device addresses are ours to choose: 48 bits as the buffer descriptor has (CDNA4 ISA 9.1.8), far
// from zero so that a null pointer with any 32-bit offset hits nothing, and below where Linux puts
// a process's program and mappings, so that host memory can be shared at its own address.
inline constexpr DevicePointer kFirstDeviceAddress = DevicePointer{1} << 44;
inline constexpr DevicePointer kLastDeviceAddress = DevicePointer{5} << 44;

// One allocation: host bytes, one shadow bit per byte, set once the byte was written, and a stamp
// per dword.
class Allocation {
public:
  // Null if the host refuses the reservation.
  static std::shared_ptr<Allocation> create(DevicePointer start, std::uint64_t bytes);
  // The caller's memory at its own address, all of it written.
  static std::shared_ptr<Allocation> adopt(std::span<std::byte> host);
  ~Allocation();
  Allocation(const Allocation &) = delete;
  Allocation &operator=(const Allocation &) = delete;

  DevicePointer start() const { return start_; }
  DevicePointer end() const { return start_ + bytes_; }
  std::uint64_t bytes() const { return bytes_; }
  bool sharedWithHost() const { return !owns_data_; }
  std::byte *host(DevicePointer address) const { return data_ + (address - start_); }

  bool written(DevicePointer address, std::uint32_t bytes) const {
    std::uint64_t bit = address - start_;
    if (bytes == 16 && bit % 8 == 0) {
      return shadow_[bit / 8] == 0xff && shadow_[bit / 8 + 1] == 0xff;
    }
    std::uint32_t word = shadow_[bit / 8] | std::uint32_t{shadow_[bit / 8 + 1]} << 8 |
                         std::uint32_t{shadow_[bit / 8 + 2]} << 16;
    std::uint32_t mask = (1u << bytes) - 1;
    return (word >> bit % 8 & mask) == mask;
  }
  void markWritten(DevicePointer address, std::uint32_t bytes) const; // bytes ≤ 16
  void markRange(DevicePointer address, std::uint64_t bytes, bool is_written) const;
  std::uint64_t unwritten(DevicePointer address, std::uint64_t bytes) const;

  // Who stored to it last, by dword; only loads of an allocation whose newest stamp is of this
  // launch have to look.
  std::uint32_t newestStamp() const { return newest_stamp_.load(std::memory_order_relaxed); }
  Stamp stampAt(DevicePointer address) const {
    return Stamp(std::atomic_ref(stamps_[(address - start_) / 4]).load(std::memory_order_relaxed));
  }
  void stamp(DevicePointer address, std::uint32_t bytes, std::uint32_t time,
             std::uint64_t workgroup, std::uint32_t instruction, bool past_l2) const;
  void clearStamps() const;

private:
  Allocation() = default;
  bool reserveShadow();

  DevicePointer start_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t mapped_ = 0;
  std::uint64_t shadow_mapped_ = 0, stamps_mapped_ = 0;
  std::byte *data_ = nullptr;
  bool owns_data_ = true;
  std::uint8_t *shadow_ = nullptr;
  std::uint64_t *stamps_ = nullptr; // of dwords
  mutable std::atomic<std::uint32_t> newest_stamp_{0};
};

// The allocations at one moment, by address. Copies are cheap to share and never change.
class MemoryView {
public:
  // The allocation that holds all of [address, address + bytes), or null.
  const Allocation *find(DevicePointer address, std::uint64_t bytes) const;
  // For messages: "12 bytes past the end of the 4096-byte allocation at 0x…".
  std::string describe(DevicePointer address) const;
  void clearStamps() const;
  // Whether the host may change memory while a kernel runs.
  bool sharedWithHost() const;

private:
  friend class DeviceMemory;
  std::vector<std::shared_ptr<Allocation>> allocations_; // ascending
};

class DeviceMemory {
public:
  DeviceMemory();
  Expected<DevicePointer> allocate(std::uint64_t bytes, std::uint64_t alignment);
  Expected<void> share(std::span<std::byte> host);
  Expected<void> release(DevicePointer pointer);
  std::shared_ptr<const MemoryView> view() const;

private:
  void insert(std::shared_ptr<Allocation> allocation);

  mutable std::mutex mutex_;
  std::shared_ptr<const MemoryView> view_;
  DevicePointer next_;
};

} // namespace gemmsmith::emulator
