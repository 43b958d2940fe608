// Where each lane of a vector memory instruction goes, and the access itself.
#pragma once

#include "runtime/emulator/wave.h"

#include <array>
#include <cstdint>

namespace gemmsmith::emulator {

enum class AddressSpace : std::uint8_t { kBuffer, kGlobal, kFlat, kScratch };

struct LaneAddresses {
  alignas(64) std::array<std::uint64_t, kLanes> address;
  AddressSpace space = AddressSpace::kGlobal;
  // Buffers: bytes from the lane's address up to the end of what NUM_RECORDS allows; a component
  // that does not fit reads as zero and is not written (CDNA4 ISA 9.1.5.1).
  alignas(64) std::array<std::uint64_t, kLanes> in_range;
};

// MUBUF (CDNA4 ISA 9.1.5), in buffer_address.cpp, for accesses of `bytes` bytes. Only the active
// lanes' values mean anything.
LaneAddresses bufferAddresses(Wave &w, const Instruction &i, int bytes);

// FLAT, GLOBAL and SCRATCH (CDNA4 ISA 10.3-10.5).
LaneAddresses flatAddresses(Wave &w, const Instruction &i);

// Moves `bytes` bytes (1, 2, or dwords up to 16) between a lane's address and `data`.
void loadLane(Wave &w, const Instruction &i, const LaneAddresses &a, int lane, int bytes,
              std::uint32_t *data);
void storeLane(Wave &w, const Instruction &i, const LaneAddresses &a, int lane, int bytes,
               const std::uint32_t *data);

// Reports a read of what another XCD has stored and this one need not see (coherence.h). `past_l2`:
// the read goes past the L2.
void checkFresh(Wave &w, const Instruction &i, const Allocation &a, std::uint64_t address,
                std::uint32_t bytes, int lane, bool past_l2);

// The host memory of a lane's naturally aligned 4- or 8-byte location for an atomic; null if the
// lane is out of a buffer's range, and the operation is dropped. Not for flat addresses in LDS or
// private memory.
std::byte *atomicTarget(Wave &w, const Instruction &i, const LaneAddresses &a, int lane, int bytes);

} // namespace gemmsmith::emulator
