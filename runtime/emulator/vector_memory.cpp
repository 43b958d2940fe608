// Vector memory: MUBUF, GLOBAL, FLAT and SCRATCH loads and stores, and copies to LDS
// (CDNA4 ISA chapters 9 and 10).
//
// Choices where the manual leaves room:
// - Out-of-range lanes of a copy to LDS write zeros: 9.1.9.1 gives memory addresses the rules of
//   any other fetch, and these return zero.
// - A copy of a byte or short fills a dword of LDS, extended like a register.
// - Addresses need no alignment, as the HSA run time configures it (SH_MEM_CONFIG unaligned mode),
//   except for copies to LDS of a dword or more.
// - 16-bit loads zero the unused half: the SRAM of gfx950 has ECC (9.1.6).
#include "runtime/emulator/integers.h"
#include "runtime/emulator/vector_address.h"

#include "runtime/emulator/lds.h"
#include "runtime/emulator/private_memory.h"
#include "runtime/emulator/semantics.h"
#include "runtime/emulator/workgroup.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// How the bytes of a load narrower than a dword become a register.
enum class Extend { kNone, kZero, kSign, kLow, kLowSign, kHigh, kHighSign };

u32 extend(Extend how, u32 raw, int bytes) {
  u32 sign = bytes == 1 ? static_cast<u32>(static_cast<std::int8_t>(raw))
                        : static_cast<u32>(static_cast<std::int16_t>(raw));
  switch (how) {
  case Extend::kNone:
  case Extend::kZero:
  case Extend::kLow:
    return raw;
  case Extend::kSign:
    return sign;
  case Extend::kLowSign:
    return sign & 0xffff;
  case Extend::kHigh:
    return raw << 16;
  case Extend::kHighSign:
    return sign << 16;
  }
  return raw;
}

void pendVgprs(Wave &w, const Instruction &i, int registers, bool flat) {
  PendingOperation p;
  p.instruction = &i;
  p.kind = PendingOperation::Kind::kVgprLoad;
  p.first_register = static_cast<std::uint16_t>(i.dst - kVgpr);
  p.registers = static_cast<std::uint16_t>(registers);
  p.lanes = w.exec;
  p.both_counters = flat;
  w.issueVmem(p);
}

void pendStore(Wave &w, const Instruction &i, bool flat) {
  PendingOperation p;
  p.instruction = &i;
  p.lanes = w.exec;
  p.both_counters = flat;
  w.issueVmem(p);
}

// --- copies to LDS

template <u32 bytes> bool anyPending(const std::uint8_t *state) {
  static_assert(kLdsUnwritten < 2 && kLdsWritten < 2 && kLdsPending == 2);
  u32 any = 0;
  for (u32 b = 0; b < bytes; b += 4) {
    u32 four;
    std::memcpy(&four, state + b, 4);
    any |= four;
  }
  return any & 0xfefefefe;
}

// Reports the copies of other waves to these bytes that are outstanding.
void reportForeignCopy(Wave &w, const Instruction &i, u32 address, u32 bytes, int lane) {
  const std::uint8_t *state = w.workgroup().ldsState();
  for (u32 b = address; b < address + bytes; ++b)
    if (state[b] >= kLdsPending && state[b] != kLdsPending + w.index())
      reportLdsState(w, i, b, 1, lane, false);
}

template <int bytes, Extend how = Extend::kNone>
void loadToLds(Wave &w, const Instruction &i, const LaneAddresses &a) {
  // LDS_offset = M0[17:2] * 4 + inst_offset + lane * size; three dwords take the room of four
  // (CDNA4 ISA 9.1.9, 10.3).
  constexpr u32 kStride = bytes <= 4 ? 4 : 16;
  constexpr u32 kStored = bytes < 4 ? 4 : bytes;
  Workgroup &group = w.workgroup();
  const Checks &checks = group.context().checks;
  u32 base = (w.scalar32(i, kM0) & 0x3fffc) + static_cast<u32>(i.offset);
  if (base % 4)
    w.fault(i, "the LDS address is not a multiple of 4");
  std::uint8_t *lds = group.lds(), *state = group.ldsState();
  auto mine = static_cast<std::uint8_t>(kLdsPending + w.index());
  u64 delivered = 0;
  for (u64 lanes = w.exec; lanes; lanes &= lanes - 1) {
    int l = std::countr_zero(lanes);
    u32 to = base + static_cast<u32>(l) * kStride;
    if (u64{to} + kStored > group.ldsBytes()) {
      if (checks.has(Check::kBounds))
        reportLdsBounds(w, i, to, static_cast<int>(kStored), l);
      continue; // 9.1.9.1: not written
    }
    u32 data[4] = {};
    loadLane(w, i, a, l, bytes, data);
    if constexpr (how != Extend::kNone)
      data[0] = extend(how, data[0], bytes);
    if (anyPending<kStored>(state + to)) [[unlikely]]
      reportForeignCopy(w, i, to, kStored, l);
    checkLdsRace(w, i, LdsAccess::kWrite, to, kStored, l);
    std::memcpy(lds + to, data, kStored);
    std::memset(state + to, checks.needsOutstanding() ? mine : kLdsWritten, kStored);
    delivered |= u64{1} << l;
  }
  PendingOperation p;
  p.instruction = &i;
  p.kind = PendingOperation::Kind::kLdsLoad;
  p.lanes = delivered;
  p.lds_base = base;
  p.lds_stride = kStride;
  p.lds_bytes = kStored;
  w.issueVmem(p);
}

