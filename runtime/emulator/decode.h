// From instruction words to Instruction, by our own tables of the CDNA4 encodings (ISA chapter 13).
#pragma once

#include "runtime/emulator/instruction.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// Decodes the instruction that starts at words[0]. A word that starts no instruction gives one
// without a mnemonic, one dword long; so does an instruction whose last words are missing.
Instruction decode(std::span<const std::uint32_t> words);

// Decodes at every dword of `words`, so that a branch may go anywhere, as on hardware.
std::vector<Instruction> decodeAll(std::span<const std::uint32_t> words);

// The instruction as LLVM's disassembler prints it for gfx950, with single blanks.
std::string text(const Instruction &instruction);

} // namespace gemmsmith::emulator
