// Instruction words to try a decoder on: each encoding of CDNA4 (ISA chapter 13), its fields, and
// values for them that are worth trying.
#pragma once

#include "runtime/emulator/instruction.h"

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace gemmsmith::emulator {

using Words = std::array<std::uint32_t, 4>;

enum class FieldKind : std::uint8_t { kSource, kVector, kScalar, kNumber };

struct Field {
  std::uint8_t word, low, width;
  FieldKind kind;
};

struct Encoding {
  const char *name;
  Format format;
  std::uint32_t prefix;      // the first word with opcode 0 and every field 0
  std::uint8_t opcode_low;   // position of the opcode field
  std::uint32_t opcodes;     // how many values it has
  std::vector<Field> fields; // all bits of the first two words besides prefix and opcode

  std::uint32_t firstWord(std::uint32_t opcode) const { return prefix | opcode << opcode_low; }
};

std::span<const Encoding> encodings();

// The encoding that the first word has; the last one if it has none.
const Encoding &encodingOf(const Words &words);

// Every edge value of a field, few enough to try them all.
std::vector<std::uint32_t> edgeValues(const Field &field);

// Random fields under that opcode: sparse, uniform or edge values, at random.
Words randomWords(const Encoding &encoding, std::uint32_t opcode, std::mt19937_64 &random);

void setField(Words &words, const Field &field, std::uint32_t value);

} // namespace gemmsmith::emulator
