// Decoding of VOP1, VOP2, VOPC, VOP3 and VOP3P, with DPP and SDWA (CDNA4 ISA 13.3).
#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_entries.h"

#include <utility>

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

// v_fmamk, v_fmaak, v_madmk, v_madak: a literal K is part of the instruction, as the second or the
// third source.
bool hasLiteralK(const Instruction &i) {
  return i.operands->no_vop3 && i.operands->sources[2].dwords;
}

// The matrix instruction that v_mfma_ld_scale_b32 belongs to has ABID 1.
constexpr std::uint16_t kLoadScale = 44;
bool startsScaledMatrix(std::uint32_t word) {
  std::uint32_t op = bits(word, 31, 16);
  return (op == 0xd3ad || op == 0xd3ae) && bits(word, 14, 11) == 1;
}

void decodeDpp(Instruction &i, std::uint32_t word) {
  i.dpp = true;
  i.src[0] = vgpr(bits(word, 7, 0));
  i.dpp_control.control = static_cast<std::uint16_t>(bits(word, 16, 8));
  i.dpp_control.bound_ctrl = bits(word, 19, 19) != 0;
  i.negate = static_cast<std::uint8_t>(bits(word, 20, 20) | bits(word, 22, 22) << 1);
  i.absolute = static_cast<std::uint8_t>(bits(word, 21, 21) | bits(word, 23, 23) << 1);
  i.dpp_control.bank_mask = static_cast<std::uint8_t>(bits(word, 27, 24));
  i.dpp_control.row_mask = static_cast<std::uint8_t>(bits(word, 31, 28));
}

void decodeSdwa(Instruction &i, std::uint32_t word, bool compare) {
  i.sdwa = true;
  Sdwa &s = i.sdwa_control;
  i.src[0] = static_cast<std::uint16_t>(bits(word, 7, 0) + (bits(word, 23, 23) ? 0 : kVgpr));
  if (i.src[1] != kNoOperand && bits(word, 31, 31))
    i.src[1] = static_cast<std::uint16_t>(i.src[1] - kVgpr);
  if (compare) {
    if (bits(word, 15, 15))
      i.sdst = static_cast<std::uint16_t>(bits(word, 14, 8));
  } else {
    s.destination = static_cast<std::uint8_t>(bits(word, 10, 8));
    s.unused = static_cast<std::uint8_t>(bits(word, 12, 11));
    i.clamp = bits(word, 13, 13) != 0;
    i.omod = static_cast<std::uint8_t>(bits(word, 15, 14));
  }
  s.select[0] = static_cast<std::uint8_t>(bits(word, 18, 16));
  s.sign_extend[0] = bits(word, 19, 19) != 0;
  s.select[1] = static_cast<std::uint8_t>(bits(word, 26, 24));
  s.sign_extend[1] = bits(word, 27, 27) != 0;
  i.negate = static_cast<std::uint8_t>(bits(word, 20, 20) | bits(word, 28, 28) << 1);
  i.absolute = static_cast<std::uint8_t>(bits(word, 21, 21) | bits(word, 29, 29) << 1);
}

} // namespace

void Decoder::vop12c(std::uint32_t w) {
  std::uint32_t op = bits(w, 30, 25);
  if (op == 0x3f)
    name(Format::kVop1, bits(w, 16, 9));
  else if (op == 0x3e)
    name(Format::kVopc, bits(w, 24, 17));
  else
    name(Format::kVop2, op);
  if (!i_.mnemonic)
    return;
  i_.src[0] = static_cast<std::uint16_t>(bits(w, 8, 0));
  if (i_.format != Format::kVop1)
    i_.src[1] = vgpr(bits(w, 16, 9));
  if (i_.format == Format::kVopc)
    i_.sdst = kVccLo;
  else
    vectorResult(bits(w, 24, 17));
  if (i_.format == Format::kVop2) {
    vop2Operands();
    if (hasLiteralK(i_)) {
      takeLiteral();
      i_.src[2] = kLiteral;
      if (op == 23 || op == 36) // v_fmamk, v_madmk
        std::swap(i_.src[1], i_.src[2]);
      return;
    }
  }
  if (!i_.operands->sources[0].dwords)
    return; // v_nop, v_clrexcp
  if (i_.src[0] == kLiteral) {
    takeLiteral();
  } else if (i_.src[0] == kDppCode) {
    i_.dwords = 2;
    decodeDpp(i_, second());
  } else if (i_.src[0] == kSdwaCode) {
    i_.dwords = 2;
    decodeSdwa(i_, second(), i_.format == Format::kVopc);
  }
}

// The destination field, and accumulation registers where the opcode has no others.
void Decoder::vectorResult(std::uint32_t field) {
  const Operands &o = *i_.operands;
  i_.dst = o.results[0].kind == Kind::kSgpr ? static_cast<std::uint16_t>(field) : vgpr(field);
  if (o.results[0].kind == Kind::kAgpr)
    i_.dst = toAgpr(i_.dst);
  if (o.sources[0].kind == Kind::kAgpr)
    i_.src[0] = toAgpr(i_.src[0]);
}

// Carries and the selection of v_cndmask_b32 are in VCC.
void Decoder::vop2Operands() {
  const Operands &o = *i_.operands;
  if (o.sources[2].kind == Kind::kDestination)
    i_.src[2] = i_.dst;
  if (o.sources[2].kind == Kind::kSgpr)
    i_.src[2] = kVccLo;
  if (o.results[1].dwords)
    i_.sdst = kVccLo;
}

