// One entry of the opcode tables: number, mnemonic, and what the operands are, in a notation that
// the compiler checks:
//
//   "v2 s2: f64 b32 =2; op_sel clamp omod"     results : sources ; what else the encoding may carry
//
//   vN sN aN  N registers: vector, scalar, accumulation      xN   vector or accumulation, by a bit
//   scN                 SGPRs or a constant
//   b16 b32 b64         a source of that many bits, a register or a constant
//   f16 bf16 f32 f64    the same, with the modifiers of floats (neg, abs); fvN: registers with them
//   i16 i32             the same, with modifiers that mean nothing
//   2xf16 2xi16 …       packed: two of them        mix  f16 or f32, by op_sel_hi
//   cN dN               the matrix C, N registers like the destination's, or a constant of 32, 64
//   bits =N                  the destination's N registers are read as well baseN SMEM's base
//   address (2) or buffer descriptor (4) imm                 a number where other opcodes have a
//   register
//
// op_sel, clamp, omod: VOP3 modifiers that the opcode has; "op_sel_all": with bits for three
// sources though it has two; "op_sel_unused": may have bits for two that mean nothing; "sdwa": has
// an SDWA form though its destination is a source; "no_dst_sel": SDWA writes whole registers;
// "no_vop3": has no VOP3 form; "no_sdwa_omod": has OMOD in VOP3 only; "bitop3": the fields of neg,
// abs and omod are a truth table. Sources stand in the order of the assembly; "swap": source 0 is
// written, too; "imm": SOPP with a number; "lds": loads into LDS only; "may_lds": does so if the
// LDS bit is set; "gds": a bit that must be set; "m0": reads M0; "set_m0", "exec": reads and writes
// M0, EXEC; "reads_exec"; "vcc": reads VCC though no field says so; "all_lanes": EXEC does not
// matter; "f8f6f4": the widths of A and B depend on CBSZ and BLGP.
#pragma once

#include "runtime/emulator/instruction.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace gemmsmith::emulator {

struct OperandShape {
  enum class Kind : std::uint8_t {
    kNone,
    kVgpr,
    kSgpr,
    kScalar, // SGPR or constant
    kAgpr,
    kEither, // VGPR or AGPR
    kBits,
    kFloat,
    kBfloat,
    kPackedBits,
    kPackedFloat,
    kPackedBfloat,
    kMix,
    kMatrix,
    kDestination,
    kBase,
    kImmediate,
  };
  enum class Modifiers : std::uint8_t { kNone, kIgnored, kFloat }; // neg and abs
  Kind kind = Kind::kNone;
  std::uint8_t bits = 32; // of an element
  std::uint8_t dwords = 0;
  Modifiers modifiers = Modifiers::kNone;
};

struct Operands {
  std::array<OperandShape, 2> results;
  std::array<OperandShape, 4> sources;
  bool op_sel = false, op_sel_all = false, op_sel_unused = false, bitop3 = false, sdwa = false,
       no_dst_sel = false, no_vop3 = false, no_sdwa_omod = false, clamp = false, omod = false,
       swap = false;
  bool immediate = false, lds = false, may_lds = false, gds = false, m0 = false, set_m0 = false,
       exec = false;
  bool reads_exec = false, vcc = false, all_lanes = false, f8f6f4 = false;
};

