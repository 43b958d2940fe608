// One workgroup: its waves, its LDS, and the order in which the waves run.
//
// Waves run one after the other, each until it ends, reaches a barrier or is seen to spin, in the
// order of their numbers; so a result never depends on the host. A barrier opens when every wave
// that has not ended waits at one (CDNA4 ISA 4.3). A workgroup that waits for another is left to
// the scheduler, which takes it up again later.
#pragma once

#include "runtime/code_object.h"
#include "runtime/emulator/coherence.h"
#include "runtime/emulator/device.h"
#include "runtime/emulator/findings.h"
#include "runtime/emulator/hazard_rules.h"
#include "runtime/emulator/lds_races.h"
#include "runtime/emulator/memory.h"
#include "runtime/emulator/observer.h"
#include "runtime/emulator/wave.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
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
  Findings *findings = nullptr;   // null: the first finding ends the launch
  Coherence *coherence = nullptr; // null: stale reads are not checked
  Observer *observer = nullptr;
  std::uint64_t instruction_limit = 0;
  Dim3 grid, block;
  std::uint32_t lds_bytes = 0;
  DevicePointer kernarg = 0;
  std::span<const std::byte> kernarg_bytes;
  DevicePointer dispatch_packet = 0, queue = 0;
  std::uint32_t scratch_bytes = 0; // per work-item
};

// States of an LDS byte.
inline constexpr std::uint8_t kLdsUnwritten = 0, kLdsWritten = 1, kLdsPending = 2; // + wave

class Workgroup {
public:
  explicit Workgroup(const LaunchContext &context);

  // Becomes the workgroup of this linear id (x fastest), the launch's `place`th.
  void start(std::uint64_t id, std::uint64_t place);

  enum class State : std::uint8_t {
    kEnded,
    kYielded, // has run for long, and would go on
    kWaiting, // goes on only if somebody else changes memory
  };
  // Runs it as far as it goes. Throws Fault.
  State resume();

  const LaunchContext &context() const { return context_; }
  std::array<std::uint32_t, 3> position() const { return position_; }
  std::uint64_t place() const { return place_; }
  std::uint64_t id() const { return id_; }
  int xcd() const { return xcdOf(id_); }
  std::span<Wave> waves() { return waves_; }
  std::span<const Wave> waves() const { return waves_; }

  // Of the workgroups that ended, since the last call.
  std::uint64_t takeExecuted() { return std::exchange(executed_, 0); }
  std::uint64_t takeMfmaFlops() { return std::exchange(mfma_flops_, 0); }

  // LDS, padded so that a 16-byte window at any valid byte is readable.
  std::uint8_t *lds() { return lds_.data(); }
  std::uint8_t *ldsState() { return lds_state_.data(); }
  std::uint32_t ldsBytes() const { return context_.lds_bytes; }
  // Null: races are not checked.
  LdsRaces *races() { return check_races_ ? &races_ : nullptr; }

  // Something was stored, to global memory or LDS: waves that spin may go on.
  void stored() { ++stores_; }
  std::uint64_t stores() const { return stores_; }

  // The L2 of this workgroup's XCD is written back, or drops what it holds.
  void release();
  void acquire();

private:
  void runWave(Wave &wave);
  void arriveAtBarrier(Wave &wave);
  void openBarrier();
  void end();

  const LaunchContext &context_;
  std::array<std::uint32_t, 3> position_{};
  std::uint64_t id_ = 0, place_ = 0, stores_ = 0;
  std::vector<Wave> waves_;
  std::vector<std::uint8_t> lds_, lds_state_;
  LdsRaces races_;
  bool check_races_ = false, check_spinning_ = false;
  std::uint64_t executed_ = 0, mfma_flops_ = 0;
};

// Puts a wave into the state in which hardware starts it: user and system SGPRs, v0, MODE and EXEC
// as the kernel descriptor asks (LLVM's guide, "Initial Kernel Execution State").
void initializeWave(Wave &wave, const LaunchContext &context,
                    std::array<std::uint32_t, 3> position);

} // namespace gemmsmith::emulator
