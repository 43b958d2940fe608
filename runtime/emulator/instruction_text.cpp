// An instruction as text: what LLVM's disassembler prints for gfx950.
#include "runtime/emulator/decode.h"
#include "runtime/emulator/operands.h"
#include "runtime/emulator/text_writer.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

// The inline constants 240-248 (CDNA4 ISA 5.2): 0.5, 1, 2, 4 with either sign, and 1/2pi.
using FloatConstants = std::array<std::uint32_t, 9>;
constexpr FloatConstants kSingles = {0x3f000000, 0xbf000000, 0x3f800000, 0xbf800000, 0x40000000,
                                     0xc0000000, 0x40800000, 0xc0800000, 0x3e22f983};
constexpr FloatConstants kHalves = {0x3800, 0xb800, 0x3c00, 0xbc00, 0x4000,
                                    0xc000, 0x4400, 0xc400, 0x3118};
constexpr FloatConstants kBfloats = {0x3f00, 0xbf00, 0x3f80, 0xbf80, 0x4000,
                                     0xc000, 0x4080, 0xc080, 0x3e22};
constexpr std::array<std::string_view, 9> kFloatNames = {"0.5",  "-0.5", "1.0",  "-1.0",      "2.0",
                                                         "-2.0", "4.0",  "-4.0", "0.15915494"};

// Literals of double precision are the upper half of the number.
constexpr FloatConstants kDoubles = {0x3fe00000, 0xbfe00000, 0x3ff00000, 0xbff00000, 0x40000000,
                                     0xc0000000, 0x40100000, 0xc0100000, 0};
constexpr std::array<std::string_view, 9> kDoubleNames = {"0.5",  "-0.5", "1.0",  "-1.0", "2.0",
                                                          "-2.0", "4.0",  "-4.0", "0"};

bool isFloatConstant(std::uint32_t value, const FloatConstants &constants) {
  return std::find(constants.begin(), constants.end(), value) != constants.end();
}

std::string_view specialName(std::uint16_t code, unsigned dwords) {
  switch (code) {
  case 102:
    return dwords == 2 ? "flat_scratch" : "flat_scratch_lo";
  case 103:
    return "flat_scratch_hi";
  case 104:
    return dwords == 2 ? "xnack_mask" : "xnack_mask_lo";
  case 105:
    return "xnack_mask_hi";
  case kVccLo:
    return dwords == 2 ? "vcc" : "vcc_lo";
  case kVccLo + 1:
    return "vcc_hi";
  case kM0:
    return "m0";
  case kNull:
    return "null";
  case kExecLo:
    return dwords == 2 ? "exec" : "exec_lo";
  case kExecLo + 1:
    return "exec_hi";
  case 230:
    return "src_flat_scratch_base_lo";
  case 231:
    return "src_flat_scratch_base_hi";
  case kSharedBase:
    return "src_shared_base";
  case kSharedLimit:
    return "src_shared_limit";
  case kPrivateBase:
    return "src_private_base";
  case kPrivateLimit:
    return "src_private_limit";
  case 239:
    return "src_pops_exiting_wave_id";
  case kVccz:
    return "src_vccz";
  case kExecz:
    return "src_execz";
  case kSccCode:
    return "src_scc";
  case kLdsDirect:
    return "src_lds_direct";
  default:
    return "?";
  }
}

} // namespace

void TextWriter::operand(std::string_view item) {
  text_ += first_ ? " " : ", ";
  text_ += item;
  first_ = false;
}

void TextWriter::modifier(std::string_view item) {
  text_ += ' ';
  text_ += item;
}

void TextWriter::flag(bool set, std::string_view item) {
  if (set)
    modifier(item);
}

std::string TextWriter::registers(std::uint16_t code, unsigned dwords) const {
  auto range = [dwords](std::string_view file, int first) {
    return dwords == 1
               ? fmt::format("{}{}", file, first)
               : fmt::format("{}[{}:{}]", file, first, first + static_cast<int>(dwords) - 1);
  };
  if (code >= kAgpr)
    return range("a", code - kAgpr);
  if (code >= kVgpr)
    return range("v", code - kVgpr);
  if (code < 102)
    return range("s", code);
  if (code >= 108 && code < kM0)
    return range("ttmp", code - 108);
  return std::string(specialName(code, dwords));
}

