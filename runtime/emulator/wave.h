// One wavefront: its registers, which of them hold defined values, and its outstanding memory
// operations.
//
// How strictness works: a load puts its result where it belongs when it is issued, but marks the
// destination *pending*; the covering s_waitcnt clears the mark. Reading or overwriting a pending
// register or LDS byte is a fault, so no kernel can observe that the data is there early. For each
// VGPR, `ready` has a bit per lane that is written and not pending: one test on the way to an
// operand. SGPRs have a mask of defined bits, so that lane masks built from undefined parts (which
// LLVM emits for loop-carried masks) are judged bit by bit.
#pragma once

#include "runtime/emulator/checks.h"
#include "runtime/emulator/instruction.h"
#include "runtime/emulator/memory.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

class Workgroup;

inline constexpr int kLanes = 64;
inline constexpr int kVgprs = 512; // 0-255 vector, 256-511 accumulation
inline constexpr int kSgprs = 128;
inline constexpr std::uint64_t kAllLanes = ~std::uint64_t{0};
// Where flat addresses mean LDS or private memory; ours to choose, the upper 32 bits decide.
inline constexpr std::uint64_t kSharedAperture = std::uint64_t{1} << 48;
inline constexpr std::uint64_t kPrivateAperture = std::uint64_t{2} << 48;

// What a wave that stopped is waiting for.
enum class WaveStatus : std::uint8_t { kRunning, kAtBarrier, kEnded };

// A memory operation that no s_waitcnt has covered yet.
struct PendingOperation {
  enum class Kind : std::uint8_t { kStore, kVgprLoad, kSgprLoad, kLdsLoad };
  const Instruction *instruction = nullptr;
  std::uint64_t lanes = 0;
  std::uint64_t serial = 0;
  Kind kind = Kind::kStore;
  std::uint16_t first_register = 0;
  std::uint16_t registers = 0;
  // kLdsLoad: lane l writes `lds_bytes` bytes at lds_base + l * lds_stride.
  std::uint32_t lds_base = 0, lds_stride = 0, lds_bytes = 0;
  bool both_counters = false; // FLAT: covered when both counters are
  bool vmcnt_done = false;    // the first of them is
};

class Wave {
public:
  Wave(Workgroup &workgroup, int index) : workgroup_(workgroup), index_(index) {}

  // Back to the state before the first instruction, with every register undefined.
  void reset(int vgpr_limit, int agpr_limit, bool check_uninitialized, bool check_waits);

  Workgroup &workgroup() const { return workgroup_; }
  int index() const { return index_; }

  // --- scalar registers; codes as in instruction.h
  std::uint32_t scalar32(const Instruction &i, std::uint16_t code) {
    if (code < kExecLo) {
      if (sgpr_defined[code] != ~0u || sgpr_pending[code])
        badScalar(i, code);
      return sgpr[code];
    }
    return specialScalar(i, code);
  }
  std::uint64_t scalar64(const Instruction &i, std::uint16_t code); // constants sign-extended
  // A lane mask of which only the lanes in `needed` have to be defined.
  std::uint64_t scalarMask(const Instruction &i, std::uint16_t code, std::uint64_t needed);
  void setScalar32(const Instruction &i, std::uint16_t code, std::uint32_t value,
                   std::uint32_t defined = ~0u);
  void setScalar64(const Instruction &i, std::uint16_t code, std::uint64_t value,
                   std::uint64_t defined = ~std::uint64_t{0}) {
    setScalar32(i, code, static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(defined));
    setScalar32(i, static_cast<std::uint16_t>(code + 1), static_cast<std::uint32_t>(value >> 32),
                static_cast<std::uint32_t>(defined >> 32));
  }
  // As scalar32, but an undefined register is not a fault: `defined` says which bits are.
  std::uint32_t rawScalar32(const Instruction &i, std::uint16_t code, std::uint32_t &defined);
  std::uint64_t rawScalar64(const Instruction &i, std::uint16_t code, std::uint64_t &defined);

