// Faults, bounds and bookkeeping of LDS accesses.
#include "runtime/emulator/lds.h"

#include "runtime/emulator/decode.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {

void faultLds(Wave &w, const Instruction &i, u32 address, int bytes, int lane, bool reads) {
  const std::uint8_t *state = w.workgroup().ldsState();
  for (u32 b = address; b < address + static_cast<u32>(bytes); ++b) {
    if (state[b] >= kLdsPending) {
      int source = state[b] - kLdsPending;
      const PendingOperation *p =
          w.workgroup().waves()[static_cast<std::size_t>(source)].pendingLds(b);
      std::string which = p ? fmt::format(" at +{:#x} `{}`",
                                          (i64{p->instruction->address_dwords} -
                                           static_cast<i64>(w.workgroup().context().entry)) *
                                              4,
                                          text(*p->instruction))
                            : "";
      w.fault(
          i,
          fmt::format("{} LDS byte {}, the target of wave {}'s copy{} that no s_waitcnt vmcnt of "
                      "that wave covers yet",
                      reads ? "reads" : "writes", b, source, which),
          lane);
    }
    if (reads && state[b] == kLdsUnwritten)
      w.fault(i, fmt::format("reads LDS byte {} that nobody has written", b), lane);
  }
  w.fault(i, fmt::format("bad state of LDS byte {}", address), lane);
}

void faultLdsBounds(Wave &w, const Instruction &i, u32 address, int bytes, int lane) {
  w.fault(i,
          fmt::format("accesses {} bytes at LDS byte {}, but the workgroup has {}", bytes, address,
                      w.workgroup().ldsBytes()),
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