namespace detail {

consteval std::uint8_t parseNumber(std::string_view digits) {
  unsigned n = 0;
  for (char c : digits) {
    if (c < '0' || c > '9')
      throw "not a number";
    n = n * 10 + static_cast<unsigned>(c - '0');
  }
  if (digits.empty() || n > 64)
    throw "not a width";
  return static_cast<std::uint8_t>(n);
}

consteval OperandShape parseShape(std::string_view token) {
  using Kind = OperandShape::Kind;
  using Modifiers = OperandShape::Modifiers;
  if (token == "mix")
    return {Kind::kMix, 32, 1};
  if (token.starts_with("sc"))
    return {Kind::kScalar, 32, parseNumber(token.substr(2))};
  if (token == "imm")
    return {Kind::kImmediate, 32, 0};
  if (token.starts_with("base"))
    return {Kind::kBase, 32, parseNumber(token.substr(4))};
  if (token.starts_with("fv"))
    return {Kind::kVgpr, 32, parseNumber(token.substr(2)), Modifiers::kFloat};
  bool packed = token.starts_with("2x");
  if (packed)
    token.remove_prefix(2);
  std::string_view digits = token.substr(token.starts_with("bf") ? 2 : 1);
  std::uint8_t n = parseNumber(digits);
  auto element = [&](Kind single, Kind pair, Modifiers modifiers) {
    return OperandShape{packed ? pair : single, n,
                        static_cast<std::uint8_t>((packed ? 2 * n : n) <= 32 ? 1 : 2), modifiers};
  };
  if (token.starts_with("bf"))
    return element(Kind::kBfloat, Kind::kPackedBfloat, Modifiers::kFloat);
  switch (token[0]) {
  case 'v':
    return {Kind::kVgpr, 32, n};
  case 's':
    return {Kind::kSgpr, 32, n};
  case 'a':
    return {Kind::kAgpr, 32, n};
  case 'x':
    return {Kind::kEither, 32, n};
  case 'c':
    return {Kind::kMatrix, 32, n};
  case 'd':
    return {Kind::kMatrix, 64, n};
  case '=':
    return {Kind::kDestination, 32, n};
  case 'b':
    return element(Kind::kBits, Kind::kPackedBits, Modifiers::kNone);
  case 'i':
    return element(Kind::kBits, Kind::kPackedBits, Modifiers::kIgnored);
  case 'f':
    return element(Kind::kFloat, Kind::kPackedFloat, Modifiers::kFloat);
  default:
    throw "no such operand";
  }
}

consteval void parseFlag(Operands &operands, std::string_view token) {
  constexpr std::pair<std::string_view, bool Operands::*> kFlags[] = {
      {"op_sel", &Operands::op_sel},
      {"op_sel_all", &Operands::op_sel_all},
      {"op_sel_unused", &Operands::op_sel_unused},
      {"sdwa", &Operands::sdwa},
      {"no_dst_sel", &Operands::no_dst_sel},
      {"no_vop3", &Operands::no_vop3},
      {"no_sdwa_omod", &Operands::no_sdwa_omod},
      {"bitop3", &Operands::bitop3},
      {"clamp", &Operands::clamp},
      {"omod", &Operands::omod},
      {"imm", &Operands::immediate},
      {"swap", &Operands::swap},
      {"lds", &Operands::lds},
      {"may_lds", &Operands::may_lds},
      {"gds", &Operands::gds},
      {"m0", &Operands::m0},
      {"set_m0", &Operands::set_m0},
      {"reads_exec", &Operands::reads_exec},
      {"vcc", &Operands::vcc},
      {"all_lanes", &Operands::all_lanes},
      {"f8f6f4", &Operands::f8f6f4},
      {"exec", &Operands::exec},
  };
  for (const auto &[name, flag] : kFlags)
    if (token == name) {
      operands.*flag = true;
      operands.op_sel = operands.op_sel || operands.op_sel_all;
      return;
    }
  throw "no such flag";
}

consteval Operands parseOperands(std::string_view text) {
  Operands operands;
  enum { kResults, kSources, kFlags } part = kResults;
  std::size_t n = 0;
  while (!text.empty()) {
    std::size_t end = text.find_first_of(" :;");
    std::string_view token = text.substr(0, end);
    if (!token.empty()) {
      if (part == kResults)
        operands.results.at(n++) = parseShape(token);
      else if (part == kSources)
        operands.sources.at(n++) = parseShape(token);
      else
        parseFlag(operands, token);
    }
    if (end == std::string_view::npos)
      break;
    if (text[end] != ' ') {
      part = text[end] == ':' ? kSources : kFlags;
      n = 0;
    }
    text.remove_prefix(end + 1);
  }
  return operands;
}

} // namespace detail

struct Opcode {
  std::uint16_t number;
  const char *mnemonic;
  Operands operands;

  consteval Opcode(std::uint16_t number_, const char *mnemonic_, std::string_view operands_)
      : number(number_), mnemonic(mnemonic_), operands(detail::parseOperands(operands_)) {}
};

// The lists of which opcode_tables.cpp makes its tables. Each function knows some formats and
// returns nothing for the others.
std::span<const Opcode> scalarOpcodes(Format format); // opcodes_scalar.cpp
std::span<const Opcode> vectorOpcodes(Format format); // opcodes_vector.cpp
std::span<const Opcode> vop3Opcodes(Format format);   // opcodes_vop3.cpp
std::span<const Opcode> memoryOpcodes(Format format); // opcodes_memory.cpp

} // namespace gemmsmith::emulator
