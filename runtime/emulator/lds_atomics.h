// Reading and writing LDS as one operation.
#pragma once

#include "runtime/emulator/lds.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {

// Replaces the value at `address` by update(value) and returns what was there. Every lane of every
// LDS atomic goes through here.
template <typename T, typename Update>
T updateLds(Wave &w, const Instruction &i, u32 address, int lane, Update &&update) {
  // Unaligned access mode is for loads and stores only.
  if (address % sizeof(T)) [[unlikely]]
    w.fault(i,
            fmt::format("the atomic's LDS address {} is not a multiple of {}", address, sizeof(T)),
            lane);
  if (!checkLdsBounds(w, i, address, sizeof(T), lane))
    return T{};
  Workgroup &group = w.workgroup();
  if (!ldsWritten<sizeof(T)>(group.ldsState() + address)) [[unlikely]]
    reportLdsState(w, i, address, sizeof(T), lane, true);
  // The wave meets, once for the instruction, whoever did atomics before.
  if (LdsRaces *races = group.races(); races && lane == std::countr_zero(w.exec))
    races->synchronize(w.index());
  touchLds(w, i, LdsAccess::kAtomic, address, sizeof(T), lane);
  T old;
  std::memcpy(&old, group.lds() + address, sizeof old);
  T result = update(old);
  if (std::memcmp(&old, &result, sizeof old) != 0)
    group.stored();
  std::memcpy(group.lds() + address, &result, sizeof result);
  return old;
}

} // namespace gemmsmith::emulator