void Decoder::vop3(std::uint32_t w, std::uint32_t v) {
  std::uint32_t op = bits(w, 25, 16);
  if (op < 256)
    name(Format::kVopc, op);
  else if (op < 320)
    name(Format::kVop2, op - 256);
  else if (op < 448)
    name(Format::kVop1, op - 320);
  else
    name(Format::kVop3, op);
  i_.format = Format::kVop3;
  i_.opcode = static_cast<std::uint16_t>(op);
  if (!i_.mnemonic)
    return;
  const Operands &o = *i_.operands;
  i_.src[0] = static_cast<std::uint16_t>(bits(v, 8, 0));
  i_.src[1] = static_cast<std::uint16_t>(bits(v, 17, 9));
  i_.src[2] = static_cast<std::uint16_t>(bits(v, 26, 18));
  i_.omod = static_cast<std::uint8_t>(bits(v, 28, 27));
  i_.negate = static_cast<std::uint8_t>(bits(v, 31, 29));
  i_.clamp = bits(w, 15, 15) != 0;
  if (op < 256)
    i_.sdst = static_cast<std::uint16_t>(bits(w, 7, 0));
  else
    vectorResult(bits(w, 7, 0));
  if (op < 320 && o.sources[2].kind == Kind::kDestination)
    i_.src[2] = i_.dst;
  if (o.results[1].dwords) {
    i_.sdst = static_cast<std::uint16_t>(bits(w, 14, 8));
  } else {
    i_.absolute = static_cast<std::uint8_t>(bits(w, 10, 8));
    i_.op_sel = static_cast<std::uint8_t>(bits(w, 14, 11));
  }
}

void Decoder::vop3p(std::uint32_t w, std::uint32_t v) {
  name(Format::kVop3p, bits(w, 22, 16));
  if (!i_.mnemonic)
    return;
  const Operands &o = *i_.operands;
  if (i_.opcode == kLoadScale && words_.size() >= 4 && startsScaledMatrix(words_[2]))
    return scaledMatrix();
  i_.src[0] = static_cast<std::uint16_t>(bits(v, 8, 0));
  i_.src[1] = static_cast<std::uint16_t>(bits(v, 17, 9));
  i_.src[2] = static_cast<std::uint16_t>(bits(v, 26, 18));
  vectorResult(bits(w, 7, 0));
  if (o.sources[0].kind == Kind::kEither)
    return matrix(w, v);
  if (o.results[0].kind == Kind::kAgpr || o.sources[0].kind == Kind::kAgpr)
    return;
  i_.negate_high = static_cast<std::uint8_t>(bits(w, 10, 8));
  i_.op_sel = static_cast<std::uint8_t>(bits(w, 13, 11));
  i_.op_sel_hi = static_cast<std::uint8_t>(bits(v, 28, 27) | bits(w, 14, 14) << 2);
  i_.clamp = bits(w, 15, 15) != 0;
  i_.negate = static_cast<std::uint8_t>(bits(v, 31, 29));
  if (o.sources[0].kind == Kind::kMix)
    i_.absolute = i_.negate_high;
}

// The fields of a matrix instruction besides its registers (CDNA4 ISA 13.3.6).
void Decoder::matrix(std::uint32_t w, std::uint32_t v) {
  i_.cbsz = static_cast<std::uint8_t>(bits(w, 10, 8));
  i_.abid = static_cast<std::uint8_t>(bits(w, 14, 11));
  i_.blgp = static_cast<std::uint8_t>(bits(v, 31, 29));
  if (bits(w, 15, 15)) { // ACC_CD
    i_.dst = toAgpr(i_.dst);
    if (i_.operands->sources[2].kind == Kind::kMatrix)
      i_.src[2] = toAgpr(i_.src[2]);
  }
  if (bits(v, 27, 27))
    i_.src[0] = toAgpr(i_.src[0]);
  if (bits(v, 28, 28))
    i_.src[1] = toAgpr(i_.src[1]);
}

// v_mfma_ld_scale_b32 and the instruction that uses the scales are one instruction of four dwords.
void Decoder::scaledMatrix() {
  std::uint32_t w = words_[0], v = words_[1], matrix_w = words_[2], matrix_v = words_[3];
  name(Format::kVop3p, 128 + bits(matrix_w, 22, 16));
  i_.dwords = 4;
  i_.dst = vgpr(bits(matrix_w, 7, 0));
  i_.src[0] = static_cast<std::uint16_t>(bits(matrix_v, 8, 0));
  i_.src[1] = static_cast<std::uint16_t>(bits(matrix_v, 17, 9));
  i_.src[2] = static_cast<std::uint16_t>(bits(matrix_v, 26, 18));
  matrix(matrix_w, matrix_v);
  i_.abid = 0;
  i_.scale[0] = static_cast<std::uint16_t>(bits(v, 8, 0));
  i_.scale[1] = static_cast<std::uint16_t>(bits(v, 17, 9));
  i_.scale_select = static_cast<std::uint8_t>(bits(w, 12, 11));
  i_.scale_select_hi = static_cast<std::uint8_t>(bits(v, 28, 27));
}

} // namespace gemmsmith::emulator