// --- registers

template <int bytes, Extend how>
void loadToVgprs(Wave &w, const Instruction &i, const LaneAddresses &a, bool flat) {
  constexpr int kRegisters = (bytes + 3) / 4;
  u32 *to[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    to[r] = w.loadVgpr(i, static_cast<std::uint16_t>(i.dst + r), w.exec, true);
  u64 undefined[kRegisters] = {};
  for (u64 lanes = w.exec; lanes; lanes &= lanes - 1) {
    int l = std::countr_zero(lanes);
    u32 data[4] = {};
    if (a.space == AddressSpace::kScratch) {
      u32 bad = reloadPrivate(w, i, static_cast<u32>(a.address[l]), bytes, l, data);
      for (int r = 0; r < kRegisters; ++r)
        undefined[r] |= u64{bad >> r & 1} << l;
    } else {
      loadLane(w, i, a, l, bytes, data);
    }
    if constexpr (how != Extend::kNone)
      data[0] = extend(how, data[0], bytes);
    for (int r = 0; r < kRegisters; ++r)
      to[r][l] = data[r];
  }
  pendVgprs(w, i, kRegisters, flat);
  if (a.space == AddressSpace::kScratch &&
      w.workgroup().context().checks.has(Check::kUninitialized))
    for (int r = 0; r < kRegisters; ++r)
      if (undefined[r])
        w.markUndefined(static_cast<std::uint16_t>(i.dst + r), undefined[r]);
}

template <int bytes, bool high>
void storeFromVgprs(Wave &w, const Instruction &i, const LaneAddresses &a, bool flat) {
  constexpr int kRegisters = (bytes + 3) / 4;
  bool spills = a.space == AddressSpace::kScratch;
  u64 undefined[kRegisters] = {};
  const u32 *from[kRegisters];
  for (int r = 0; r < kRegisters; ++r) {
    auto code = static_cast<std::uint16_t>(i.data + r);
    if (spills)
      undefined[r] = w.exec & w.undefinedLanes(code);
    from[r] = w.readVgpr(i, code, w.exec & ~undefined[r]);
  }
  for (u64 lanes = w.exec; lanes; lanes &= lanes - 1) {
    int l = std::countr_zero(lanes);
    u32 data[4], bad = 0;
    for (int r = 0; r < kRegisters; ++r) {
      data[r] = from[r][l];
      // A lane that holds part of a scalar is something.
      if ((undefined[r] >> l & 1) && !w.partlyDefined(static_cast<std::uint16_t>(i.data + r), l))
        bad |= 1u << r;
    }
    if constexpr (high)
      data[0] >>= 16;
    if (spills)
      spillPrivate(w, i, static_cast<u32>(a.address[l]), bytes, l, data, bad);
    else
      storeLane(w, i, a, l, bytes, data);
  }
  pendStore(w, i, flat);
}

// The forms that can go to LDS: one register without halves, or 3 or 4 dwords (CDNA4 ISA 9.1.9).
constexpr bool copiesToLds(int bytes, Extend how) {
  return how == Extend::kNone ? bytes != 8 : how == Extend::kZero || how == Extend::kSign;
}

template <int bytes, Extend how = Extend::kNone> void bufferLoad(Wave &w, const Instruction &i) {
  LaneAddresses a = bufferAddresses(w, i, bytes);
  if constexpr (copiesToLds(bytes, how))
    if (i.lds)
      return loadToLds<bytes, how>(w, i, a);
  loadToVgprs<bytes, how>(w, i, a, false);
}
template <int bytes, bool high = false> void bufferStore(Wave &w, const Instruction &i) {
  storeFromVgprs<bytes, high>(w, i, bufferAddresses(w, i, bytes), false);
}
template <int bytes, Extend how = Extend::kNone> void load(Wave &w, const Instruction &i) {
  loadToVgprs<bytes, how>(w, i, flatAddresses(w, i), i.format == Format::kFlat);
}
template <int bytes, bool high = false> void store(Wave &w, const Instruction &i) {
  storeFromVgprs<bytes, high>(w, i, flatAddresses(w, i), i.format == Format::kFlat);
}
template <int bytes, Extend how = Extend::kNone> void loadLds(Wave &w, const Instruction &i) {
  loadToLds<bytes, how>(w, i, flatAddresses(w, i));
}

// buffer_wbl2 with sc1 makes what this XCD has stored visible to the others once an s_waitcnt
// covers it, and counts like a store; buffer_inv with sc1 drops what this XCD holds. Without sc1
// both are about caches within the XCD (LLVM's guide, "Memory Model gfx942").
void writeBack(Wave &w, const Instruction &i) {
  PendingOperation p;
  p.instruction = &i;
  p.lanes = w.exec;
  p.kind = i.sc1 ? PendingOperation::Kind::kRelease : PendingOperation::Kind::kStore;
  w.issueVmem(p);
}
void invalidate(Wave &w, const Instruction &i) {
  if (i.sc1)
    w.workgroup().acquire();
}

#define LOADS_AND_STORES(PREFIX, LOAD, STORE)                                                      \
  {PREFIX "_load_ubyte", LOAD<1, Extend::kZero>, 0, 1},                                            \
      {PREFIX "_load_sbyte", LOAD<1, Extend::kSign>, 0, 1},                                        \
      {PREFIX "_load_ushort", LOAD<2, Extend::kZero>, 0, 2},                                       \
      {PREFIX "_load_sshort", LOAD<2, Extend::kSign>, 0, 2},                                       \
      {PREFIX "_load_dword", LOAD<4>, 0, 4}, {PREFIX "_load_dwordx2", LOAD<8>, 0, 8},              \
      {PREFIX "_load_dwordx3", LOAD<12>, 0, 12}, {PREFIX "_load_dwordx4", LOAD<16>, 0, 16},        \
      {PREFIX "_load_ubyte_d16", LOAD<1, Extend::kLow>, 0, 1},                                     \
      {PREFIX "_load_ubyte_d16_hi", LOAD<1, Extend::kHigh>, 0, 1},                                 \
      {PREFIX "_load_sbyte_d16", LOAD<1, Extend::kLowSign>, 0, 1},                                 \
      {PREFIX "_load_sbyte_d16_hi", LOAD<1, Extend::kHighSign>, 0, 1},                             \
      {PREFIX "_load_short_d16", LOAD<2, Extend::kLow>, 0, 2},                                     \
      {PREFIX "_load_short_d16_hi", LOAD<2, Extend::kHigh>, 0, 2},                                 \
      {PREFIX "_store_byte", STORE<1>, 0, 1}, {PREFIX "_store_byte_d16_hi", STORE<1, true>, 0, 1}, \
      {PREFIX "_store_short", STORE<2>, 0, 2},                                                     \
      {PREFIX "_store_short_d16_hi", STORE<2, true>, 0, 2},                                        \
      {PREFIX "_store_dword", STORE<4>, 0, 4}, {PREFIX "_store_dwordx2", STORE<8>, 0, 8},          \
      {PREFIX "_store_dwordx3", STORE<12>, 0, 12}, {PREFIX "_store_dwordx4", STORE<16>, 0, 16},

const Semantics kTable[] = {
    // clang-format off
    LOADS_AND_STORES("buffer", bufferLoad, bufferStore)
    LOADS_AND_STORES("global", load, store)
    LOADS_AND_STORES("flat", load, store)
    LOADS_AND_STORES("scratch", load, store)
    // clang-format on
    {"global_load_lds_ubyte", loadLds<1, Extend::kZero>, 0, 1},
    {"global_load_lds_sbyte", loadLds<1, Extend::kSign>, 0, 1},
    {"global_load_lds_ushort", loadLds<2, Extend::kZero>, 0, 2},
    {"global_load_lds_sshort", loadLds<2, Extend::kSign>, 0, 2},
    {"global_load_lds_dword", loadLds<4>, 0, 4},
    {"global_load_lds_dwordx3", loadLds<12>, 0, 12},
    {"global_load_lds_dwordx4", loadLds<16>, 0, 16},
    {"scratch_load_lds_ubyte", loadLds<1, Extend::kZero>, 0, 1},
    {"scratch_load_lds_sbyte", loadLds<1, Extend::kSign>, 0, 1},
    {"scratch_load_lds_ushort", loadLds<2, Extend::kZero>, 0, 2},
    {"scratch_load_lds_sshort", loadLds<2, Extend::kSign>, 0, 2},
    {"scratch_load_lds_dword", loadLds<4>, 0, 4},
    {"buffer_wbl2", writeBack},
    {"buffer_inv", invalidate},
};

} // namespace

std::span<const Semantics> memorySemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
