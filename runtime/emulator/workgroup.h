// One workgroup: its waves, its LDS, and the order in which the waves run.
//
// Waves run one after the other, each until it ends or reaches a barrier, in the order of their
// numbers; so a result never depends on the host. A barrier opens when every wave that has not
// ended waits at one (CDNA4 ISA 4.3).
#pragma once

#include "runtime/code_object.h"
#include "runtime/emulator/device.h"
#include "runtime/emulator/findings.h"
#include "runtime/emulator/hazard_rules.h"
#include "runtime/emulator/memory.h"
#include "runtime/emulator/wave.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace gemmsmith::emulator {

// What all workgroups of a launch share.
struct LaunchContext {
  const Kernel *kernel = nullptr;
  std::span<const Instruction> code;
  std::span<const HazardInfo> hazards; // of code; empty: not checked
  DevicePointer code_address = 0;      // of code[0]
  std::size_t entry = 0;               // index into code
  std::shared_ptr<const MemoryView> memory;
  Checks checks;
  Findings *findings = nullptr; // null: the first finding ends the launch
  std::uint64_t instruction_limit = 0;
  Dim3 grid, block;
  std::uint32_t lds_bytes = 0;
  DevicePointer kernarg = 0;
  std::span<const std::byte> kernarg_bytes;
  DevicePointer dispatch_packet = 0;
};

// States of an LDS byte.
inline constexpr std::uint8_t kLdsUnwritten = 0, kLdsWritten = 1, kLdsPending = 2; // + wave

class Workgroup {
public:
  explicit Workgroup(const LaunchContext &context);

  // Runs the workgroup of this linear id (x fastest), the launch's `place`th, to its end. Throws
  // Fault.
  void run(std::uint64_t id, std::uint64_t place);

  const LaunchContext &context() const { return context_; }
  std::array<std::uint32_t, 3> position() const { return position_; }
  std::uint64_t place() const { return place_; }
  std::span<Wave> waves() { return waves_; }

  std::uint64_t executed() const { return executed_; }
  std::uint64_t mfmaFlops() const { return mfma_flops_; }

  // LDS, padded so that a 16-byte window at any valid byte is readable.
  std::uint8_t *lds() { return lds_.data(); }
  std::uint8_t *ldsState() { return lds_state_.data(); }
  std::uint32_t ldsBytes() const { return context_.lds_bytes; }

private:
  void runWave(Wave &wave);

  const LaunchContext &context_;
  std::array<std::uint32_t, 3> position_{};
  std::uint64_t place_ = 0;
  std::vector<Wave> waves_;
  std::vector<std::uint8_t> lds_, lds_state_;
  std::uint64_t executed_ = 0, mfma_flops_ = 0;
};

// Puts a wave into the state in which hardware starts it: user and system SGPRs, v0, MODE and EXEC
// as the kernel descriptor asks (LLVM's guide, "Initial Kernel Execution State").
void initializeWave(Wave &wave, const LaunchContext &context,
                    std::array<std::uint32_t, 3> position);

} // namespace gemmsmith::emulator
