// Whether the fields of an instruction name operands that its opcode takes (CDNA4 ISA 5.2, 6.2).
#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_entries.h"
#include "runtime/emulator/operands.h"

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

constexpr std::uint16_t kScalarRegisters = 102, kTrapFirst = 108, kTrapLast = 123;

// Tuples of vector registers start at even numbers (CDNA4 ISA 3.6.4). Those of scalar registers
// start at multiples of 2 or 4; like LLVM's disassembler, we take the field's low bits as zero.
bool fitRegisters(std::uint16_t &code, unsigned dwords) {
  if (code >= kVgpr) {
    unsigned r = (code - kVgpr) % 256u;
    return r + dwords <= 256 && (dwords == 1 || r % 2 == 0);
  }
  if (code >= 128)
    return false;
  if (dwords == 1)
    return true;
  unsigned mask = dwords == 2 ? ~1u : ~3u;
  if (code < kScalarRegisters) {
    code = static_cast<std::uint16_t>(code & mask);
    return code + dwords <= kScalarRegisters;
  }
  if (code >= kTrapFirst && code <= kTrapLast) {
    code = static_cast<std::uint16_t>(kTrapFirst + ((code - kTrapFirst) & mask));
    return code + dwords <= kTrapLast + 1u;
  }
  return code == kNull || (dwords == 2 && code != kM0 && code % 2 == 0);
}

bool isConstant(std::uint16_t code) {
  return (code >= 128 && code <= 208) || (code >= 240 && code <= 248) || code == kLiteral;
}

// Readable by SALU and VALU though no register or constant; 230 and 231 are known to LLVM only.
bool isSpecialSource(std::uint16_t code, unsigned dwords = 1) {
  return code == 230 || (code == 231 && dwords == 1) || (code >= kSharedBase && code <= 239) ||
         (code >= kVccz && code <= kSccCode);
}

// For operands that may be constants, but no literals.
bool isScalarSource(std::uint16_t code) {
  return code < 128 || (isConstant(code) && code != kLiteral) || isSpecialSource(code);
}

bool fitSource(std::uint16_t &code, const OperandShape &shape, unsigned dwords) {
  bool vector = code >= kVgpr && code < kAgpr, scalar = code < 128;
  switch (shape.kind) {
  case Kind::kVgpr:
    return vector && fitRegisters(code, dwords);
  case Kind::kAgpr:
    return code >= kAgpr && fitRegisters(code, dwords);
  case Kind::kEither:
    return code >= kVgpr && fitRegisters(code, dwords);
  case Kind::kMatrix:
    return (isConstant(code) && code != kLiteral) || (code >= kVgpr && fitRegisters(code, dwords));
  case Kind::kSgpr:
    return scalar ? fitRegisters(code, dwords) : isSpecialSource(code, dwords);
  case Kind::kScalar:
    return scalar ? fitRegisters(code, dwords) : isScalarSource(code);
  default:
    return (vector || scalar) ? fitRegisters(code, dwords)
                              : isConstant(code) || isSpecialSource(code, dwords);
  }
}

bool isRegister(std::uint16_t code) {
  return code < 128 || code >= kVgpr;
}

// LDS_DIRECT, which these chips only know the name of: 32-bit operands of VALU instructions.
bool takesLdsDirect(const Instruction &i, const OperandShape &shape) {
  if (i.format < Format::kVop1 || shape.dwords != 1 || i.sdwa)
    return false;
  bool reads_lane = i.operands->results[0].kind == Kind::kSgpr && shape.kind == Kind::kVgpr;
  return reads_lane || (shape.kind >= Kind::kBits && shape.kind <= Kind::kMix);
}

bool fitResult(std::uint16_t &code, const OperandShape &shape) {
  return code == kNoOperand || shape.dwords == 0 ||
         (isRegister(code) && fitSource(code, shape, shape.dwords));
}

} // namespace

