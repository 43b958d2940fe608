// What conversions to and from formats of 4 to 8 bits share.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/small_float.h"

namespace gemmsmith::emulator {

// MODE.FP16_OVFL (CDNA4 ISA 7.3): conversions to FP8 and BF8 saturate.
inline bool saturatesSmallFloats(const Wave &w) {
  return w.mode >> 23 & 1;
}

// Writes the bits `mask << shift` of the destination. The others stay what they are, undefined ones
// too, and the register counts as written. Changes `value`.
void writePart(Wave &w, const Instruction &i, u32 *value, int shift, u32 mask);

} // namespace gemmsmith::emulator
