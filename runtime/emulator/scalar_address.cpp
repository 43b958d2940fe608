#include "runtime/emulator/scalar_address.h"

namespace gemmsmith::emulator {
namespace {

constexpr u64 kAddressMask = 0xffffffffffff; // 48 bits

u64 dwordAligned(u64 v) {
  return v & ~u64{3};
}

u64 offset(Wave &w, const Instruction &i, u64 scale) {
  u64 result = dwordAligned(static_cast<u64>(i.offset));
  if (i.scalar_offset != kNoOperand)
    result += dwordAligned(u64{w.scalar32(i, i.scalar_offset)} * scale);
  return result;
}

} // namespace

ScalarAddress scalarAddress(Wave &w, const Instruction &i) {
  u64 base = dwordAligned(w.scalar64(i, i.scalar_base));
  return {.address = (base + offset(w, i, 1)) & kAddressMask};
}

ScalarAddress scalarScratchAddress(Wave &w, const Instruction &i) {
  u64 base = dwordAligned(w.scalar64(i, i.scalar_base));
  return {.address = (base + offset(w, i, 64)) & kAddressMask};
}

ScalarAddress scalarBufferAddress(Wave &w, const Instruction &i) {
  u64 base = w.scalar64(i, i.scalar_base);
  u64 records = w.scalar32(i, static_cast<u16>(i.scalar_base + 2));
  u64 stride = base >> 48 & 0x3fff;
  u64 size = stride ? stride * records : records;
  u64 at = offset(w, i, 1);
  return {.address = (dwordAligned(base & kAddressMask) + at) & kAddressMask,
          .limit = at < size ? size - at : 0};
}

LaneAddresses asLaneZero(const ScalarAddress &address) {
  LaneAddresses a;
  a.space = AddressSpace::kGlobal;
  a.address[0] = address.address;
  a.in_range[0] = address.limit;
  return a;
}

void pendScalar(Wave &w, const Instruction &i, int registers) {
  // Scalar operations return in any order, stores too: only a wait for zero covers them.
  PendingOperation p;
  p.instruction = &i;
  p.kind = PendingOperation::Kind::kSgprLoad;
  p.first_register = i.dst;
  p.registers = static_cast<u16>(registers);
  p.lanes = 1;
  w.issueLgkm(p);
}

} // namespace gemmsmith::emulator