bool Decoder::operandsFit() {
  const Operands &o = *i_.operands;
  switch (i_.format) {
  case Format::kSopp:
    // Only some opcodes look at the 16 bits.
    return o.immediate || i_.offset == 0;
  case Format::kSopk:
    return fitResult(i_.dst, o.results[0]) &&
           (o.sources[0].dwords == 0 || fitResult(i_.dst, o.sources[0]));
  case Format::kSmem:
  case Format::kDs:
  case Format::kMubuf:
  case Format::kMtbuf:
  case Format::kFlat:
  case Format::kScratch:
  case Format::kGlobal:
    return memoryOperandsFit();
  case Format::kVop1:
  case Format::kVop2:
  case Format::kVopc:
    if ((i_.dpp && !dppFits()) || (i_.sdwa && !sdwaFits()))
      return false;
    break;
  case Format::kVop3:
    if (!vop3ModifiersFit())
      return false;
    break;
  case Format::kVop3p:
    if (!vop3pModifiersFit())
      return false;
    break;
  default:
    break;
  }
  for (std::uint16_t scale : i_.scale)
    if (scale < kVgpr)
      return false;
  if (i_.format == Format::kVop3 && o.no_vop3)
    return false;
  if (!fitResult(i_.dst, o.results[0]) || (i_.sdst != kNoOperand && !fitRegisters(i_.sdst, 2)))
    return false;
  for (int s = 0; s < 3; ++s) {
    const OperandShape &shape = o.sources[static_cast<std::size_t>(s)];
    if (i_.src[s] == kNoOperand || shape.dwords == 0 || shape.kind == Kind::kDestination)
      continue;
    auto dwords = static_cast<unsigned>(sourceDwords(i_, s));
    if (i_.src[s] == kLdsDirect && takesLdsDirect(i_, shape))
      continue;
    // VOP3 and VOP3P take no literal on CDNA (CDNA4 ISA 6.2.1).
    if (i_.src[s] == kLiteral && i_.format >= Format::kVop3)
      return false;
    if (!fitSource(i_.src[s], shape, dwords))
      return false;
  }
  // v_readlane_b32 and v_readfirstlane_b32 do not write M0.
  if (i_.format >= Format::kVop1 && o.results[0].kind == Kind::kSgpr && i_.dst == kM0)
    return false;
  // Opcodes without operands.
  bool none = !o.results[0].dwords && !o.sources[0].dwords;
  return !none || (i_.format != Format::kVop1 && i_.format != Format::kVop3) || i_.dst == kVgpr;
}

// Neg and abs bits of both sources, for DPP and SDWA.
bool Decoder::modifiersFit(bool sdwa) {
  using Modifiers = OperandShape::Modifiers;
  unsigned meaningful = 0;
  for (unsigned s = 0; s < 2; ++s) {
    const OperandShape &shape = i_.operands->sources[s];
    bool present = shape.dwords && shape.kind != Kind::kDestination;
    bool integer = shape.modifiers != Modifiers::kFloat;
    bool set = (i_.negate | i_.absolute) >> s & 1;
    if (set && (!present || shape.modifiers == Modifiers::kNone || (sdwa && integer)))
      return false;
    if (i_.sdwa_control.sign_extend[s] && (!present || !integer))
      return false;
    bool packed = shape.kind == Kind::kPackedFloat; // v_pk_fmac_f16 takes none as SDWA
    meaningful |= static_cast<unsigned>(!integer && !(sdwa && packed)) << s;
  }
  i_.negate = static_cast<std::uint8_t>(i_.negate & meaningful);
  i_.absolute = static_cast<std::uint8_t>(i_.absolute & meaningful);
  return true;
}

// DPP (CDNA4 ISA 13.3.9): controls that exist; for double precision row_newbcast is the only one.
bool Decoder::dppFits() {
  const Operands &o = *i_.operands;
  if (i_.format == Format::kVopc || o.sources[0].kind == Kind::kVgpr ||
      o.sources[0].kind == Kind::kAgpr)
    return false;
  unsigned c = i_.dpp_control.control;
  bool broadcast = c >= 0x150 && c <= 0x15f;
  bool wide = o.results[0].dwords == 2 || o.sources[0].dwords == 2;
  bool known = c <= 0xff || (c >= 0x101 && c <= 0x12f && c % 16 != 0) || c == 0x130 || c == 0x134 ||
               c == 0x138 || c == 0x13c || (c >= 0x140 && c <= 0x143) || broadcast;
  return known && (!wide || broadcast) && modifiersFit(false);
}

