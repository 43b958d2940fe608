// Text of VOP1, VOP2, VOPC, VOP3 and VOP3P, with DPP and SDWA.
#include "runtime/emulator/operands.h"
#include "runtime/emulator/text_writer.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;

bool isImmediate(std::uint16_t code) {
  return (code >= 128 && code <= 208) || (code >= 240 && code <= 248) || code == kLiteral;
}

} // namespace

// The encoding is part of the name where several would do.
void TextWriter::suffix() {
  if (!o_.sources[0].dwords || (o_.no_vop3 && i_.format != Format::kVop3))
    return;
  if (i_.dpp)
    text_ += "_dpp";
  else if (i_.sdwa)
    text_ += "_sdwa";
  else if (i_.format != Format::kVop3)
    text_ += "_e32";
  else if (i_.opcode < 448)
    text_ += "_e64";
}

void TextWriter::results() {
  if (o_.results[0].dwords && i_.dst != kNoOperand)
    operand(registers(i_.dst, o_.results[0].dwords));
  if (i_.sdst != kNoOperand)
    operand(registers(i_.sdst, 2));
}

// src[s] with neg, abs and sext.
std::string TextWriter::modified(int s) const {
  std::string item = source(s);
  if (o_.bitop3)
    return item;
  bool negate = i_.negate >> s & 1, absolute = i_.absolute >> s & 1;
  if (i_.sdwa && i_.sdwa_control.sign_extend[s & 1] && s < 2)
    item = fmt::format("sext({})", item);
  if (absolute)
    item = fmt::format("|{}|", item);
  if (negate)
    item = isImmediate(i_.src[s]) && !absolute ? fmt::format("neg({})", item) : "-" + item;
  return item;
}

void TextWriter::sources() {
  for (int s = 0; s < 3; ++s) {
    const OperandShape &shape = o_.sources[static_cast<std::size_t>(s)];
    if (s > 0 && i_.format == Format::kVop2 && i_.src[s] == kLiteral) // K of v_fmamk and the like
      operand(fmt::format("{:#x}", i_.literal));
    else if (shape.dwords && shape.kind != Kind::kDestination)
      operand(modified(s));
  }
}

void TextWriter::opSel() {
  if (!o_.op_sel || !i_.op_sel)
    return;
  std::string list;
  bool three = o_.op_sel_all || (o_.sources[2].dwords && o_.sources[2].kind != Kind::kDestination);
  int count = three ? 3 : 2;
  for (int s = 0; s < count; ++s)
    list += fmt::format("{},", i_.op_sel >> s & 1);
  modifier(fmt::format("op_sel:[{}{}]", list, i_.op_sel >> 3 & 1));
}

void TextWriter::vector() {
  suffix();
  results();
  sources();
  if (i_.dpp)
    return dpp();
  if (i_.sdwa)
    return sdwa();
  if (o_.bitop3) {
    unsigned table =
        i_.negate | static_cast<unsigned>(i_.absolute) << 3 | static_cast<unsigned>(i_.omod) << 6;
    flag(table, table <= 10 ? fmt::format("bitop3:{}", table) : fmt::format("bitop3:{:#x}", table));
    return opSel();
  }
  opSel();
  if (o_.swap) { // fields of DPP in those of op_sel
    flag(i_.op_sel & 2, "bound_ctrl:1");
    flag(i_.op_sel & 1, "fi:1");
  }
  flag(i_.clamp, "clamp");
  static constexpr std::string_view kFactors[] = {"", "mul:2", "mul:4", "div:2"};
  flag(i_.omod, kFactors[i_.omod]);
}

void TextWriter::dpp() {
  const Dpp &d = i_.dpp_control;
  unsigned c = d.control, n = c & 15;
  if (c <= 0xff)
    modifier(fmt::format("quad_perm:[{},{},{},{}]", c & 3, c >> 2 & 3, c >> 4 & 3, c >> 6 & 3));
  else if (c <= 0x10f)
    modifier(fmt::format("row_shl:{}", n));
  else if (c <= 0x11f)
    modifier(fmt::format("row_shr:{}", n));
  else if (c <= 0x12f)
    modifier(fmt::format("row_ror:{}", n));
  else if (c == 0x130)
    modifier("wave_shl:1");
  else if (c == 0x134)
    modifier("wave_rol:1");
  else if (c == 0x138)
    modifier("wave_shr:1");
  else if (c == 0x13c)
    modifier("wave_ror:1");
  else if (c == 0x140)
    modifier("row_mirror");
  else if (c == 0x141)
    modifier("row_half_mirror");
  else if (c == 0x142)
    modifier("row_bcast:15");
  else if (c == 0x143)
    modifier("row_bcast:31");
  else
    modifier(fmt::format("row_newbcast:{}", n));
  modifier(fmt::format("row_mask:{:#x} bank_mask:{:#x}", d.row_mask, d.bank_mask));
  flag(d.bound_ctrl, "bound_ctrl:1");
}

