// Decoding of SOP1, SOP2, SOPC, SOPK, SOPP and SMEM (CDNA4 ISA 13.1, 13.2).
#include "runtime/emulator/decoder.h"
#include "runtime/emulator/opcode_entries.h"

namespace gemmsmith::emulator {

void Decoder::scalar(std::uint32_t w) {
  std::uint32_t op = bits(w, 29, 23);
  auto dst = static_cast<std::uint16_t>(bits(w, 22, 16));
  auto src0 = static_cast<std::uint16_t>(bits(w, 7, 0));
  auto src1 = static_cast<std::uint16_t>(bits(w, 15, 8));
  bool literal = false;
  if (op == 0x7d) {
    name(Format::kSop1, bits(w, 15, 8));
    i_.dst = dst;
    i_.src[0] = src0;
    literal = src0 == kLiteral && i_.operands && i_.operands->sources[0].dwords;
  } else if (op == 0x7e) {
    name(Format::kSopc, bits(w, 22, 16));
    i_.src[0] = src0;
    i_.src[1] = src1;
    // s_set_gpr_idx_on: src1 is a number.
    literal = src0 == kLiteral || (src1 == kLiteral && i_.opcode != 17);
  } else if (op == 0x7f) {
    name(Format::kSopp, bits(w, 22, 16));
    i_.offset = signExtend(bits(w, 15, 0), 16);
  } else if (op >> 5 == 0b11) {
    std::uint32_t sopk = bits(w, 27, 23);
    name(Format::kSopk, sopk);
    i_.dst = dst;
    i_.offset = signExtend(bits(w, 15, 0), 16);
    literal = sopk == 20; // s_setreg_imm32_b32
  } else {
    name(Format::kSop2, op);
    i_.dst = dst;
    i_.src[0] = src0;
    i_.src[1] = src1;
    literal = src0 == kLiteral || src1 == kLiteral;
  }
  if (literal)
    takeLiteral();
}

void Decoder::smem(std::uint32_t w, std::uint32_t v) {
  name(Format::kSmem, bits(w, 25, 18));
  i_.scalar_base = static_cast<std::uint16_t>(bits(w, 5, 0) * 2);
  i_.dst = static_cast<std::uint16_t>(bits(w, 12, 6));
  i_.sc0 = bits(w, 16, 16) != 0;
  // CDNA4 ISA 8.2.1: which of SGPR offset, immediate offset and both are added.
  bool immediate = bits(w, 17, 17) != 0, soffset_enable = bits(w, 14, 14) != 0;
  i_.immediate = immediate;
  if (immediate)
    i_.offset = signExtend(bits(v, 20, 0), 21);
  if (soffset_enable)
    i_.scalar_offset = static_cast<std::uint16_t>(bits(v, 31, 25));
  else if (!immediate)
    i_.scalar_offset = static_cast<std::uint16_t>(bits(v, 6, 0));
}

} // namespace gemmsmith::emulator