  // --- vector registers; codes 256-767
  const std::uint32_t *readVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
    unsigned r = code - kVgpr;
    if (r >= kVgprs || (lanes & ~ready[r]))
      badVector(i, code, lanes);
    return vgpr[r].data();
  }
  // Makes the register writable in `lanes` and returns it; the caller writes all of them.
  std::uint32_t *writeVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
    unsigned r = code - kVgpr;
    if (r >= kVgprs || !allowed[r] || (lanes & pending[r]))
      badWrite(i, code, lanes);
    ready[r] |= lanes;
    return vgpr[r].data();
  }

  // The lanes in which the register holds nothing yet, for those that may carry such lanes along.
  std::uint64_t undefinedLanes(std::uint16_t code) const {
    unsigned r = code - kVgpr;
    return r < kVgprs && allowed[r] ? ~ready[r] & ~pending[r] : 0;
  }
  // Takes back what was just written: in these lanes the value depends on undefined ones.
  void markUndefined(std::uint16_t code, std::uint64_t lanes);
  // The lanes that count as holding something of a scalar (partly_defined).
  bool partlyDefined(std::uint16_t code, int lane) const {
    return partly_defined.contains((code - kVgpr) * kLanes + static_cast<unsigned>(lane));
  }

  // --- outstanding operations
  // For destinations of loads: like writeVgpr, but an older load of the same in-order counter may
  // still be pending there (CDNA4 ISA 4.4: such loads return in order).
  std::uint32_t *loadVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes, bool vmem);
  // After the load was issued: in these lanes it brings an undefined value back.
  void loadUndefined(std::uint16_t code, std::uint64_t lanes);
  void issueVmem(PendingOperation operation);
  void issueLgkm(PendingOperation operation);
  void wait(int vmcnt, int lgkmcnt);
  // The pending operation that covers an LDS byte, or null.
  const PendingOperation *pendingLds(std::uint32_t address) const;

  // The wave cannot go on.
  [[noreturn]] void fault(const Instruction &i, const std::string &what, int lane = -1) const;
  // A check found something. Returns, for the wave to go on, unless the launch ends at once.
  void report(const Instruction &i, Check check, std::string what, int lane = -1) const;
  // Bytes from the kernel's entry to the instruction.
  std::int64_t offsetOf(const Instruction &i) const;

  std::uint64_t exec = 0;
  std::uint32_t scc = 0;
  bool scc_defined = false;
  std::uint32_t mode = 0;
  bool indexing = false; // VGPR indexing mode (CDNA4 ISA 6.6)
  std::size_t pc = 0;    // in dwords, of the next instruction
  WaveStatus status = WaveStatus::kRunning;
  std::uint64_t executed = 0;
  std::uint64_t mfma_flops = 0;
  const Instruction *barrier = nullptr;

  alignas(64) std::array<std::uint32_t, kSgprs> sgpr{};
  std::array<std::uint32_t, kSgprs> sgpr_defined{};
  std::array<std::uint8_t, kSgprs> sgpr_pending{};
  // Data, and per lane: written and not pending; pending.
  std::vector<std::array<std::uint32_t, kLanes>> vgpr =
      std::vector<std::array<std::uint32_t, kLanes>>(kVgprs);
  std::array<std::uint64_t, kVgprs> ready{};
  std::array<std::uint64_t, kVgprs> pending{};
  std::array<std::uint64_t, kVgprs> pending_undefined{}; // of the pending, those that stay so
  std::array<std::uint8_t, kVgprs> pending_count{};
  std::array<std::uint8_t, kVgprs> pending_vmem{}; // what kind the pending loads are
  std::array<bool, kVgprs> allowed{};              // within the kernel's allocation
  // Scalars with some bits undefined that compilers keep in a lane of a VGPR: which bits are
  // defined, by register * 64 + lane. The lane counts as not ready; only v_readlane and copies look
  // here.
  std::map<unsigned, std::uint32_t> partly_defined;
  std::vector<std::byte> scratch; // private memory, lane by lane
  // Per byte of it: 1 once written, 2 if what was written is an undefined register. Functions save
  // registers for their callers, whether these use them or not.
  std::vector<std::uint8_t> scratch_written;
  std::uint32_t scratch_bytes = 0; // per lane

  const Allocation *last_allocation = nullptr; // where the last access went

private:
  Finding findingAt(const Instruction &i, std::string what, int lane) const;
  std::uint32_t specialScalar(const Instruction &i, std::uint16_t code);
  [[noreturn]] void badScalar(const Instruction &i, std::uint16_t code);
  [[noreturn]] void badVector(const Instruction &i, std::uint16_t code, std::uint64_t lanes);
  [[noreturn]] void badWrite(const Instruction &i, std::uint16_t code, std::uint64_t lanes);
  void deliver(const PendingOperation &operation);
  void markPending(const PendingOperation &operation, bool vmem);

  Workgroup &workgroup_;
  int index_;
  bool check_waits_ = true;
  std::uint64_t serial_ = 0;
  std::deque<PendingOperation> vmem_; // oldest first
  std::deque<PendingOperation> lgkm_;
};

} // namespace gemmsmith::emulator