// SDWA (CDNA4 ISA 13.3.7): no 64-bit operands, and none of the destination as a source.
bool Decoder::sdwaFits() {
  const Operands &o = *i_.operands;
  const Sdwa &s = i_.sdwa_control;
  if (o.sources[0].kind == Kind::kVgpr || o.sources[0].kind == Kind::kAgpr)
    return false;
  if (i_.format != Format::kVopc && o.results[0].dwords == 2 &&
      o.results[0].kind != Kind::kPackedBits)
    return false;
  for (const OperandShape &shape : o.sources)
    if ((shape.kind == Kind::kDestination && !o.sdwa) ||
        (shape.dwords == 2 && shape.kind != Kind::kSgpr))
      return false;
  if (s.select[0] == 7 || s.select[1] == 7 || s.destination == 7 || s.unused == 3 ||
      i_.src[0] == kLiteral || i_.src[1] == kLiteral || i_.src[0] == kLdsDirect ||
      i_.src[1] == kLdsDirect)
    return false;
  if (o.no_dst_sel && s.destination != 6)
    return false;
  bool one = i_.format == Format::kVop1;
  if (one && (bits(words_[1], 26, 24) || bits(words_[1], 31, 31)))
    return false;
  return (!i_.omod || (o.omod && !o.no_sdwa_omod)) && modifiersFit(true);
}

// Bits of modifiers that the opcode does not have are 0. Those of the third source are left to
// chance by nobody, but the field of an absent source itself is not looked at.
bool Decoder::vop3ModifiersFit() {
  const Operands &o = *i_.operands;
  if (o.bitop3)
    return !i_.clamp && (o.op_sel || !i_.op_sel);
  unsigned allowed = 0, meaningful = 0;
  for (unsigned s = 0; s < 3; ++s) {
    const OperandShape &shape = o.sources[s];
    allowed |= static_cast<unsigned>(shape.modifiers != OperandShape::Modifiers::kNone) << s;
    meaningful |= static_cast<unsigned>(shape.modifiers == OperandShape::Modifiers::kFloat) << s;
  }
  if (o.op_sel_all)
    allowed |= 4;
  if ((i_.negate | i_.absolute) & ~allowed || (i_.clamp && !o.clamp) || (i_.omod && !o.omod))
    return false;
  i_.negate = static_cast<std::uint8_t>(i_.negate & meaningful);
  i_.absolute = static_cast<std::uint8_t>(i_.absolute & meaningful);
  bool three = o.op_sel_all || (o.sources[2].dwords && o.sources[2].kind != Kind::kDestination);
  if (o.op_sel)
    return three || !(i_.op_sel & 4);
  bool unused = o.op_sel_unused && (i_.op_sel & 4);
  if (!o.swap)
    i_.op_sel = 0;
  return !unused;
}

bool Decoder::vop3pModifiersFit() {
  const Operands &o = *i_.operands;
  std::uint32_t w = words_[0], v = words_[1];
  auto first = o.sources[0].kind;
  if (o.sources[2].kind == Kind::kMatrix)
    return !o.f8f6f4 || i_.abid == 0;
  if (o.sources[3].kind == Kind::kDestination && first == Kind::kEither) // v_smfmac
    return i_.blgp == 0;
  if (first == Kind::kAgpr || o.results[0].kind == Kind::kAgpr) // v_accvgpr
    return bits(w, 13, 8) == 0 && bits(v, 31, 29) == 0;
  if (first == Kind::kBits && o.sources[2].dwords) // v_dot4, v_dot8
    return i_.op_sel == 0;
  if (o.sources[2].dwords)
    return true;
  bool scale = o.results[0].dwords == 0;
  return !(i_.op_sel & 4) && !(i_.negate_high & 4) && !(i_.negate & 4) &&
         (!scale || (bits(w, 7, 0) == 0 && !i_.clamp));
}