std::string TextWriter::literal(const OperandShape &shape) const {
  std::uint32_t value = i_.literal;
  auto small = [](std::int64_t v) { return v >= -16 && v <= 64; };
  bool half = shape.bits == 16 && shape.dwords == 1;
  bool inlined = false;
  if (shape.bits == 64) {
    if (shape.kind == Kind::kFloat) { // the upper half of a double
      auto known = std::find(kDoubles.begin(), kDoubles.end(), value);
      return known == kDoubles.end()
                 ? fmt::format("{:#x}", value)
                 : std::string(kDoubleNames[static_cast<std::size_t>(known - kDoubles.begin())]);
    }
    inlined = small(value);
  } else if (shape.kind == Kind::kFloat && half) {
    inlined = small(static_cast<std::int16_t>(value)) || isFloatConstant(value & 0xffff, kHalves);
  } else if (shape.kind == Kind::kBfloat) {
    inlined = small(static_cast<std::int16_t>(value)) || isFloatConstant(value & 0xffff, kBfloats);
  } else {
    inlined = small(static_cast<std::int32_t>(value)) ||
              isFloatConstant(value, shape.kind == Kind::kPackedFloat    ? kHalves
                                     : shape.kind == Kind::kPackedBfloat ? kBfloats
                                                                         : kSingles);
  }
  // Marked where the value would fit an inline constant, which would be another encoding.
  if (inlined)
    return fmt::format("lit({:#x})", value);
  bool low = half && (shape.kind == Kind::kFloat || shape.kind == Kind::kBits);
  return fmt::format("{:#x}", low ? value & 0xffff : value);
}

std::string TextWriter::immediate(std::uint32_t value) {
  auto integer = static_cast<std::int32_t>(value);
  if (integer >= -16 && integer <= 64)
    return std::to_string(integer);
  for (std::size_t k = 0; k < kSingles.size(); ++k)
    if (value == kSingles[k])
      return std::string(kFloatNames[k]);
  return fmt::format("{:#x}", value);
}

std::string TextWriter::constant(std::uint16_t code, const OperandShape &shape) const {
  if (code == kLiteral)
    return literal(shape);
  if (code >= 128 && code <= 192)
    return std::to_string(code - 128);
  if (code >= 193 && code <= 208)
    return std::to_string(192 - code);
  std::size_t k = code - 240u;
  // 16-bit integers get the bits, which for other operands are those of a float.
  if (shape.kind == Kind::kBits && shape.bits == 16 &&
      shape.modifiers == OperandShape::Modifiers::kNone)
    return fmt::format("{:#x}", kHalves[k]);
  if (code == 248 && shape.bits == 64)
    return "0.15915494309189532";
  return std::string(kFloatNames[k]);
}

std::string TextWriter::source(int s) const {
  std::uint16_t code = i_.src[s];
  if ((code >= 128 && code <= 208) || (code >= 240 && code <= 248) || code == kLiteral)
    return constant(code, o_.sources[static_cast<std::size_t>(s)]);
  return registers(code, static_cast<unsigned>(sourceDwords(i_, s)));
}

std::string TextWriter::offset(std::int64_t value) const {
  return value < 0 ? fmt::format("-{:#x}", -value) : fmt::format("{:#x}", value);
}

std::string TextWriter::run() {
  switch (i_.format) {
  case Format::kSop1:
  case Format::kSop2:
  case Format::kSopk:
  case Format::kSopc:
  case Format::kSopp:
    scalar();
    break;
  case Format::kSmem:
    scalarMemory();
    break;
  case Format::kVop3p:
    packed();
    break;
  case Format::kDs:
    lds();
    break;
  case Format::kMubuf:
  case Format::kMtbuf:
    buffer();
    break;
  case Format::kFlat:
  case Format::kScratch:
  case Format::kGlobal:
    flat();
    break;
  default:
    vector();
  }
  return std::move(text_);
}

std::string text(const Instruction &instruction) {
  if (!instruction.mnemonic)
    return fmt::format("<{:#010x}>", instruction.words[0]);
  return TextWriter(instruction).run();
}

} // namespace gemmsmith::emulator
