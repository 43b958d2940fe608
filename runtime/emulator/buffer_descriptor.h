// The buffer resource descriptor V# (CDNA4 ISA table 48).
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/wave.h"

#include <array>

namespace gemmsmith::emulator {

struct BufferDescriptor {
  u64 base = 0;
  u64 stride = 0;  // 14 bits, 18 with add_tid
  u64 records = 0; // in bytes or in units of stride
  bool swizzle = false;
  bool add_tid = false;
  u32 index_stride = 0; // 8, 16, 32 or 64
  u8 data_format = 0, number_format = 0;
  std::array<u8, 4> select{}; // for each component: 0, 1, or 4 + channel

  // Data format INVALID: no buffer at all (9.1.4). With add_tid the field extends the stride.
  bool unbound() const { return data_format == 0 && !add_tid; }
};

// Of the instruction's SRSRC; all of its bits must be defined.
BufferDescriptor bufferDescriptor(Wave &w, const Instruction &i);

} // namespace gemmsmith::emulator
