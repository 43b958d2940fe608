// Private (scratch) memory: each lane's own bytes, lane by lane. The hardware interleaves the lanes
// in memory by dwords, which a lane cannot see.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/wave.h"

#include <cstring>

namespace gemmsmith::emulator {

// Out of bounds reads give zero and writes are dropped, once reported.
void readPrivate(Wave &w, const Instruction &i, u32 offset, int bytes, int lane, u32 *data);
void writePrivate(Wave &w, const Instruction &i, u32 offset, int bytes, int lane, const u32 *data);

// Whether a dword holds a register that was undefined when it was saved there, or nothing at all;
// and that it does.
bool privateUndefined(const Wave &w, u32 offset, int lane);
void markPrivateUndefined(Wave &w, u32 offset, int lane);

// Faults unless a flat atomic of `bytes` bytes works there.
void checkPrivateAtomic(Wave &w, const Instruction &i, u32 offset, int bytes, int lane);

// Replaces a value by update(value) and returns what was there.
template <typename T, typename Update>
T updatePrivate(Wave &w, const Instruction &i, u32 offset, int lane, Update &&update) {
  checkPrivateAtomic(w, i, offset, sizeof(T), lane);
  u32 raw[sizeof(T) / 4] = {};
  readPrivate(w, i, offset, sizeof(T), lane, raw);
  T old;
  std::memcpy(&old, raw, sizeof old);
  T result = update(old);
  std::memcpy(raw, &result, sizeof result);
  writePrivate(w, i, offset, sizeof(T), lane, raw);
  return old;
}

} // namespace gemmsmith::emulator
