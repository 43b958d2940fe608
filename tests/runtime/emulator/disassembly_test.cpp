// Our decoder and its text beside LLVM's disassembler.
#include "runtime/emulator/decode.h"
#include "tests/runtime/emulator/encodings.h"
#include "tests/runtime/emulator/llvm_disassembler.h"

#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>

namespace gemmsmith::emulator {
namespace {

TEST(Disassembly, Dev) {
  LlvmDisassembler llvm;
  int n = std::atoi(getenv("N") ? getenv("N") : "300");
  std::mt19937_64 random(static_cast<unsigned>(std::atoi(getenv("SEED") ? getenv("SEED") : "1")));
  std::map<std::string, std::pair<int, std::string>> bad;
  long total = 0, valid = 0, wrong = 0;
  auto bump = [&](std::string kind, std::string example) {
    auto &[count, text] = bad[kind];
    if (!count++)
      text = example;
    ++wrong;
  };
  for (const Encoding &encoding : encodings())
    for (std::uint32_t opcode = 0; opcode < encoding.opcodes; ++opcode)
      for (int k = 0; k < n; ++k) {
        Words words = randomWords(encoding, opcode, random);
        if (killsLlvm(words))
          continue;
        ++total;
        Instruction i = decode(words);
        unsigned dwords = llvm.decode(words);
        std::string theirs = dwords ? llvm.text() : "";
        if (theirs.find("/*") != std::string::npos)
          dwords = 0;
        std::string at = fmt::format("{:08x} {:08x} {:08x} {:08x}", words[0], words[1], words[2], words[3]);
        if (!i.mnemonic && !dwords)
          continue;
        valid += dwords != 0;
        if (!i.mnemonic)
          bump(fmt::format("{} {} MISSING", encoding.name, opcode), at + " " + theirs);
        else if (!dwords)
          bump(fmt::format("{} {} EXTRA", encoding.name, opcode), at + " " + text(i) + "  <> " + theirs);
        else if (i.dwords != dwords)
          bump(fmt::format("{} {} SIZE", encoding.name, opcode), at + " " + text(i) + "  <> " + theirs);
        else if (text(i) != theirs)
          bump(fmt::format("{} {} TEXT", encoding.name, opcode), at + "\n   ours   " + text(i) + "\n   theirs " + theirs);
      }
  for (auto &[kind, e] : bad)
    printf("%s %d: %s\n", kind.c_str(), e.first, e.second.c_str());
  printf("total %ld valid %ld wrong %ld\n", total, valid, wrong);
}

} // namespace
} // namespace gemmsmith::emulator
