#include "runtime/emulator/hazard_tracker.h"

#include "runtime/emulator/decode.h"
#include "runtime/emulator/wave.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <string>

namespace gemmsmith::emulator {
namespace {

constexpr std::uint16_t kNoConflict = 0xffff;

RegisterRange intersection(RegisterRange a, RegisterRange b) {
  int first = std::max(a.first, b.first);
  int last = std::min(a.first + a.count, b.first + b.count);
  if (first >= last)
    return {};
  return {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last - first)};
}

bool anyOverlaps(std::span<const RegisterRange> ranges, RegisterRange range) {
  return std::ranges::any_of(ranges, [&](const RegisterRange &r) { return r.overlaps(range); });
}

std::string states(std::uint64_t n) {
  return fmt::format("{} wait state{}", n, n == 1 ? "" : "s");
}

} // namespace

std::uint16_t HazardTracker::conflict(const HazardRule &rule, unsigned age,
                                      const HazardInfo &second) const {
  const HazardInfo &first = *recent(age).info;
  if (rule.pair && !rule.pair(first, second))
    return kNoConflict;
  if (rule.produced == HazardRegisters::kNone)
    return 0;
  for (const RegisterRange &produced : registers(first, rule.produced))
    for (const RegisterRange &consumed : registers(second, rule.consumed)) {
      RegisterRange common = intersection(intersection(produced, consumed), domain(rule.consumed));
      if (!common.count)
        continue;
      // The matrix unit works in order: after a younger matrix instruction on the operand has been
      // issued, waiting for that one is enough.
      bool hidden = false;
      std::uint32_t alike = rule.first & ~hazard_role::kDouble;
      for (unsigned k = 0; rule.matrix_waits && k < age && !hidden; ++k) {
        const HazardInfo &younger = *recent(k).info;
        hidden = (younger.roles & alike) == alike &&
                 anyOverlaps(registers(younger, rule.produced), consumed);
      }
      if (hidden)
        continue;
      for (int r = common.first; r < common.first + common.count; ++r) {
        RegisterRange single{static_cast<std::uint16_t>(r), 1};
        bool overwritten = false;
        if (rule.produced == HazardRegisters::kWrites && !rule.matrix_waits)
          for (unsigned k = 0; k < age && !overwritten; ++k)
            overwritten = anyOverlaps(recent(k).info->use.writes(), single);
        if (!overwritten)
          return single.first;
      }
    }
  return kNoConflict;
}

void HazardTracker::check(const Wave &wave, const Instruction &i, const HazardInfo &info) const {
  const HazardRule *worst = nullptr;
  unsigned worst_age = 0;
  std::uint64_t missing = 0;
  std::uint16_t where = kNoConflict;
  auto rules = hazardRules();
  std::uint64_t reach = clock_ < long_.until ? kLongReach : kShortReach;
  for (unsigned age = 0; age < std::min<unsigned>(count_, recent_.size()); ++age) {
    const Issued &issued = recent(age);
    std::uint64_t distance = clock_ - issued.end;
    if (distance >= reach)
      break;
    if (!(issued.info->first_registers & info.second_registers))
      continue;
    for (std::uint64_t both = issued.info->first_of & info.second_of; both; both &= both - 1) {
      const HazardRule &rule = rules[static_cast<std::size_t>(std::countr_zero(both))];
      std::uint64_t needed = issued.info->waitsAfter(rule);
      if (distance + missing >= needed)
        continue;
      std::uint16_t r = conflict(rule, age, info);
      if (r == kNoConflict)
        continue;
      worst = &rule;
      worst_age = age;
      missing = needed - distance;
      where = r;
    }
  }
  if (!worst)
    return;
  const Issued &first = recent(worst_age);
  std::uint64_t needed = first.info->waitsAfter(*worst);
  wave.report(
      i, Check::kHazards,
      fmt::format("{}needs {} after `{}` at {:+#x}, and has {}: {} ({})",
                  worst->produced == HazardRegisters::kNone ? "" : registerName(where) + " ",
                  states(needed), text(*first.instruction), wave.offsetOf(*first.instruction),
                  needed - missing, worst->what, worst->source));
}

} // namespace gemmsmith::emulator
