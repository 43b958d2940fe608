// What the emulated device judges beyond results: things that hardware leaves undefined or gets
// wrong without a word. Each check is on unless it is switched off.
#pragma once

#include "configs/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gemmsmith::emulator {

enum class Check : std::uint8_t {
  kWaits,         // a load's result used before the s_waitcnt that covers it
  kUninitialized, // reads of unwritten VGPRs, SGPRs, LDS and memory bytes
  kBounds,        // global, LDS and private accesses outside allocations
  kLdsRaces,      // LDS accesses of two waves that nothing orders
  kBarriers,      // barriers that lanes skip or that waves count differently
  kHazards,       // wait states that the hardware does not insert by itself
  kEmptyExec,     // instructions that mean nothing when no lane is active
  kStaleReads,    // reads of what another XCD stored without release and acquire
  kDeadlock,      // no wave can go on
};

inline constexpr std::size_t kCheckCount = static_cast<std::size_t>(Check::kDeadlock) + 1;

// "waits", "uninitialized", "bounds", "lds-races", …: names for options and reports.
std::string_view name(Check check);
std::optional<Check> parseCheck(std::string_view name);

// A set of checks; all of them by default.
class Checks {
public:
  constexpr Checks() { on_.fill(true); }
  static constexpr Checks none() {
    Checks checks;
    checks.on_.fill(false);
    return checks;
  }
  constexpr bool has(Check check) const { return on_[static_cast<std::size_t>(check)]; }
  constexpr Checks &set(Check check, bool on) {
    on_[static_cast<std::size_t>(check)] = on;
    return *this;
  }
  constexpr Checks with(Check check) const { return Checks(*this).set(check, true); }
  constexpr Checks without(Check check) const { return Checks(*this).set(check, false); }

  // Whether it matters which memory operations are still under way.
  constexpr bool needsOutstanding() const {
    return has(Check::kWaits) || has(Check::kLdsRaces) || has(Check::kStaleReads);
  }

private:
  std::array<bool, kCheckCount> on_;
};

// "all", "none", "waits,bounds" (only these), or "-hazards,-lds-races" (all but these); kUsage
// names what it does not know.
Expected<Checks> parseChecks(std::string_view list);

// One thing found wrong. A check reports an instruction once, at the first workgroup in order of
// the launch in which it was wrong.
struct Finding {
  Check check = Check::kWaits;
  std::string kernel;
  std::array<std::uint32_t, 3> workgroup{};
  int wave = 0;
  int lane = -1;                 // -1: the wave as a whole
  std::int64_t offset = 0;       // of the instruction, in bytes from the kernel's entry
  std::string instruction;       // as text
  std::string message;           // what is wrong, and where the value came from
  std::uint64_t occurrences = 1; // in the whole launch

  // "kernel k, workgroup (0, 0, 0), wave 1, lane 3, at +0x40 `v_add_u32 …`: v4 awaits …"
  std::string str() const;
};

} // namespace gemmsmith::emulator
