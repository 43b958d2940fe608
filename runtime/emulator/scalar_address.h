// Addresses of SMEM instructions (CDNA4 ISA 8.2.1).
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/vector_address.h"

namespace gemmsmith::emulator {

struct ScalarAddress {
  u64 address = 0;
  u64 limit = ~u64{0}; // bytes from `address` to the end of the buffer
};

// S_LOAD, S_STORE, S_ATOMIC and their S_BUFFER forms; the two low bits of every component are
// ignored. A buffer is checked against NUM_RECORDS, in bytes or, with a stride, in units of it.
ScalarAddress scalarAddress(Wave &w, const Instruction &i);
ScalarAddress scalarBufferAddress(Wave &w, const Instruction &i);
// S_SCRATCH: the scalar offset counts 64 bytes.
ScalarAddress scalarScratchAddress(Wave &w, const Instruction &i);

// The address as that of lane 0, for loadLane and its siblings.
LaneAddresses asLaneZero(const ScalarAddress &address);

// Counts the instruction on lgkmcnt, with `registers` destinations from SDATA on.
void pendScalar(Wave &w, const Instruction &i, int registers);

} // namespace gemmsmith::emulator
