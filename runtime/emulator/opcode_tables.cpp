// From lists of opcodes to tables by number.
#include "runtime/emulator/opcode_tables.h"

#include <array>
#include <cstddef>

namespace gemmsmith::emulator {
namespace {

constexpr std::size_t kFormats = static_cast<std::size_t>(Format::kGlobal) + 1;
// The longest opcode field is VOP3's: 10 bits.
using Table = std::array<KnownOpcode, 1024>;

std::array<Table, kFormats> makeTables() {
  std::array<Table, kFormats> tables{};
  for (std::size_t f = 0; f < kFormats; ++f)
    for (auto list : {scalarOpcodes, vectorOpcodes, vop3Opcodes, memoryOpcodes})
      for (const Opcode &opcode : list(static_cast<Format>(f)))
        tables[f][opcode.number] = {&opcode, findSemantics(opcode.mnemonic)};
  return tables;
}

} // namespace

KnownOpcode findOpcode(Format format, std::uint32_t number) {
  static const std::array<Table, kFormats> tables = makeTables();
  const Table &table = tables[static_cast<std::size_t>(format)];
  return number < table.size() ? table[number] : KnownOpcode{};
}

} // namespace gemmsmith::emulator
