// What each instruction does, by mnemonic; one table per class of instructions.
#pragma once

#include "runtime/emulator/instruction.h"

#include <span>
#include <string_view>

namespace gemmsmith::emulator {

struct Semantics {
  std::string_view mnemonic;
  Handler handler;
  std::uint8_t sources = 0; // how many source operands the instruction has; VALU only
  std::uint8_t size = 0;    // bytes each lane moves; memory only
};

// Each is in the file of its name.
std::span<const Semantics> scalarBitSemantics();
std::span<const Semantics> scalarFieldSemantics();
std::span<const Semantics> scalarArithmeticSemantics();
std::span<const Semantics> scalarControlSemantics();
std::span<const Semantics> scalarLoadSemantics(); // scalar_memory.cpp
std::span<const Semantics> scalarAtomicSemantics();
std::span<const Semantics> vectorMoveSemantics();
std::span<const Semantics> vectorIntegerSemantics();
std::span<const Semantics> vectorBitSemantics();  // vector_bits.cpp
std::span<const Semantics> vectorByteSemantics(); // vector_bytes.cpp
std::span<const Semantics> vectorCarrySemantics();
std::span<const Semantics> vectorFloatSemantics();
std::span<const Semantics> vectorTranscendentalSemantics();
std::span<const Semantics> vectorDivideSemantics();
std::span<const Semantics> vectorConvertSemantics();
std::span<const Semantics> convertSmallSemantics();
std::span<const Semantics> convertScaledSemantics();
std::span<const Semantics> vectorPackedSemantics();
std::span<const Semantics> vectorMixSemantics();
std::span<const Semantics> vectorDotSemantics();
std::span<const Semantics> compareSemantics(); // VOPC
std::span<const Semantics> mfmaSemantics();
std::span<const Semantics> mfmaF64Semantics();
std::span<const Semantics> mfmaScaledSemantics();
std::span<const Semantics> mfmaSparseSemantics();
std::span<const Semantics> ldsAccessSemantics();
std::span<const Semantics> ldsAtomicSemantics();
std::span<const Semantics> ldsLaneSemantics();
std::span<const Semantics> ldsTransposeSemantics();
std::span<const Semantics> memorySemantics(); // vector_memory.cpp: MUBUF, FLAT, GLOBAL
std::span<const Semantics> bufferFormatSemantics();
std::span<const Semantics> atomicSemantics(); // atomics.cpp

// The semantics of a mnemonic, or null: known to the tables but not emulated.
const Semantics *findSemantics(std::string_view mnemonic);

} // namespace gemmsmith::emulator