void TextWriter::sdwa() {
  static constexpr std::string_view kSelections[] = {"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3",
                                                     "WORD_0", "WORD_1", "DWORD",  "?"};
  static constexpr std::string_view kUnused[] = {"UNUSED_PAD", "UNUSED_SEXT", "UNUSED_PRESERVE",
                                                 "?"};
  static constexpr std::string_view kFactors[] = {"", "mul:2", "mul:4", "div:2"};
  const Sdwa &s = i_.sdwa_control;
  flag(i_.clamp, "clamp");
  flag(i_.omod, kFactors[i_.omod]);
  if (i_.format != Format::kVopc && !o_.no_dst_sel) {
    modifier(fmt::format("dst_sel:{}", kSelections[s.destination]));
    modifier(fmt::format("dst_unused:{}", kUnused[s.unused]));
  }
  modifier(fmt::format("src0_sel:{}", kSelections[s.select[0]]));
  if (i_.format != Format::kVop1)
    modifier(fmt::format("src1_sel:{}", kSelections[s.select[1]]));
}

void TextWriter::packed() {
  std::string_view name = i_.mnemonic;
  if (name.starts_with("v_mfma_") && name != "v_mfma_ld_scale_b32")
    return matrix();
  if (name.starts_with("v_smfmac"))
    return matrix();
  results();
  int count = 0;
  for (int s = 0; s < 3; ++s) {
    const OperandShape &shape = o_.sources[static_cast<std::size_t>(s)];
    if (!shape.dwords || shape.kind == Kind::kDestination)
      continue;
    operand(shape.kind == Kind::kMix ? modified(s) : source(s));
    ++count;
  }
  auto list = [&](std::string_view label, unsigned bits, unsigned usual) {
    unsigned all = (1u << count) - 1;
    if ((bits & all) == (usual & all))
      return;
    std::string items;
    for (int s = 0; s < count; ++s)
      items += fmt::format("{}{}", s ? "," : "", bits >> s & 1);
    modifier(fmt::format("{}:[{}]", label, items));
  };
  if (name.starts_with("v_accvgpr"))
    return;
  bool mix = o_.sources[0].kind == Kind::kMix;
  bool dwords = o_.sources[0].kind == Kind::kBits && o_.results[0].dwords; // v_dot4, v_dot8
  list("op_sel", i_.op_sel, 0);
  if (!dwords)
    list("op_sel_hi", i_.op_sel_hi, mix ? 0u : ~0u);
  if (!mix && o_.results[0].dwords) {
    list("neg_lo", i_.negate, 0);
    list("neg_hi", i_.negate_high, 0);
  }
  flag(i_.clamp, "clamp");
}

void TextWriter::matrix() {
  results();
  for (int s = 0; s < 3; ++s)
    if (o_.sources[static_cast<std::size_t>(s)].dwords)
      operand(source(s));
  for (std::uint16_t scale : i_.scale)
    if (scale != kNoOperand)
      operand(isImmediate(scale) ? constant(scale, {Kind::kBits, 32, 1}) : registers(scale, 1));
  if (i_.scale[0] != kNoOperand) {
    auto list = [&](std::string_view label, unsigned bits) {
      modifier(fmt::format("{}:[{},{},0]", label, bits & 1, bits >> 1 & 1));
    };
    if (i_.scale_select)
      list("op_sel", i_.scale_select);
    list("op_sel_hi", i_.scale_select_hi);
  }
  flag(i_.cbsz, fmt::format("cbsz:{}", i_.cbsz));
  flag(i_.abid && !o_.f8f6f4, fmt::format("abid:{}", i_.abid));
  if (o_.sources[2].bits == 64)
    flag(i_.blgp, fmt::format("neg:[{},{},{}]", i_.blgp & 1, i_.blgp >> 1 & 1, i_.blgp >> 2 & 1));
  else
    flag(i_.blgp, fmt::format("blgp:{}", i_.blgp));
}

} // namespace gemmsmith::emulator
