// An emulated MI355X: memory, modules and launches of gfx950 code objects on the CPU.
//
// Promises: every sampled workgroup is executed as the CDNA4 manual says, or the launch ends with
// an error that names the instruction. What hardware leaves undefined is a finding (checks.h),
// never a lucky value. Results and findings do not depend on the number of host threads, except
// where the kernel itself races. Does not: model time. Thread-safe except where a kernel itself
// races.
#pragma once

#include "configs/error.h"
#include "configs/launch.h"
#include "runtime/emulator/checks.h"
#include "runtime/emulator/observer.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith::emulator {

using DevicePointer = std::uint64_t;

// About a minute of emulation of one wave: nothing that ends takes so long.
inline constexpr std::uint64_t kInstructionLimit = std::uint64_t{1} << 28;

struct DeviceOptions {
  int threads = 0; // host threads over workgroups; 0 = one per core
  Checks checks;
  std::uint64_t instruction_limit = kInstructionLimit; // per wave; 0 = none
};

struct LaunchParameters {
  Dim3 grid;  // workgroups
  Dim3 block; // threads per workgroup
  std::uint32_t dynamic_lds_bytes = 0;
  std::span<const std::byte> arguments; // explicit kernel arguments, laid out as the metadata says
  // Linear workgroup ids (x fastest) to execute; empty = all. Sampling breaks kernels whose
  // workgroups depend on each other.
  std::span<const std::uint64_t> workgroups;
  Observer *observer = nullptr; // sees every instruction
  // Told now and then how many workgroups have ended, of how many; on any host thread, one at a
  // time.
  std::function<void(std::uint64_t, std::uint64_t)> progress;
};

struct LaunchStatistics {
  std::uint64_t workgroups = 0;
  std::uint64_t wave_instructions = 0;
  std::uint64_t mfma_flops = 0;
  double seconds = 0;
};

// What a launch did, and everything that the checks found wrong with it.
struct LaunchReport {
  LaunchStatistics statistics;
  std::vector<Finding> findings; // in order of workgroups
  std::optional<Error> error;    // why the kernel did not run to its end, if it did not
};

class Module; // a loaded code object
class Findings;

class Device {
public:
  explicit Device(DeviceOptions options = {});
  ~Device();
  Device(Device &&) noexcept;
  Device &operator=(Device &&) noexcept;

  // Fresh memory, every byte unwritten. Pages are reserved lazily, so allocations beyond the host's
  // memory are fine as long as little of them is touched. Allocations never touch each other: a
  // guard gap lies between any two.
  Expected<DevicePointer> allocate(std::uint64_t bytes, std::uint64_t alignment = 256);
  // Lets kernels access the caller's memory at its own address, as pinned host memory is. What the
  // host wrote cannot be told, so every byte counts as written. The bytes must outlive release().
  Expected<void> share(std::span<std::byte> host);
  Expected<void> release(DevicePointer pointer);

  Expected<void> write(DevicePointer destination, std::span<const std::byte> bytes);
  // Copies bytes out; unwritten ones read as 0xCD.
  Expected<void> read(DevicePointer source, std::span<std::byte> bytes) const;
  // Makes bytes unwritten again.
  Expected<void> poison(DevicePointer pointer, std::uint64_t bytes);
  // How many of the `bytes` bytes at `pointer` nobody has written.
  Expected<std::uint64_t> unwrittenBytes(DevicePointer pointer, std::uint64_t bytes) const;

  // Loads a gfx950 code object; another target is refused by name.
  Expected<std::shared_ptr<const Module>> load(std::span<const std::byte> code_object);

  // Runs `kernel` of `module` to its end, whatever the checks find on the way. An error is a launch
  // that is refused.
  Expected<LaunchReport> run(const Module &module, std::string_view kernel,
                             const LaunchParameters &parameters);

  // For who wants a right result or none: the first finding ends the launch and is its error.
  Expected<LaunchStatistics> launch(const Module &module, std::string_view kernel,
                                    const LaunchParameters &parameters);

private:
  Expected<LaunchReport> execute(const Module &module, std::string_view kernel,
                                 const LaunchParameters &parameters, Findings *findings);

  struct State;
  std::unique_ptr<State> state_;
};

} // namespace gemmsmith::emulator
