// The opcodes of CDNA4 by encoding: number and mnemonic (ISA chapter 13, and for the forms that the
// manual omits - global_load_lds_*, v_cvt_f32_bf16, v_bitop3 - LLVM 22's gfx950 tables).
#pragma once

#include "runtime/emulator/instruction.h"
#include "runtime/emulator/opcode_entries.h"
#include "runtime/emulator/semantics.h"

#include <cstdint>

namespace gemmsmith::emulator {

struct KnownOpcode {
  const Opcode *entry = nullptr;
  const Semantics *semantics = nullptr; // null: decoded, but not emulated
};

// Null entry: no such opcode. VOP3 has its own opcodes only; those that repeat VOPC, VOP2 and VOP1
// (CDNA4 ISA 13.3.4: 0-255, 256-319, 320-447) are looked up there.
KnownOpcode findOpcode(Format format, std::uint32_t number);

} // namespace gemmsmith::emulator
