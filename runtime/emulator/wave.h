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
#include "runtime/emulator/hazard_tracker.h"
#include "runtime/emulator/instruction.h"
#include "runtime/emulator/lds_races.h"
#include "runtime/emulator/memory.h"
#include "runtime/emulator/spin_detector.h"

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
enum class WaveStatus : std::uint8_t { kRunning, kAtBarrier, kSpinning, kEnded };

// A memory operation that no s_waitcnt has covered yet.
struct PendingOperation {
  enum class Kind : std::uint8_t { kStore, kVgprLoad, kSgprLoad, kLdsLoad, kRelease };
  const Instruction *instruction = nullptr;
  std::uint64_t lanes = 0;
  std::uint64_t serial = 0;
  Kind kind = Kind::kStore;
  std::uint16_t first_register = 0;
  std::uint16_t registers = 0;
  // kLdsLoad: lane l writes `lds_bytes` bytes at lds_base + l * lds_stride.
  std::uint32_t lds_base = 0, lds_stride = 0, lds_bytes = 0;
  // LDS instructions: what of Wave::lds_touches belongs to them.
  std::uint32_t first_touch = 0, touches = 0;
  bool both_counters = false; // FLAT: covered when both counters are
  bool vmcnt_done = false;    // the first of them is
};

// Bytes of LDS that an instruction accessed.
struct LdsTouch {
  std::uint32_t address = 0;
  std::uint8_t bytes = 0;
  LdsAccess access = LdsAccess::kRead;
};

class Wave {
public:
  Wave(Workgroup &workgroup, int index) : workgroup_(workgroup), index_(index) {}

  // Back to the state before the first instruction, with every register undefined.
  void reset(int vgpr_limit, int agpr_limit, bool check_uninitialized, bool track_outstanding);

  Workgroup &workgroup() const { return workgroup_; }
  int index() const { return index_; }

  // --- scalar registers; codes as in instruction.h
  std::uint32_t scalar32(const Instruction &i, std::uint16_t code) {
    if (code < kExecLo) {
      if (sgpr_defined[code] != ~0u || sgpr_pending[code]) [[unlikely]]
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
  // SCC, which must be defined.
  bool needScc(const Instruction &i);
  // As scalar32, but an undefined register is not a fault: `defined` says which bits are.
  std::uint32_t rawScalar32(const Instruction &i, std::uint16_t code, std::uint32_t &defined);
  std::uint64_t rawScalar64(const Instruction &i, std::uint16_t code, std::uint64_t &defined);

  // --- vector registers; codes 256-767
  const std::uint32_t *readVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
    unsigned r = code - kVgpr;
    if (r >= kVgprs || (lanes & ~ready[r])) [[unlikely]]
      badVector(i, code, lanes);
    return vgpr[r].data();
  }
  // Makes the register writable in `lanes` and returns it; the caller writes all of them.
  std::uint32_t *writeVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes) {
    unsigned r = code - kVgpr;
    if (r >= kVgprs || !allowed[r] || (lanes & pending[r])) [[unlikely]]
      badWrite(i, code, lanes);
    ready[r] |= lanes;
    return vgpr[r].data();
  }

  // The lanes in which the register holds nothing yet, for those that may carry such lanes along.
  std::uint64_t undefinedLanes(std::uint16_t code) const {
    unsigned r = code - kVgpr;
    return r < kVgprs && allowed[r] ? ~ready[r] & ~pending[r] : 0;
  }
  // Takes back what was just written or loaded: in these lanes the value is undefined.
  void markUndefined(std::uint16_t code, std::uint64_t lanes);
  // The lanes that count as holding something of a scalar (partly_defined).
  bool partlyDefined(std::uint16_t code, int lane) const {
    return partly_defined.contains((code - kVgpr) * kLanes + static_cast<unsigned>(lane));
  }

  // --- outstanding operations
  // For destinations of loads: like writeVgpr, but an older load of the same in-order counter may
  // still be pending there (CDNA4 ISA 4.4: such loads return in order; FLAT does not, 10.2).
  std::uint32_t *loadVgpr(const Instruction &i, std::uint16_t code, std::uint64_t lanes, bool vmem);
  void issueVmem(PendingOperation operation);
  void issueLgkm(PendingOperation operation);
  void wait(int vmcnt, int lgkmcnt);
  // The pending copy that targets an LDS byte, or null; and the same with the copy done at once,
  // for a wave that goes on after the finding.
  const PendingOperation *pendingLds(std::uint32_t address) const;
  void completeLds(std::uint32_t address);
  // LDS instructions that no wait has covered: they may still take effect.
  template <typename Body> void forOutstandingLds(Body &&body) const {
    for (const PendingOperation &p : lgkm_)
      for (std::uint32_t t = p.first_touch; t < p.first_touch + p.touches; ++t)
        body(*p.instruction, lds_touches[t]);
  }

