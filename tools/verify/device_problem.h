// The operands, the output and the workspace of one launch, in the emulated device's memory.
//
// Promises: A, B and bias end where their last element does, so that reading behind them is a
// fault; the padding between rows is NaN (as far as 1,024 elements behind each row, where rows are
// farther apart). C and the partial tiles of the workspace are unwritten; the counters are zero.
#pragma once

#include "configs/error.h"
#include "configs/launch.h"
#include "runtime/emulator/device.h"
#include "tools/verify/device_buffer.h"
#include "tools/verify/inputs.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gemmsmith::verify {

class DeviceProblem {
public:
  // `device` must outlive the result. Where the problem says that A and B are aligned to less than
  // 16 bytes, they are aligned to no more than that.
  static Expected<DeviceProblem> upload(emulator::Device &device, const Launch &launch,
                                        const Operands &operands);

  // The explicit arguments of the launch, as the kernel contract lays them out.
  std::vector<std::byte> arguments(const Launch &launch) const;

  emulator::DevicePointer c() const { return c_.address(); }

  // Makes C and the partial tiles unwritten again; counters stay as they are.
  Expected<void> poisonOutputs() const;

  // Workspace counters that are not zero.
  Expected<std::uint64_t> countersLeft() const;

private:
  emulator::Device *device_ = nullptr;
  DeviceBuffer a_;
  DeviceBuffer b_;
  DeviceBuffer bias_;
  DeviceBuffer c_;
  DeviceBuffer workspace_;
  std::uint64_t operand_offset_ = 0; // of the first element of A and of B in its allocation
  std::uint64_t counter_bytes_ = 0;
};

} // namespace gemmsmith::verify
