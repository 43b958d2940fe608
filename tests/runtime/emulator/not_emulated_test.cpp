// The README's table of instructions that are decoded but not executed is what the tables say.
#include "runtime/emulator/opcode_tables.h"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

namespace gemmsmith::emulator {
namespace {

constexpr const char *kBegin = "<!-- not emulated: begin -->\n",
                     *kEnd = "<!-- not emulated: end -->\n";

struct Family {
  const char *encoding;
  Format format;
};
constexpr Family kFamilies[] = {
    {"SOP1", Format::kSop1},       {"SOP2", Format::kSop2},     {"SOPK", Format::kSopk},
    {"SOPC", Format::kSopc},       {"SOPP", Format::kSopp},     {"SMEM", Format::kSmem},
    {"VOP1", Format::kVop1},       {"VOP2", Format::kVop2},     {"VOPC", Format::kVopc},
    {"VOP3", Format::kVop3},       {"VOP3P", Format::kVop3p},   {"DS", Format::kDs},
    {"MUBUF", Format::kMubuf},     {"MTBUF", Format::kMtbuf},   {"FLAT", Format::kFlat},
    {"SCRATCH", Format::kScratch}, {"GLOBAL", Format::kGlobal},
};

std::string table() {
  std::string result = "| encoding | instructions |\n|---|---|\n";
  for (const auto &[encoding, format] : kFamilies) {
    std::string names;
    for (std::uint32_t opcode = 0; opcode < 1024; ++opcode) {
      KnownOpcode known = findOpcode(format, opcode);
      if (known.entry && !known.semantics)
        names += fmt::format("{}`{}`", names.empty() ? "" : " ", known.entry->mnemonic);
    }
    if (!names.empty())
      result += fmt::format("| {} | {} |\n", encoding, names);
  }
  return result;
}

// GEMMSMITH_UPDATE_README=1 writes the table instead.
TEST(NotEmulated, IsListedInTheReadme) {
  std::ifstream in(EMULATOR_README);
  ASSERT_TRUE(in) << EMULATOR_README;
  std::stringstream contents;
  contents << in.rdbuf();
  std::string readme = contents.str();
  std::size_t begin = readme.find(kBegin), end = readme.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  begin += std::string(kBegin).size();
  std::string listed = readme.substr(begin, end - begin), expected = table();
  if (std::getenv("GEMMSMITH_UPDATE_README") && listed != expected) {
    std::ofstream(EMULATOR_README) << readme.replace(begin, end - begin, expected);
    return;
  }
  EXPECT_EQ(listed, expected) << "run this test with GEMMSMITH_UPDATE_README=1";
}

} // namespace
} // namespace gemmsmith::emulator
