#include "runtime/emulator/decode.h"

#include "runtime/emulator/opcode_tables.h"
#include "runtime/emulator/semantics.h"

#include <fmt/format.h>
#include <iterator>
#include <string_view>

namespace gemmsmith::emulator {
namespace {

constexpr std::uint32_t bits(std::uint32_t word, int high, int low) {
  return word >> low & ((std::uint32_t{1} << (high - low + 1)) - 1);
}

constexpr std::int64_t signExtend(std::uint32_t value, int width) {
  return static_cast<std::int64_t>(std::uint64_t{value} << (64 - width)) >> (64 - width);
}

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

std::uint16_t vgpr(std::uint32_t field) {
  return static_cast<std::uint16_t>(kVgpr + field);
}
std::uint16_t vgprOrAgpr(std::uint32_t field, bool accumulation) {
  return static_cast<std::uint16_t>((accumulation ? kAgpr : kVgpr) + field);
}
std::uint16_t toAgpr(std::uint16_t code) {
  return code >= kVgpr && code < kAgpr ? static_cast<std::uint16_t>(code + 256) : code;
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

class Decoder {
public:
  explicit Decoder(std::span<const std::uint32_t> words) : words_(words) {}

  Instruction run() {
    if (words_.empty())
      return {};
    std::uint32_t w = words_[0];
    i_.words[0] = w;
    if (w >> 31 == 0)
      vop12c(w);
    else if (w >> 30 == 0b10)
      scalar(w);
    else
      wide(w);
    if (i_.dwords > words_.size())
      i_.mnemonic = nullptr; // cut off
    if (!i_.mnemonic) {
      Instruction unknown;
      unknown.words[0] = w;
      unknown.words[1] = words_.size() > 1 ? words_[1] : 0;
      return unknown;
    }
    if (i_.dwords > 1)
      i_.words[1] = words_[1];
    if (const Semantics *s = findSemantics(i_.mnemonic)) {
      i_.execute = s->handler;
      if (s->sources)
        i_.sources = s->sources;
      i_.size = s->size;
    }
    return i_;
  }

private:
  void name(Format format, std::uint32_t opcode) {
    i_.format = format;
    i_.opcode = static_cast<std::uint16_t>(opcode);
    i_.mnemonic = mnemonic(format, opcode);
  }
  std::uint32_t second() const { return words_.size() > 1 ? words_[1] : 0; }
  void takeLiteral() {
    i_.literal = second();
    i_.dwords = 2;
  }

  void vop12c(std::uint32_t w) {
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

  void vop2Operands(std::uint32_t op) {
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

  void scalar(std::uint32_t w) {
    std::uint32_t op = bits(w, 29, 23);
    auto dst = static_cast<std::uint16_t>(bits(w, 22, 16));
    auto src0 = static_cast<std::uint16_t>(bits(w, 7, 0));
    auto src1 = static_cast<std::uint16_t>(bits(w, 15, 8));
    bool literal = false;
    if (op == 0x7d) {
      name(Format::kSop1, bits(w, 15, 8));
      i_.dst = dst;
      i_.src[0] = src0;
      i_.sources = 1;
      literal = src0 == kLiteral;
    } else if (op == 0x7e) {
      name(Format::kSopc, bits(w, 22, 16));
      i_.src[0] = src0;
      i_.src[1] = src1;
      i_.sources = 2;
      literal = src0 == kLiteral || src1 == kLiteral;
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
      i_.sources = 2;
      literal = src0 == kLiteral || src1 == kLiteral;
    }
    if (literal)
      takeLiteral();
  }

  void wide(std::uint32_t w) {
    i_.dwords = 2;
    std::uint32_t v = second();
    switch (w >> 26) {
    case 0b110000:
      return smem(w, v);
    case 0b110100:
      return bits(w, 25, 23) == 0b111 ? vop3p(w, v) : vop3(w, v);
    case 0b110110:
      return ds(w, v);
    case 0b111000:
      return mubuf(w, v);
    case 0b110111:
      return flat(w, v);
    default:
      return;
    }
  }

  void smem(std::uint32_t w, std::uint32_t v) {
    name(Format::kSmem, bits(w, 25, 18));
    i_.scalar_base = static_cast<std::uint16_t>(bits(w, 5, 0) * 2);
    i_.dst = static_cast<std::uint16_t>(bits(w, 12, 6));
    i_.sc0 = bits(w, 16, 16) != 0;
    // CDNA4 ISA 8.2.1: which of SGPR offset, immediate offset and both are added.
    bool immediate = bits(w, 17, 17) != 0, soffset_enable = bits(w, 14, 14) != 0;
    if (immediate)
      i_.offset = signExtend(bits(v, 20, 0), 21);
    if (soffset_enable)
      i_.scalar_offset = static_cast<std::uint16_t>(bits(v, 31, 25));
    else if (!immediate)
      i_.scalar_offset = static_cast<std::uint16_t>(bits(v, 6, 0));
  }

  void vop3(std::uint32_t w, std::uint32_t v) {
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
  void noLiterals() {
    for (int s = 0; s < i_.sources && s < 3; ++s)
      if (i_.src[s] == kLiteral || i_.src[s] == kDppCode || i_.src[s] == kSdwaCode)
        i_.mnemonic = nullptr;
  }

  void vop3p(std::uint32_t w, std::uint32_t v) {
    std::uint32_t op = bits(w, 22, 16);
    name(Format::kVop3p, op);
    if (!i_.mnemonic)
      return;
    i_.sources = 3;
    i_.dst = vgpr(bits(w, 7, 0));
    i_.src[0] = static_cast<std::uint16_t>(bits(v, 8, 0));
    i_.src[1] = static_cast<std::uint16_t>(bits(v, 17, 9));
    i_.src[2] = static_cast<std::uint16_t>(bits(v, 26, 18));
    std::string_view mnemonic = i_.mnemonic;
    if (mnemonic == "v_accvgpr_read_b32") {
      i_.src[0] = toAgpr(i_.src[0]);
      i_.sources = 1;
    } else if (mnemonic == "v_accvgpr_write_b32") {
      i_.dst = toAgpr(i_.dst);
      i_.sources = 1;
    } else if (mnemonic.starts_with("v_mfma") || mnemonic.starts_with("v_smfmac")) {
      i_.cbsz = static_cast<std::uint8_t>(bits(w, 10, 8));
      i_.abid = static_cast<std::uint8_t>(bits(w, 14, 11));
      i_.blgp = static_cast<std::uint8_t>(bits(v, 31, 29));
      if (bits(w, 15, 15)) { // ACC_CD
        i_.dst = toAgpr(i_.dst);
        i_.src[2] = toAgpr(i_.src[2]);
      }
      if (bits(v, 27, 27))
        i_.src[0] = toAgpr(i_.src[0]);
      if (bits(v, 28, 28))
        i_.src[1] = toAgpr(i_.src[1]);
    } else {
      i_.negate_high = static_cast<std::uint8_t>(bits(w, 10, 8));
      i_.op_sel = static_cast<std::uint8_t>(bits(w, 13, 11));
      i_.op_sel_hi = static_cast<std::uint8_t>(bits(v, 28, 27) | bits(w, 14, 14) << 2);
      i_.clamp = bits(w, 15, 15) != 0;
      i_.negate = static_cast<std::uint8_t>(bits(v, 31, 29));
    }
    noLiterals();
  }

  void ds(std::uint32_t w, std::uint32_t v) {
    name(Format::kDs, bits(w, 24, 17));
    if (bits(w, 16, 16)) // GDS: reserved on CDNA4
      i_.mnemonic = nullptr;
    bool acc = bits(w, 25, 25) != 0;
    i_.offset0 = static_cast<std::uint8_t>(bits(w, 7, 0));
    i_.offset1 = static_cast<std::uint8_t>(bits(w, 15, 8));
    i_.offset = bits(w, 15, 0);
    i_.address = vgpr(bits(v, 7, 0));
    i_.data = vgprOrAgpr(bits(v, 15, 8), acc);
    i_.data2 = vgprOrAgpr(bits(v, 23, 16), acc);
    i_.dst = vgprOrAgpr(bits(v, 31, 24), acc);
  }

  void mubuf(std::uint32_t w, std::uint32_t v) {
    name(Format::kMubuf, bits(w, 24, 18));
    bool acc = bits(v, 23, 23) != 0;
    i_.offset = bits(w, 11, 0);
    i_.offen = bits(w, 12, 12) != 0;
    i_.idxen = bits(w, 13, 13) != 0;
    i_.sc0 = bits(w, 14, 14) != 0;
    i_.sc1 = bits(w, 15, 15) != 0;
    i_.lds = bits(w, 16, 16) != 0;
    i_.nt = bits(w, 17, 17) != 0;
    i_.address = vgpr(bits(v, 7, 0));
    i_.data = vgprOrAgpr(bits(v, 15, 8), acc);
    i_.dst = i_.data;
    i_.scalar_base = static_cast<std::uint16_t>(bits(v, 20, 16) * 4);
    i_.scalar_offset = static_cast<std::uint16_t>(bits(v, 31, 24));
    if (i_.scalar_offset == kLiteral)
      i_.mnemonic = nullptr;
  }

  void flat(std::uint32_t w, std::uint32_t v) {
    std::uint32_t segment = bits(w, 15, 14);
    Format format = segment == 0   ? Format::kFlat
                    : segment == 1 ? Format::kScratch
                    : segment == 2 ? Format::kGlobal
                                   : Format::kUnknown;
    name(format, bits(w, 24, 18));
    bool acc = bits(v, 23, 23) != 0;
    i_.offset = segment == 0 ? std::int64_t{bits(w, 11, 0)} : signExtend(bits(w, 12, 0), 13);
    i_.sc0 = bits(w, 16, 16) != 0;
    i_.nt = bits(w, 17, 17) != 0;
    i_.sc1 = bits(w, 25, 25) != 0;
    i_.lds = bits(w, 13, 13) != 0; // SVE for scratch
    i_.address = vgpr(bits(v, 7, 0));
    i_.data = vgprOrAgpr(bits(v, 15, 8), acc);
    i_.dst = vgprOrAgpr(bits(v, 31, 24), acc);
    std::uint32_t saddr = bits(v, 22, 16);
    if (segment != 0 && saddr != 0x7f)
      i_.scalar_base = static_cast<std::uint16_t>(saddr);
  }

  std::span<const std::uint32_t> words_;
  Instruction i_;
};

std::string operand(const Instruction &i, std::uint16_t code) {
  if (code >= kAgpr)
    return fmt::format("a{}", code - kAgpr);
  if (code >= kVgpr)
    return fmt::format("v{}", code - kVgpr);
  if (code <= 101)
    return fmt::format("s{}", code);
  if (code >= 128 && code <= 192)
    return std::to_string(code - 128);
  if (code >= 193 && code <= 208)
    return std::to_string(192 - code);
  switch (code) {
  case 106:
    return "vcc";
  case 107:
    return "vcc_hi";
  case kM0:
    return "m0";
  case 126:
    return "exec";
  case 127:
    return "exec_hi";
  case 240:
    return "0.5";
  case 241:
    return "-0.5";
  case 242:
    return "1.0";
  case 243:
    return "-1.0";
  case 244:
    return "2.0";
  case 245:
    return "-2.0";
  case 246:
    return "4.0";
  case 247:
    return "-4.0";
  case 248:
    return "0.15915494";
  case kSharedBase:
    return "src_shared_base";
  case kPrivateBase:
    return "src_private_base";
  case kVccz:
    return "src_vccz";
  case kExecz:
    return "src_execz";
  case kSccCode:
    return "src_scc";
  case kLiteral:
    return fmt::format("{:#x}", i.literal);
  default:
    return fmt::format("src{}", code);
  }
}

} // namespace

Instruction decode(std::span<const std::uint32_t> words) {
  return Decoder(words).run();
}

std::vector<Instruction> decodeAll(std::span<const std::uint32_t> words) {
  std::vector<Instruction> result(words.size());
  for (std::size_t at = 0; at < words.size(); ++at) {
    result[at] = decode(words.subspan(at));
    result[at].address_dwords = static_cast<std::uint32_t>(at);
  }
  return result;
}

std::string text(const Instruction &i) {
  if (!i.mnemonic)
    return fmt::format("<{:#010x}>", i.words[0]);
  std::string result = i.mnemonic;
  auto add = [&](const std::string &item) {
    result += result.size() == std::string_view(i.mnemonic).size() ? " " : ", ";
    result += item;
  };
  auto reg = [&](std::uint16_t code) {
    if (code != kNoOperand)
      add(operand(i, code));
  };
  std::string_view name = i.mnemonic;
  switch (i.format) {
  case Format::kSopp:
    if (i.offset)
      add(std::to_string(i.offset));
    break;
  case Format::kSopk:
    reg(i.dst);
    add(std::to_string(i.offset));
    break;
  case Format::kSmem:
    reg(i.dst);
    reg(i.scalar_base);
    reg(i.scalar_offset);
    add(fmt::format("{:#x}", i.offset));
    break;
  case Format::kDs:
    if (name.find("write") == std::string_view::npos)
      reg(i.dst);
    reg(i.address);
    if (name.find("read") == std::string_view::npos)
      reg(i.data);
    if (i.offset)
      result += fmt::format(" offset:{}", i.offset);
    break;
  case Format::kMubuf:
    if (!i.lds)
      reg(i.data);
    if (i.offen || i.idxen)
      reg(i.address);
    reg(i.scalar_base);
    reg(i.scalar_offset);
    result += i.offen ? " offen" : "";
    result += i.idxen ? " idxen" : "";
    if (i.offset)
      result += fmt::format(" offset:{}", i.offset);
    result += i.lds ? " lds" : "";
    break;
  case Format::kFlat:
  case Format::kScratch:
  case Format::kGlobal:
    if (name.find("load") != std::string_view::npos && name.find("lds") == std::string_view::npos)
      reg(i.dst);
    reg(i.address);
    if (name.find("load") == std::string_view::npos)
      reg(i.data);
    if (i.scalar_base == kNoOperand)
      add("off");
    else
      reg(i.scalar_base);
    if (i.offset)
      result += fmt::format(" offset:{}", i.offset);
    break;
  default:
    reg(i.dst);
    reg(i.sdst);
    for (int s = 0; s < i.sources && s < 3; ++s) {
      std::string item = i.src[s] == kNoOperand ? "?" : operand(i, i.src[s]);
      if (i.absolute >> s & 1)
        item = "|" + item + "|";
      if (i.negate >> s & 1)
        item = "-" + item;
      add(item);
    }
  }
  return result;
}

} // namespace gemmsmith::emulator