  // The wave cannot go on.
  [[noreturn]] void fault(const Instruction &i, const std::string &what, int lane = -1) const;
  // A check found something. Returns, for the wave to go on, if the check is switched off or
  // findings are collected; otherwise the launch ends.
  void report(const Instruction &i, Check check, std::string what, int lane = -1) const;
  Finding findingAt(const Instruction &i, std::string what, int lane = -1) const;
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
  const Instruction *barrier = nullptr; // where it waits, or waited last
  std::uint32_t barriers = 0;           // how many it has reached
  std::uint64_t live_lanes = 0;         // EXEC at the start: the lanes that are work-items
  SpinDetector spin;
  std::vector<LdsTouch> lds_touches; // of the LDS instructions that are outstanding

  alignas(64) std::array<std::uint32_t, kSgprs> sgpr{};
  std::array<std::uint32_t, kSgprs> sgpr_defined{};
  std::array<std::uint8_t, kSgprs> sgpr_pending{};
  // Who wrote a register with undefined bits last: index into the code, one more than that; 0:
  // nobody.
  std::array<std::uint32_t, kSgprs> undefined_from{};
  // Data, and per lane: written and not pending; pending.
  std::vector<std::array<std::uint32_t, kLanes>> vgpr =
      std::vector<std::array<std::uint32_t, kLanes>>(kVgprs);
  std::array<std::uint64_t, kVgprs> ready{};
  std::array<std::uint64_t, kVgprs> pending{};
  std::array<std::uint8_t, kVgprs> pending_count{};
  std::array<bool, kVgprs> allowed{}; // within the kernel's allocation
  // Scalars with some bits undefined that compilers keep in a lane of a VGPR: which bits are
  // defined, by register * 64 + lane. The lane counts as not ready; only v_readlane and copies look
  // here.
  std::map<unsigned, std::uint32_t> partly_defined;
  std::vector<std::byte> scratch;            // private memory, lane by lane
  std::vector<std::uint8_t> scratch_written; // per byte of it: 1 once written
  std::uint32_t scratch_bytes = 0;           // per lane

  const Allocation *last_allocation = nullptr; // where the last access went
  HazardTracker hazards;

private:
  std::uint32_t specialScalar(const Instruction &i, std::uint16_t code);
  // These report what is wrong, and make it right for a wave that goes on.
  void badScalar(const Instruction &i, std::uint16_t code);
  void badVector(const Instruction &i, std::uint16_t code, std::uint64_t lanes);
  void badWrite(const Instruction &i, std::uint16_t code, std::uint64_t lanes);
  std::string undefinedScalar(std::uint16_t code) const; // where its undefined bits come from
  void needAllocated(const Instruction &i, std::uint16_t code) const; // else the wave faults
  void reportPendingSgpr(const Instruction &i, std::uint16_t code);
  void reportPendingVgpr(const Instruction &i, unsigned r, int lane);
  void complete(std::deque<PendingOperation> &queue, std::uint64_t serial);
  void deliver(const PendingOperation &operation);
  void makeRoom(std::deque<PendingOperation> &queue);
  // Delivers the oldest `count` of those that complete in order.
  void deliverFirst(std::deque<PendingOperation> &queue, int count,
                    bool (*in_order)(const PendingOperation &));
  void claimTouches(PendingOperation &operation);
  void forgetTouches();
  void markPending(const PendingOperation &operation);

  Workgroup &workgroup_;
  int index_;
  bool track_outstanding_ = true;
  std::uint64_t serial_ = 0;
  std::uint32_t claimed_touches_ = 0;
  std::deque<PendingOperation> vmem_; // oldest first
  std::deque<PendingOperation> lgkm_;
};

// "v4", "a0", "s7", "vcc_lo", "m0".
std::string registerName(std::uint16_t code);

} // namespace gemmsmith::emulator
