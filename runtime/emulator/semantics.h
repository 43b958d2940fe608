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

std::span<const Semantics> scalarSemantics();     // scalar.cpp: SOP*, control flow
std::span<const Semantics> scalarLoadSemantics(); // scalar_memory.cpp
std::span<const Semantics> vectorSemantics();     // vector.cpp: VOP1, VOP2, VOP3, VOP3P
std::span<const Semantics> vectorMoveSemantics(); // vector_move.cpp: lanes, carries, permutations
std::span<const Semantics> compareSemantics();    // compare.cpp: VOPC
std::span<const Semantics> mfmaSemantics();       // mfma.cpp
std::span<const Semantics> ldsSemantics();        // lds.cpp: DS
std::span<const Semantics> memorySemantics();     // vector_memory.cpp: MUBUF, FLAT, GLOBAL
std::span<const Semantics> atomicSemantics();     // atomics.cpp

// The semantics of a mnemonic, or null: known to the tables but not emulated.
const Semantics *findSemantics(std::string_view mnemonic);

} // namespace gemmsmith::emulator
