// Our decoder beside LLVM's disassembler: the same mnemonics at the same addresses.
#include "runtime/emulator/decode.h"

#include "runtime/code_object.h"
#include "runtime/emulator/semantics.h"
#include "tests/runtime/emulator/test_objects.h"

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <sstream>

namespace gemmsmith::emulator {
namespace {

// LLVM marks the encoding in the name where several would do.
std::string plain(std::string name) {
  for (const char *suffix : {"_e32", "_e64", "_dpp", "_sdwa"})
    if (name.ends_with(suffix))
      name.resize(name.size() - 4 - (suffix[1] == 's'));
  return name;
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
        std::string theirs;
        std::istringstream(line) >> theirs;
        auto at = object->bytesAt(address);
        std::vector<std::uint32_t> words(std::min<std::size_t>(at.size() / 4, 4));
        std::memcpy(words.data(), at.data(), words.size() * 4);
        Instruction i = decode(words);
        ASSERT_NE(i.mnemonic, nullptr) << line;
        ASSERT_EQ(i.mnemonic, plain(theirs)) << line;
        ASSERT_NE(i.execute, nullptr) << i.mnemonic << " is not emulated: " << line;
        ++compared;
      }
      EXPECT_GT(compared, 50) << name;
    }
}

// Random instruction words: what LLVM names, we give the same name, or say that we do not know it;
// what LLVM refuses we may read, since it also checks operands.
TEST(Decode, AgreesWithLlvmOnRandomWords) {
  std::mt19937 random(5);
  constexpr std::uint32_t kPrefixes[] = {0xc0000000, 0xd0000000, 0xd1000000, 0xd2000000,
                                         0xd3800000, 0xd8000000, 0xe0000000, 0xdc000000,
                                         0x80000000, 0xbe800000, 0xbf000000, 0xbf800000,
                                         0xb0000000, 0x7e000000, 0x7c000000, 0x00000000};
  constexpr int kWords = 20000;
  std::vector<std::uint32_t> words;
  std::map<std::uint32_t, std::string> texts; // by prefix: llvm-mc dies of some words
  for (int n = 0; n < kWords; ++n) {
    std::uint32_t prefix = kPrefixes[static_cast<std::size_t>(n) % 16];
    std::uint32_t w =
        prefix | (static_cast<std::uint32_t>(random()) & (prefix == 0           ? 0x7fffffffu
                                                          : prefix < 0xc0000000 ? 0x01ffffffu
                                                                                : 0x03ffffffu));
    std::uint32_t v = static_cast<std::uint32_t>(random());
    words.push_back(w);
    words.push_back(v);
    for (std::uint32_t x : {w, v, 0u, 0u})
      texts[prefix] += fmt::format("0x{:02x} 0x{:02x} 0x{:02x} 0x{:02x} ", x & 255, x >> 8 & 255,
                                   x >> 16 & 255, x >> 24);
    texts[prefix] += "\n";
  }
  std::map<std::uint64_t, std::string> theirs; // by encoded words
  for (const auto &[prefix, text] : texts) {
    std::string path = temporaryPath(".txt");
    writeFile(path, text);
    // Each line of ours starts with its first instruction; what follows decodes to others, told
    // apart by the encoding comment.
    std::istringstream lines(
        outputOf(fmt::format("({} -disassemble -triple=amdgcn-amd-amdhsa -mcpu=gfx950 "
                             "--show-encoding {} 2>/dev/null; true)",
                             LLVM_MC, path)));
    std::string line;
    while (std::getline(lines, line)) {
      auto at = line.find("encoding: [");
      if (at == std::string::npos || line.find("Invalid") != std::string::npos)
        continue;
      std::vector<std::uint32_t> bytes;
      std::istringstream list(line.substr(at + 11));
      std::string item;
      while (std::getline(list, item, ','))
        bytes.push_back(static_cast<std::uint32_t>(std::strtoul(item.c_str(), nullptr, 16)));
      if (bytes.size() < 4)
        continue;
      std::uint64_t key = 0;
      for (std::size_t b = 0; b < 8; ++b)
        key |= std::uint64_t{b < bytes.size() ? bytes[b] : 0} << 8 * b;
      std::string name;
      std::istringstream(line) >> name;
      theirs[key] = plain(name);
    }
  }
  int compared = 0;
  for (std::size_t n = 0; n < words.size(); n += 2) {
    std::uint32_t window[4] = {words[n], words[n + 1], 0, 0};
    Instruction i = decode(window);
    if (!i.mnemonic || i.dwords > 2)
      continue;
    std::uint64_t key = window[0] | (i.dwords == 2 ? std::uint64_t{window[1]} << 32 : 0);
    auto it = theirs.find(key);
    if (it == theirs.end())
      continue;
    EXPECT_EQ(i.mnemonic, it->second) << fmt::format("{:#010x} {:#010x}", window[0], window[1]);
    ++compared;
  }
  EXPECT_GT(compared, kWords / 10);
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
