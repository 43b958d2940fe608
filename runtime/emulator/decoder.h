// The state of decoding one instruction; its methods are spread over files by encoding:
// decode_scalar.cpp, decode_vector.cpp, decode_memory.cpp. Callers want decode.h.
#pragma once

#include "runtime/emulator/instruction.h"
#include "runtime/emulator/semantics.h"

#include <cstdint>
#include <span>

namespace gemmsmith::emulator {

constexpr std::uint32_t bits(std::uint32_t word, int high, int low) {
  return word >> low & ((std::uint32_t{1} << (high - low + 1)) - 1);
}

constexpr std::int64_t signExtend(std::uint32_t value, int width) {
  return static_cast<std::int64_t>(std::uint64_t{value} << (64 - width)) >> (64 - width);
}

inline std::uint16_t vgpr(std::uint32_t field) {
  return static_cast<std::uint16_t>(kVgpr + field);
}
inline std::uint16_t vgprOrAgpr(std::uint32_t field, bool accumulation) {
  return static_cast<std::uint16_t>((accumulation ? kAgpr : kVgpr) + field);
}
inline std::uint16_t toAgpr(std::uint16_t code) {
  return code >= kVgpr && code < kAgpr ? static_cast<std::uint16_t>(code + 256) : code;
}

class Decoder {
public:
  explicit Decoder(std::span<const std::uint32_t> words) : words_(words) {}

  Instruction run();

private:
  void name(Format format, std::uint32_t opcode);
  std::uint32_t second() const { return words_.size() > 1 ? words_[1] : 0; }
  void takeLiteral() {
    i_.literal = second();
    i_.dwords = 2;
  }
  void wide(std::uint32_t w); // encodings of two dwords

  // decode_scalar.cpp: SOP*, SMEM
  void scalar(std::uint32_t w);
  void smem(std::uint32_t w, std::uint32_t v);

  // decode_vector.cpp: VOP1, VOP2, VOPC, VOP3, VOP3P
  void vop12c(std::uint32_t w);
  void vop2Operands();
  void vectorResult(std::uint32_t field);
  void vop3(std::uint32_t w, std::uint32_t v);
  void vop3p(std::uint32_t w, std::uint32_t v);
  void matrix(std::uint32_t w, std::uint32_t v);
  void scaledMatrix();

  // decode_memory.cpp: DS, MUBUF, MTBUF, FLAT, SCRATCH, GLOBAL
  void ds(std::uint32_t w, std::uint32_t v);
  void mubuf(std::uint32_t w, std::uint32_t v);
  void mtbuf(std::uint32_t w, std::uint32_t v);
  void bufferFields(std::uint32_t w, std::uint32_t v);
  void flat(std::uint32_t w, std::uint32_t v);

  // decode_operands.cpp
  bool operandsFit();
  bool dppFits();
  bool sdwaFits();
  bool modifiersFit(bool sdwa);
  bool vop3ModifiersFit();
  bool vop3pModifiersFit();
  bool memoryOperandsFit();
  bool scalarMemoryFits();
  bool ldsFits();
  bool bufferFits();
  bool flatFits();

  std::span<const std::uint32_t> words_;
  Instruction i_;
  const Semantics *semantics_ = nullptr;
};

} // namespace gemmsmith::emulator
