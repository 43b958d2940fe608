// The main loop of a kernel, found in its disassembly, and what one wave does in one iteration.
//
// The main loop is the backward branch whose body, from its target to the branch, holds the most
// MFMA instructions; of several, the shortest body. Reads what disassemble() of compiler/compile.h
// writes ("0xADDRESS: INSTRUCTION") and llvm-objdump's notation ("INSTRUCTION // ADDRESS:
// ENCODING"); in both a branch carries its distance in dwords.
//
// Promises: total on any text. Does not: know trip counts, or follow branches inside the body (both
// sides of one are counted).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

enum class InstructionClass : std::uint8_t {
  kMfma,
  kValu,
  kSalu,
  kSmem,
  kLds,
  kVmem,
  kBranch,
  kWait,    // s_waitcnt
  kBarrier, // s_barrier
  kOther,   // s_nop, s_setprio, s_sleep, ...
};
inline constexpr std::size_t kInstructionClasses = 10;

std::string_view toString(InstructionClass instruction_class);
InstructionClass classify(std::string_view mnemonic);

struct Instruction {
  std::uint64_t address = 0;
  std::string mnemonic;
  std::string operands;
  std::optional<std::uint64_t> target; // of a branch
};

// The instructions of a disassembly; lines that are none (labels, headings) are skipped.
std::vector<Instruction> parseDisassembly(std::string_view text);

struct LoopMix {
  std::uint64_t begin = 0; // address of the first instruction of the body
  std::uint64_t end = 0;   // address after the branch back
  int count[kInstructionClasses] = {};
  // Of one wave (64 lanes) in one iteration.
  std::int64_t mfma_clocks = 0; // of a matrix core
  std::int64_t mfma_flops = 0;
  std::int64_t global_to_lds_bytes = 0; // loaded straight into LDS
  std::int64_t global_load_bytes = 0;   // loaded into registers
  std::int64_t global_store_bytes = 0;
  std::int64_t lds_read_bytes = 0;
  std::int64_t lds_write_bytes = 0; // by ds instructions
  std::vector<std::string> unknown; // mnemonics of memory or MFMA whose size is not known

  int operator[](InstructionClass c) const { return count[static_cast<std::size_t>(c)]; }
  int instructions() const;
};

// Nothing when there is no backward branch around an MFMA.
std::optional<LoopMix> findMainLoop(const std::vector<Instruction> &instructions);

} // namespace gemmsmith
