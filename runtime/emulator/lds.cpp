// Faults, bounds and bookkeeping of LDS accesses.
#include "runtime/emulator/lds.h"

#include "runtime/emulator/decode.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith::emulator {

void reportLdsState(Wave &w, const Instruction &i, u32 address, int bytes, int lane, bool reads) {
  Workgroup &group = w.workgroup();
  std::uint8_t *state = group.ldsState();
  for (u32 b = address; b < address + static_cast<u32>(bytes); ++b) {
    if (state[b] >= kLdsPending) {
      Wave &owner = group.waves()[static_cast<std::size_t>(state[b] - kLdsPending)];
      const PendingOperation *p = owner.pendingLds(b);
      w.report(i, Check::kWaits,
               fmt::format("{} LDS byte {}, the target of wave {}'s copy{} that no s_waitcnt vmcnt "
                           "of that wave covers yet",
                           reads ? "reads" : "writes", b, owner.index(),
                           p ? fmt::format(" at {:+#x} `{}`", w.offsetOf(*p->instruction),
                                           text(*p->instruction))
                             : ""),
               lane);
      owner.completeLds(b);
      state[b] = kLdsWritten;
    } else if (reads && state[b] == kLdsUnwritten) {
      w.report(i, Check::kUninitialized,
               fmt::format("reads LDS byte {} that nobody has written", b), lane);
      std::fill_n(state + address, bytes, kLdsWritten);
      return;
    }
  }
}

void reportLdsBounds(Wave &w, const Instruction &i, u32 address, int bytes, int lane) {
  w.report(i, Check::kBounds,
           fmt::format("accesses {} bytes at LDS byte {}, but the workgroup has {}", bytes, address,
                       w.workgroup().ldsBytes()),
           lane);
}

void reportLdsRace(Wave &w, const Instruction &i, LdsAccess access, const LdsRace &race, int lane) {
  constexpr const char *kVerbs[] = {"reads", "writes", "updates"};
  std::string where;
  if (race.instruction) {
    const LaunchContext &context = w.workgroup().context();
    const Instruction &other =
        context.code[(context.entry + *race.instruction) % LdsRaces::kInstructions];
    where = fmt::format(" at {:+#x} `{}`", w.offsetOf(other), text(other));
  }
  w.report(i, Check::kLdsRaces,
           fmt::format("{} LDS byte {}, which wave {} {}{} with no barrier between",
                       kVerbs[static_cast<int>(access)], race.byte, race.wave,
                       kVerbs[static_cast<int>(race.access)], where),
           lane);
}

void readLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, u32 *data) {
  switch (bytes) {
  case 1:
    return (readLds<1>(w, i, address, lane, data));
  case 2:
    return (readLds<2>(w, i, address, lane, data));
  case 4:
    return (readLds<4>(w, i, address, lane, data));
  case 8:
    return (readLds<8>(w, i, address, lane, data));
  case 12:
    return (readLds<12>(w, i, address, lane, data));
  default:
    return (readLds<16>(w, i, address, lane, data));
  }
}

void writeLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, const u32 *data) {
  switch (bytes) {
  case 1:
    return (writeLds<1>(w, i, address, lane, data));
  case 2:
    return (writeLds<2>(w, i, address, lane, data));
  case 4:
    return (writeLds<4>(w, i, address, lane, data));
  case 8:
    return (writeLds<8>(w, i, address, lane, data));
  case 12:
    return (writeLds<12>(w, i, address, lane, data));
  default:
    return (writeLds<16>(w, i, address, lane, data));
  }
}

void pendLdsRead(Wave &w, const Instruction &i, int registers) {
  PendingOperation p;
  p.instruction = &i;
  p.kind = PendingOperation::Kind::kVgprLoad;
  p.first_register = static_cast<std::uint16_t>(i.dst - kVgpr);
  p.registers = static_cast<std::uint16_t>(registers);
  p.lanes = w.exec;
  w.issueLgkm(p);
}
void pendLdsWrite(Wave &w, const Instruction &i) {
  PendingOperation p;
  p.instruction = &i;
  p.lanes = w.exec;
  w.issueLgkm(p);
}

} // namespace gemmsmith::emulator
