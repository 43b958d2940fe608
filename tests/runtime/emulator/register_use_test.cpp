// Which registers an instruction reads and writes, beside LLVM's operand tables.
#include "runtime/emulator/decode.h"
#include "runtime/emulator/opcode_tables.h"
#include "runtime/emulator/operands.h"
#include "tests/runtime/emulator/encodings.h"
#include "tests/runtime/emulator/llvm_disassembler.h"

#include <gtest/gtest.h>
#include <set>

namespace gemmsmith::emulator {
namespace {

using Registers = std::set<unsigned>;

Registers registersIn(std::span<const RegisterRange> ranges) {
  Registers set;
  for (const RegisterRange &range : ranges)
    for (unsigned r = 0; r < range.count; ++r)
      set.insert(range.first + r);
  return set;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Where LLVM's tables say something else than what the hardware does with the registers.
void reconcile(const Instruction &i, Registers &reads, Registers &writes) {
  std::string_view name = i.mnemonic;
  auto drop = [](Registers &set, std::uint16_t first, unsigned count) {
    for (unsigned r = 0; r < count; ++r)
      set.erase(first + r);
  };
  auto add = [](Registers &set, std::uint16_t first, unsigned count) {
    for (unsigned r = 0; r < count; ++r)
      set.insert(first + r);
  };
  // Uses that keep LLVM from moving instructions over writes of EXEC.
  if (contains(name, "mfma") || contains(name, "sendmsg"))
    drop(reads, kExecLo, 2);
  // LDS needs M0 before GFX9 only, and where it holds an address.
  if (i.format == Format::kDs && !i.operands->m0)
    drop(reads, kM0, 1);
  // Bits of the destination that stay.
  if (contains(name, "bitset") || contains(name, "sr_pk_fp4") || name == "v_pk_fmac_f16" ||
      (i.format >= Format::kFlat && contains(name, "_d16") && contains(name, "load")))
    add(reads, i.dst, i.dst == kNull ? 0 : i.operands->results[0].dwords);
  if (contains(name, "gpr_idx_mode"))
    add(reads, kM0, 1);
  // The value returned replaces the first half of the two operands.
  if (contains(name, "atomic_cmpswap") && i.sc0) {
    std::uint16_t words = i.operands->results[0].dwords;
    drop(writes, static_cast<std::uint16_t>(i.dst + words), words);
  }
}

struct Case {
  Words words;
  Instruction instruction;
};

// Words that both decoders take, of one opcode.
std::vector<Case> validCases(LlvmDisassembler &llvm, const Encoding &encoding, std::uint32_t opcode,
                             std::mt19937_64 &random) {
  std::vector<Case> cases;
  for (int n = 0; n < 400; ++n) {
    Words words = randomWords(encoding, opcode, random);
    Instruction i = decode(words);
    if (!killsLlvm(words) && i.mnemonic && llvm.decode(words) == i.dwords &&
        !contains(llvm.text(), "Invalid"))
      cases.push_back({words, i});
  }
  return cases;
}

TEST(RegisterUse, IsWhatLlvmsOperandTablesSay) {
  LlvmDisassembler llvm;
  std::mt19937_64 random(1);
  for (const Encoding &encoding : encodings())
    for (std::uint32_t opcode = 0; opcode < encoding.opcodes; ++opcode) {
      std::vector<Case> cases = validCases(llvm, encoding, opcode, random);
      if (findOpcode(encoding.format, opcode).entry) {
        EXPECT_FALSE(cases.empty()) << encoding.name << ' ' << opcode;
      }
      for (const auto &[words, i] : cases) {
        llvm.decode(words);
        LlvmRegisters theirs = llvm.registers();
        Registers reads = registersIn(theirs.reads), writes = registersIn(theirs.writes);
        // DPP ties the old destination, for lanes that it does not write, as if EXEC excluded them.
        if (!i.dpp || i.operands->sources[2].kind == OperandShape::Kind::kDestination)
          reads.merge(registersIn(theirs.tied));
        // To LLVM the indexed destination of s_movreld is a source.
        if (contains(i.mnemonic, "movreld")) {
          std::size_t destinations = i.dst == kNull ? 0 : 1;
          writes = registersIn(std::span(theirs.reads).first(destinations));
          reads = registersIn(std::span(theirs.reads).subspan(destinations));
        }
        reconcile(i, reads, writes);
        RegisterUse use = registerUse(i);
        EXPECT_EQ(registersIn(use.reads()), reads) << llvm.text();
        EXPECT_EQ(registersIn(use.writes()), writes) << llvm.text();
      }
      if (HasFailure())
        FAIL() << encoding.name << ' ' << opcode; // one opcode at a time
    }
}

} // namespace
} // namespace gemmsmith::emulator
