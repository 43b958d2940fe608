// LLVM's disassembler for gfx950, in process: the other opinion on what words mean.
#pragma once

#include "runtime/emulator/operands.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// What LLVM reads and writes, by its operand tables; `tied` are reads of what is also written. SCC,
// MODE and the like are left out, and so is FLAT_SCRATCH where no operand names it, since it is not
// a pair of SGPRs any more (CDNA4 ISA 3.12).
struct LlvmRegisters {
  std::vector<RegisterRange> reads, tied, writes;
};

// Whether LLVM 22 reads past an array or reaches what it declares unreachable on these words, so
// that it must not see them. They are invalid, but for one constant of v_madmk_f16 and v_madak_f16.
bool killsLlvm(std::span<const std::uint32_t> words);

// One per thread.
class LlvmDisassembler {
public:
  LlvmDisassembler();
  LlvmDisassembler(LlvmDisassembler &&) noexcept;
  ~LlvmDisassembler();

  // Reads the instruction at words[0]. Its length in dwords, or 0 if LLVM refuses the words.
  unsigned decode(std::span<const std::uint32_t> words);

  // Of the instruction that was read last: LLVM's text (mnemonic and operands with single blanks),
  // its name for the opcode with this encoding, and the registers.
  std::string text() const;
  std::string opcodeName() const;
  LlvmRegisters registers() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace gemmsmith::emulator
