// What a launch puts into device memory for its kernel to find: the kernel-argument segment with
// the hidden arguments, the dispatch packet, and the queue that it seems to come from.
//
// Each launch is the first packet (dispatch id 0) of a queue of its own, whose reads and writes are
// all done; a kernel may look at it, not send work to it. Device services that need a host thread
// - printf and host calls, the device heap, device-side enqueue, grids over several devices - are
// absent: their hidden arguments are null, which is how HSA says so.
#pragma once

#include "runtime/code_object.h"
#include "runtime/emulator/device.h"
#include "runtime/emulator/memory.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gemmsmith::emulator {

// A kernel that calls what its compiler could not see has no known need of scratch; it gets at
// least this much per work-item, what LLVM assumes of such a call when it must give a number
// (-amdgpu-assume-external-call-stack-size).
inline constexpr std::uint32_t kDynamicStackBytes = 16384;

// Scratch per work-item.
std::uint32_t scratchBytes(const Kernel &kernel);

// Whether an MI355X would run this kernel with these parameters.
Expected<void> checkLaunch(const Kernel &kernel, const LaunchParameters &parameters);

class DispatchMemory {
public:
  static Expected<DispatchMemory> create(DeviceMemory &memory, const Kernel &kernel,
                                         DevicePointer kernel_object,
                                         const LaunchParameters &parameters);
  ~DispatchMemory();
  DispatchMemory(DispatchMemory &&) noexcept;
  DispatchMemory &operator=(DispatchMemory &&) = delete;

  DevicePointer kernarg = 0, packet = 0, queue = 0;
  std::vector<std::byte> kernarg_bytes;

private:
  explicit DispatchMemory(DeviceMemory &memory) : memory_(&memory) {}
  // Puts bytes into an allocation of their own, with `padding` unwritten bytes behind them.
  Expected<DevicePointer> place(const std::vector<std::byte> &bytes, std::uint64_t padding);

  DeviceMemory *memory_;
};

} // namespace gemmsmith::emulator