bool Decoder::memoryOperandsFit() {
  switch (i_.format) {
  case Format::kSmem:
    return scalarMemoryFits();
  case Format::kDs:
    return ldsFits();
  case Format::kMubuf:
  case Format::kMtbuf:
    return bufferFits();
  default:
    return flatFits();
  }
}

bool Decoder::scalarMemoryFits() {
  const Operands &o = *i_.operands;
  bool based = false;
  // Data is neither M0 nor EXEC.
  bool data = o.results[0].dwords || o.sources[0].kind == Kind::kSgpr;
  if (data && (i_.dst == kM0 || i_.dst == kExecLo || i_.dst == kExecLo + 1))
    return false;
  for (const OperandShape &shape : o.sources) {
    based |= shape.kind == Kind::kBase;
    if (shape.dwords &&
        !fitRegisters(shape.kind == Kind::kBase ? i_.scalar_base : i_.dst, shape.dwords))
      return false;
  }
  if (!based && i_.immediate)
    return false;
  return o.results[0].dwords == 0 || fitRegisters(i_.dst, o.results[0].dwords);
}

bool Decoder::ldsFits() {
  const Operands &o = *i_.operands;
  std::uint32_t v = words_[1];
  if (o.results[0].dwords ? !fitRegisters(i_.dst, o.results[0].dwords) : bits(v, 31, 24) != 0)
    return false;
  std::uint16_t *fields[2] = {&i_.data, &i_.data2};
  int field = 0;
  bool address = o.gds && o.sources[0].dwords;
  for (const OperandShape &shape : o.sources) {
    address |= shape.kind == Kind::kVgpr;
    if (shape.kind == Kind::kEither && !fitRegisters(*fields[field++], shape.dwords))
      return false;
  }
  if (o.gds)
    field = 0;
  return (address || bits(v, 7, 0) == 0) && (field > 0 || bits(v, 15, 8) == 0) &&
         (field > 1 || bits(v, 23, 16) == 0) &&
         (o.results[0].dwords || o.sources[0].dwords ||
          (!bits(words_[0], 25, 25) && (o.gds || i_.offset == 0)));
}

bool Decoder::bufferFits() {
  const Operands &o = *i_.operands;
  if (!o.results[0].dwords && !o.sources[0].dwords) // cache control
    return !i_.lds && !i_.offen && !i_.idxen && i_.data < kAgpr;
  if (i_.lds && (!o.may_lds || i_.data >= kAgpr))
    return false;
  unsigned dwords = o.sources[0].kind == Kind::kEither ? o.sources[0].dwords : o.results[0].dwords;
  if (!i_.lds && !fitRegisters(i_.data, dwords))
    return false;
  return isScalarSource(i_.scalar_offset) && fitRegisters(i_.scalar_base, 4) &&
         (!i_.offen || !i_.idxen || fitRegisters(i_.address, 2));
}

bool Decoder::flatFits() {
  const Operands &o = *i_.operands;
  std::uint32_t w = words_[0], v = words_[1];
  bool atomic = o.results[0].dwords && o.sources[0].kind == Kind::kEither;
  if (o.lds && i_.data >= kAgpr)
    return false;
  if (o.results[0].dwords && (!atomic || i_.sc0) && !fitRegisters(i_.dst, o.results[0].dwords))
    return false;
  if (o.sources[0].kind == Kind::kEither && !fitRegisters(i_.data, o.sources[0].dwords))
    return false;
  if (i_.format == Format::kScratch)
    return true;
  if (bits(w, 13, 13) || (i_.format == Format::kFlat && bits(v, 22, 16)))
    return false;
  if (i_.scalar_base == kNoOperand)
    return fitRegisters(i_.address, 2);
  return (o.lds || i_.scalar_base != kExecLo) && fitRegisters(i_.scalar_base, 2);
}

} // namespace gemmsmith::emulator
