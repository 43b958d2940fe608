// Access of one lane to the LDS of its workgroup, with bounds and initialisation checks; and what
// DS instructions have in common.
//
// LDS operations take effect when they are issued; what they return is in its register only after a
// covering wait. M0 as an upper bound is not modelled: GFX9 ignores it (LLVM: ldsRequiresM0Init).
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/workgroup.h"

#include <bit>
#include <cstring>

namespace gemmsmith::emulator {

// Reports what is wrong with the state of these bytes of LDS, and makes it right.
void reportLdsState(Wave &w, const Instruction &i, u32 address, int bytes, int lane, bool reads);
void reportLdsBounds(Wave &w, const Instruction &i, u32 address, int bytes, int lane);
void reportLdsRace(Wave &w, const Instruction &i, LdsAccess access, const LdsRace &race, int lane);

// Judges the access by what other waves did there. To be called for every access inside the LDS.
inline void checkLdsRace(Wave &w, const Instruction &i, LdsAccess access, u32 address, u32 bytes,
                         int lane) {
  Workgroup &group = w.workgroup();
  if (access == LdsAccess::kWrite)
    group.stored();
  LdsRaces *races = group.races();
  if (!races)
    return;
  auto instruction = i.address_dwords - static_cast<u32>(group.context().entry);
  if (auto race = races->touch(w.index(), access, address, bytes, instruction)) [[unlikely]]
    reportLdsRace(w, i, access, *race, lane);
}

// The same for an access that counts on lgkmcnt: until a wait covers it, it may happen later.
inline void touchLds(Wave &w, const Instruction &i, LdsAccess access, u32 address, u32 bytes,
                     int lane) {
  checkLdsRace(w, i, access, address, bytes, lane);
  if (w.workgroup().races())
    w.lds_touches.push_back({address, static_cast<u8>(bytes), access});
}

// True if the LDS may be accessed there; otherwise a fault, if bounds are checked. In line: every
// lane of every access comes here.
inline bool checkLdsBounds(Wave &w, const Instruction &i, u32 address, int bytes, int lane) {
  Workgroup &group = w.workgroup();
  if (u64{address} + static_cast<u64>(bytes) <= group.ldsBytes()) [[likely]]
    return true;
  if (group.context().checks.has(Check::kBounds))
    reportLdsBounds(w, i, address, bytes, lane);
  return false;
}

template <int bytes> bool ldsWritten(const std::uint8_t *state) {
  if constexpr (bytes % 8 == 0) {
    for (int b = 0; b < bytes; b += 8) {
      u64 s;
      std::memcpy(&s, state + b, 8);
      if (s != 0x0101010101010101)
        return false;
    }
    return true;
  } else if constexpr (bytes % 4 == 0) {
    for (int b = 0; b < bytes; b += 4) {
      u32 s;
      std::memcpy(&s, state + b, 4);
      if (s != 0x01010101)
        return false;
    }
    return true;
  } else {
    for (int b = 0; b < bytes; ++b)
      if (state[b] != kLdsWritten)
        return false;
    return true;
  }
}

template <int bytes> void readLds(Wave &w, const Instruction &i, u32 address, int lane, u32 *data) {
  if (!checkLdsBounds(w, i, address, bytes, lane))
    return;
  Workgroup &group = w.workgroup();
  if (!ldsWritten<bytes>(group.ldsState() + address)) [[unlikely]]
    reportLdsState(w, i, address, bytes, lane, true);
  touchLds(w, i, LdsAccess::kRead, address, bytes, lane);
  std::memcpy(data, group.lds() + address, bytes);
}

template <int bytes>
void writeLds(Wave &w, const Instruction &i, u32 address, int lane, const u32 *data) {
  if (!checkLdsBounds(w, i, address, bytes, lane))
    return;
  Workgroup &group = w.workgroup();
  std::uint8_t *state = group.ldsState() + address;
  for (int b = 0; b < bytes; ++b)
    if (state[b] >= kLdsPending) [[unlikely]]
      reportLdsState(w, i, address, bytes, lane, false);
  touchLds(w, i, LdsAccess::kWrite, address, bytes, lane);
  std::memcpy(group.lds() + address, data, bytes);
  std::memset(state, kLdsWritten, bytes);
}

// The same for a size that only the instruction knows.
void readLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, u32 *data);
void writeLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, const u32 *data);

// Counts the instruction on lgkmcnt, with `registers` destinations from i.dst on; a write has none.
void pendLdsRead(Wave &w, const Instruction &i, int registers);
void pendLdsWrite(Wave &w, const Instruction &i);

template <typename Body> void forLanes(u64 lanes, Body &&body) {
  for (; lanes; lanes &= lanes - 1)
    body(std::countr_zero(lanes));
}

} // namespace gemmsmith::emulator
