// The lists of which opcode_tables.cpp makes its tables. Each function knows some formats and
// returns nothing for the others.
#pragma once

#include "runtime/emulator/instruction.h"

#include <cstdint>
#include <span>

namespace gemmsmith::emulator {

struct Opcode {
  std::uint16_t number;
  const char *mnemonic;
};

std::span<const Opcode> scalarOpcodes(Format format); // opcodes_scalar.cpp
std::span<const Opcode> vectorOpcodes(Format format); // opcodes_vector.cpp
std::span<const Opcode> vop3Opcodes(Format format);   // opcodes_vop3.cpp
std::span<const Opcode> memoryOpcodes(Format format); // opcodes_memory.cpp

} // namespace gemmsmith::emulator
