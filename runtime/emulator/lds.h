// Access of one lane to the LDS of its workgroup, with bounds and initialisation checks.
#pragma once

#include "runtime/emulator/wave.h"

#include <cstdint>

namespace gemmsmith::emulator {

void readLds(Wave &w, const Instruction &i, std::uint32_t address, int bytes, int lane,
             std::uint32_t *data);
void writeLds(Wave &w, const Instruction &i, std::uint32_t address, int bytes, int lane,
              const std::uint32_t *data);

} // namespace gemmsmith::emulator
