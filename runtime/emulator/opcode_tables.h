// The opcodes of CDNA4 by encoding: number and mnemonic (ISA chapter 13, and for the forms that the
// manual omits - global_load_lds_*, v_cvt_f32_bf16, v_bitop3 - LLVM 22's gfx950 tables).
#pragma once

#include "runtime/emulator/instruction.h"

#include <cstdint>

namespace gemmsmith::emulator {

// The mnemonic of an opcode, or null. VOP3 has its own opcodes only; those that repeat VOPC, VOP2
// and VOP1 (CDNA4 ISA 13.3.4: 0-255, 256-319, 320-447) are looked up there.
const char *mnemonic(Format format, std::uint32_t opcode);

} // namespace gemmsmith::emulator
