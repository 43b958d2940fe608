// The hazard check of one wave: what it has issued lately, and whether the next instruction keeps
// its distance (hazard_rules.h). Follows the path that is executed, across branches and calls.
//
// In VGPR indexing mode (CDNA4 ISA 6.6) the registers of vector instructions are not known here:
// these only count as wait states.
#pragma once

#include "runtime/emulator/hazard_rules.h"

#include <array>
#include <cstdint>

namespace gemmsmith::emulator {

class Wave;

class HazardTracker {
public:
  void reset() { *this = HazardTracker(); }

  // Before `i` executes; `info` is hazardInfo(i). Both must outlive the wave's run.
  void issue(const Wave &wave, const Instruction &i, const HazardInfo &info) {
    if (short_.meets(clock_, info) || long_.meets(clock_, info)) [[unlikely]]
      check(wave, i, info);
    if (info.first_of | (info.writes && clock_ < short_.until))
      remember(i, info);
    clock_ += info.wait_states;
  }

  // An instruction whose registers are not known.
  void pass(const HazardInfo &info) { clock_ += info.wait_states; }

private:
  struct Issued {
    const Instruction *instruction;
    const HazardInfo *info;
    std::uint64_t end; // the clock after it
  };

  // The rules whose first instruction was issued lately and its registers in them: a filter, for
  // which "lately" is between one and two times the reach ago.
  struct Window {
    std::uint64_t until = 0; // where the last of them is out of reach
    std::uint64_t rules = 0, registers = 0;
    std::uint64_t young_rules = 0, young_registers = 0; // since `renewed`
    std::uint64_t renewed = 0;

    bool meets(std::uint64_t clock, const HazardInfo &second) const {
      return clock < until && (rules & second.second_of) && (registers & second.second_registers);
    }
    void add(const HazardInfo &first, std::uint64_t end, std::uint64_t reach) {
      if (end >= renewed + reach) {
        bool expired = end >= renewed + 2 * reach;
        rules = expired ? 0 : young_rules;
        registers = expired ? 0 : young_registers;
        young_rules = young_registers = 0;
        renewed = end;
      }
      rules |= first.first_of;
      registers |= first.first_registers;
      young_rules |= first.first_of;
      young_registers |= first.first_registers;
      until = end + reach;
    }
  };

  void remember(const Instruction &i, const HazardInfo &info) {
    std::uint64_t end = clock_ + info.wait_states;
    recent_[count_++ % recent_.size()] = {&i, &info, end};
    if (info.roles & hazard_role::kMatrix)
      long_.add(info, end, kLongReach);
    else if (info.first_of)
      short_.add(info, end, kShortReach);
  }
  void check(const Wave &wave, const Instruction &i, const HazardInfo &info) const;
  // A register in which the rule holds between recent_[age] and `second`; 0xffff if there is none.
  std::uint16_t conflict(const HazardRule &rule, unsigned age, const HazardInfo &second) const;
  const Issued &recent(unsigned age) const { return recent_[(count_ - 1 - age) % recent_.size()]; }

  std::uint64_t clock_ = 0; // wait states issued so far
  Window short_, long_;     // after matrix instructions the long one
  unsigned count_ = 0;
  std::array<Issued, 32> recent_{}; // more than kLongReach, a power of two
};

} // namespace gemmsmith::emulator
