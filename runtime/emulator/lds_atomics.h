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
  u32 raw[sizeof(T) / 4] = {};
  readLds<sizeof(T)>(w, i, address, lane, raw);
  T old;
  std::memcpy(&old, raw, sizeof old);
  T result = update(old);
  std::memcpy(raw, &result, sizeof result);
  writeLds<sizeof(T)>(w, i, address, lane, raw);
  return old;
}

} // namespace gemmsmith::emulator
