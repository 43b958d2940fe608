// Decoding of VOP1, VOP2, VOPC, VOP3 and VOP3P, with DPP and SDWA (CDNA4 ISA 13.3).
#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_entries.h"

#include <string_view>
#include <utility>

namespace gemmsmith::emulator {
namespace {

// What an opcode needs beyond its fields. VOP2 numbers; VOP3 repeats them at 256.
bool readsDestination(std::uint32_t vop2) { // v_fmac, v_mac, v_dot*c, v_pk_fmac
  return vop2 == 4 || vop2 == 22 || vop2 == 35 || (vop2 >= 55 && vop2 <= 60);
}
bool hasCarryOut(std::uint32_t vop2) {
  return vop2 >= 25 && vop2 <= 30;
}
bool hasCarryIn(std::uint32_t vop2) {
  return vop2 >= 28 && vop2 <= 30;
}
bool hasLiteralK(std::uint32_t vop2) {
  return vop2 == 23 || vop2 == 24 || vop2 == 36 || vop2 == 37;
}

// The matrix instruction that v_mfma_ld_scale_b32 belongs to has bit 0 of ABID set.
constexpr std::uint16_t kLoadScale = 44;
bool startsScaledMatrix(std::uint32_t word) {
  std::uint32_t op = bits(word, 31, 16);
  return (op == 0xd3ad || op == 0xd3ae) && bits(word, 11, 11);
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
  i_.src[0] = static_cast<std::uint16_t>(bits(w, 8, 0));
  if (op == 0x3f) {
    std::uint32_t vop1 = bits(w, 16, 9);
    name(Format::kVop1, vop1);
    i_.sources = 1;
    i_.dst = static_cast<std::uint16_t>(bits(w, 24, 17));
    if (vop1 != 2) // v_readfirstlane_b32 writes an SGPR
      i_.dst = vgpr(i_.dst);
    if (vop1 == 82) { // v_accvgpr_mov_b32
      i_.dst = toAgpr(i_.dst);
      i_.src[0] = toAgpr(i_.src[0]);
    }
  } else if (op == 0x3e) {
    name(Format::kVopc, bits(w, 24, 17));
    i_.sources = 2;
    i_.src[1] = vgpr(bits(w, 16, 9));
    i_.sdst = kVccLo;
  } else {
    name(Format::kVop2, op);
    i_.sources = 2;
    i_.dst = vgpr(bits(w, 24, 17));
    i_.src[1] = vgpr(bits(w, 16, 9));
    vop2Operands(op);
    if (hasLiteralK(op)) {
      // D = S0 * K + S1 (madmk) or D = S0 * S1 + K (madak)
      takeLiteral();
      i_.sources = 3;
      i_.src[2] = kLiteral;
      if (op == 23 || op == 36)
        std::swap(i_.src[1], i_.src[2]);
      return;
    }
  }
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

void Decoder::vop2Operands(std::uint32_t op) {
  if (readsDestination(op)) {
    i_.src[2] = i_.dst;
    i_.sources = 3;
  }
  if (op == 0 || hasCarryIn(op)) { // v_cndmask_b32 and carry chains read VCC
    i_.src[2] = kVccLo;
    i_.sources = 3;
  }
  if (hasCarryOut(op))
    i_.sdst = kVccLo;
}

void Decoder::vop3(std::uint32_t w, std::uint32_t v) {
  std::uint32_t op = bits(w, 25, 16);
  i_.src[0] = static_cast<std::uint16_t>(bits(v, 8, 0));
  i_.src[1] = static_cast<std::uint16_t>(bits(v, 17, 9));
  i_.src[2] = static_cast<std::uint16_t>(bits(v, 26, 18));
  i_.omod = static_cast<std::uint8_t>(bits(v, 28, 27));
  i_.negate = static_cast<std::uint8_t>(bits(v, 31, 29));
  i_.clamp = bits(w, 15, 15) != 0;
  i_.dst = vgpr(bits(w, 7, 0));
  bool has_sdst = false;
  if (op < 256) {
    name(Format::kVopc, op);
    i_.dst = kNoOperand;
    i_.sdst = static_cast<std::uint16_t>(bits(w, 7, 0));
    i_.sources = 2;
  } else if (op < 320) {
    name(Format::kVop2, op - 256);
    i_.sources = 2;
    if (hasLiteralK(op - 256))
      i_.mnemonic = nullptr;
    if (readsDestination(op - 256)) {
      i_.src[2] = i_.dst;
      i_.sources = 3;
    }
    if (op == 256 || hasCarryIn(op - 256))
      i_.sources = 3;
    has_sdst = hasCarryOut(op - 256);
  } else if (op < 448) {
    name(Format::kVop1, op - 320);
    i_.sources = 1;
    if (op - 320 == 2)
      i_.dst = static_cast<std::uint16_t>(bits(w, 7, 0));
    if (op - 320 == 82) {
      i_.dst = toAgpr(i_.dst);
      i_.src[0] = toAgpr(i_.src[0]);
    }
  } else {
    name(Format::kVop3, op);
    i_.sources = 3;
    has_sdst = op == 480 || op == 481 || op == 488 || op == 489;
    if (op == 649) // v_readlane_b32 writes an SGPR
      i_.dst = static_cast<std::uint16_t>(bits(w, 7, 0));
  }
  i_.format = Format::kVop3;
  i_.opcode = static_cast<std::uint16_t>(op);
  if (has_sdst) {
    i_.sdst = static_cast<std::uint16_t>(bits(w, 14, 8));
  } else {
    i_.absolute = static_cast<std::uint8_t>(bits(w, 10, 8));
    i_.op_sel = static_cast<std::uint8_t>(bits(w, 14, 11));
  }
  noLiterals();
}

// VOP3 and VOP3P take no literal, DPP or SDWA on CDNA (CDNA4 ISA 6.2.1).
void Decoder::noLiterals() {
  for (int s = 0; s < i_.sources && s < 3; ++s)
    if (i_.src[s] == kLiteral || i_.src[s] == kDppCode || i_.src[s] == kSdwaCode)
      i_.mnemonic = nullptr;
}

void Decoder::vop3p(std::uint32_t w, std::uint32_t v) {
  name(Format::kVop3p, bits(w, 22, 16));
  if (!i_.mnemonic)
    return;
  std::string_view mnemonic = i_.mnemonic;
  if (i_.opcode == kLoadScale && words_.size() >= 4 && startsScaledMatrix(words_[2]))
    return scaledMatrix();
  i_.sources = 3;
  i_.dst = vgpr(bits(w, 7, 0));
  i_.src[0] = static_cast<std::uint16_t>(bits(v, 8, 0));
  i_.src[1] = static_cast<std::uint16_t>(bits(v, 17, 9));
  i_.src[2] = static_cast<std::uint16_t>(bits(v, 26, 18));
  if (mnemonic == "v_accvgpr_read_b32") {
    i_.src[0] = toAgpr(i_.src[0]);
    i_.sources = 1;
  } else if (mnemonic == "v_accvgpr_write_b32") {
    i_.dst = toAgpr(i_.dst);
    i_.sources = 1;
  } else if (mnemonic.starts_with("v_smfmac") ||
             (mnemonic.starts_with("v_mfma") && i_.opcode != kLoadScale)) {
    matrix(w, v);
  } else {
    i_.negate_high = static_cast<std::uint8_t>(bits(w, 10, 8));
    i_.op_sel = static_cast<std::uint8_t>(bits(w, 13, 11));
    i_.op_sel_hi = static_cast<std::uint8_t>(bits(v, 28, 27) | bits(w, 14, 14) << 2);
    i_.clamp = bits(w, 15, 15) != 0;
    i_.negate = static_cast<std::uint8_t>(bits(v, 31, 29));
    if (i_.operands->sources[0].kind == OperandShape::Kind::kMix)
      i_.absolute = i_.negate_high;
  }
  noLiterals();
}

// The fields of a matrix instruction besides its registers (CDNA4 ISA 13.3.6).
void Decoder::matrix(std::uint32_t w, std::uint32_t v) {
  i_.cbsz = static_cast<std::uint8_t>(bits(w, 10, 8));
  i_.abid = static_cast<std::uint8_t>(bits(w, 14, 11));
  i_.blgp = static_cast<std::uint8_t>(bits(v, 31, 29));
  if (bits(w, 15, 15)) { // ACC_CD
    i_.dst = toAgpr(i_.dst);
    if (i_.operands->sources[2].kind == OperandShape::Kind::kMatrix)
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
  i_.sources = 3;
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
  noLiterals();
}

} // namespace gemmsmith::emulator
