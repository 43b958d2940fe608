// Decoding of whole kernels, and of words that nobody assembled. Single instructions are compared
// with LLVM's disassembler in process, by test_emulator_decode.
#include "runtime/emulator/decode.h"

#include "runtime/code_object.h"
#include "tests/runtime/emulator/test_objects.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

namespace gemmsmith::emulator {
namespace {

// "  v_mov_b32_e32 v5, v4   // …" without the comment and what surrounds it.
std::string instructionOf(const std::string &line, std::size_t comment) {
  std::size_t first = line.find_first_not_of(" \t");
  return line.substr(first, line.find_last_not_of(" \t", comment - 1) - first + 1);
}

TEST(Decode, AgreesWithLlvmOnTheTextOfCompiledKernels) {
  for (const char *name : {"basics", "gemm", "split"})
    for (int level : {0, 1, 3}) {
      auto bytes = compiledKernels(name, level);
      auto object = parseCodeObject(bytes);
      ASSERT_TRUE(object);
      std::istringstream lines(
          outputOf(fmt::format("{} -d {}/{}_O{}.co", LLVM_OBJDUMP, EMULATOR_OBJECTS, name, level)));
      std::string line;
      int compared = 0;
      while (std::getline(lines, line)) {
        auto comment = line.find("// ");
        if (comment == std::string::npos)
          continue;
        std::uint64_t address = std::stoull(line.substr(comment + 3, 12), nullptr, 16);
        auto at = object->bytesAt(address);
        std::vector<std::uint32_t> words(std::min<std::size_t>(at.size() / 4, 4));
        std::memcpy(words.data(), at.data(), words.size() * 4);
        Instruction i = decode(words);
        ASSERT_NE(i.mnemonic, nullptr) << line;
        ASSERT_EQ(text(i), instructionOf(line, comment));
        ASSERT_NE(i.execute, nullptr) << i.mnemonic << " is not emulated: " << line;
        ++compared;
      }
      EXPECT_GT(compared, 50) << name;
    }
}

TEST(Decode, InstructionsCutOffAtTheEndAreNone) {
  const std::uint32_t two_dwords[] = {0xd1340000, 0x00020100};                     // v_add_u32_e64
  const std::uint32_t literal[] = {0xbe8000ff, 0x12345678};                        // s_mov_b32
  const std::uint32_t scaled[] = {0xd3ac0000, 0x00022b14, 0xd3ad0800, 0x04021904}; // v_mfma_scale_*
  EXPECT_EQ(decode(two_dwords).dwords, 2);
  EXPECT_EQ(decode(std::span(two_dwords).first(1)).mnemonic, nullptr);
  EXPECT_EQ(decode(literal).dwords, 2);
  EXPECT_EQ(decode(std::span(literal).first(1)).mnemonic, nullptr);
  EXPECT_EQ(decode(scaled).dwords, 4);
  EXPECT_STREQ(decode(std::span(scaled).first(3)).mnemonic, "v_mfma_ld_scale_b32");
}

TEST(Decode, ScaledMatrixInstructionIsOneInstruction) {
  const std::uint32_t words[] = {0xd3ac1000, 0x08022b14, 0xd3ad0800, 0x44021904};
  Instruction i = decode(words);
  EXPECT_EQ(text(i),
            "v_mfma_scale_f32_16x16x128_f8f6f4 v[0:3], v[4:11], v[12:17], v[0:3], v20, v21 "
            "op_sel:[0,1,0] op_sel_hi:[1,0,0] blgp:2");
  EXPECT_EQ(i.scale[0], kVgpr + 20);
  EXPECT_EQ(i.scale[1], kVgpr + 21);
  EXPECT_EQ(i.scale_select, 2);
  EXPECT_EQ(i.scale_select_hi, 1);
  EXPECT_EQ(i.dwords, 4);
}

TEST(Decode, NoRandomWordsCrashTheDecoderOrItsText) {
  std::mt19937 random(9);
  std::vector<std::uint32_t> words(100000);
  for (auto &w : words)
    w = static_cast<std::uint32_t>(random());
  for (const Instruction &i : decodeAll(words))
    EXPECT_FALSE(text(i).empty());
}

} // namespace
} // namespace gemmsmith::emulator
