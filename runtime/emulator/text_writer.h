// The text of one instruction while it is written; its methods are spread over files by encoding:
// text_scalar.cpp, text_vector.cpp, text_memory.cpp. Callers want text() of decode.h.
#pragma once

#include "runtime/emulator/instruction.h"
#include "runtime/emulator/opcode_entries.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gemmsmith::emulator {

class TextWriter {
public:
  explicit TextWriter(const Instruction &instruction)
      : i_(instruction), o_(*instruction.operands), text_(instruction.mnemonic) {}

  std::string run();

private:
  // Parts of the line: ", item" (" item" for the first), " item", and " item" if `set`.
  void operand(std::string_view item);
  void modifier(std::string_view item);
  void flag(bool set, std::string_view item);

  // instruction_text.cpp: operands
  std::string registers(std::uint16_t code, unsigned dwords) const;
  std::string constant(std::uint16_t code, const OperandShape &shape) const;
  std::string source(int s) const; // src[s], without modifiers
  std::string offset(std::int64_t value) const;
  std::string literal(const OperandShape &shape) const;
  static std::string immediate(std::uint32_t value); // as an inline constant if it is one

  // text_scalar.cpp
  void scalar();
  void scalarConstant();
  void scalarMemory();

  // text_vector.cpp
  void vector();
  void suffix();
  void results();
  void sources();
  std::string modified(int s) const;
  void opSel();
  void dpp();
  void sdwa();
  void packed();
  void matrix();

  // text_memory.cpp
  void lds();
  void buffer();
  void flat();
  void cachePolicy();

  const Instruction &i_;
  const Operands &o_;
  std::string text_;
  bool first_ = true;
};

} // namespace gemmsmith::emulator
