// Runs the workgroups of a launch on host threads.
//
// Workgroups start in the order of the launch, as many at a time as the chip has room for. One that
// waits for another (it polls memory) is put aside, and taken up again once something was stored;
// so kernels whose workgroups wait for each other run, if they would on hardware. When all that
// have started wait and nothing changes, the launch is dead, and ends with an account of who waits
// where.
#pragma once

#include "runtime/emulator/device.h"
#include "runtime/emulator/fault.h"
#include "runtime/emulator/workgroup.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace gemmsmith::emulator {

struct Schedule {
  std::span<const std::uint64_t> workgroups; // linear ids; empty: all of the grid, in order
  std::uint64_t count = 0;
  std::uint64_t resident = 1; // how many the chip has room for
  unsigned threads = 1;
  std::function<void(std::uint64_t, std::uint64_t)> progress; // workgroups ended, and of how many
};

struct ScheduleResult {
  std::uint64_t wave_instructions = 0;
  std::uint64_t mfma_flops = 0;
  // The first fault in order of the launch, whatever the threads did.
  std::optional<Fault> fault;
  std::uint64_t fault_at = ~std::uint64_t{0}; // its workgroup's place; a deadlock has none
};

ScheduleResult runWorkgroups(const LaunchContext &context, const Schedule &schedule);

} // namespace gemmsmith::emulator
