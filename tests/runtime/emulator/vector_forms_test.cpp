// The DPP and SDWA forms of every VOP1 and VOP2 opcode beside its plain form on operands that were
// moved and cut out before, and the two encodings of v_cmpx (CDNA4 ISA 12.9, 13.3.7-13.3.9).
#include "runtime/emulator/decode.h"
#include "runtime/emulator/opcode_tables.h"
#include "tests/runtime/emulator/snippets.h"

#include <bit>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace gemmsmith::emulator {
namespace {

using Kind = OperandShape::Kind;
constexpr int kInputDwords = 6;
constexpr std::uint64_t kExec = 0xf37fff71ffdb7bfe, kVcc = 0x5a3c96a5f00fc369;

// Sources in v[4:5] and v[6:7], what the destination holds before in v[8:9]: bits, singles, pairs
// of halves, doubles; every fourth row has two equal sources.
std::vector<std::uint32_t> rows(std::size_t count) {
  std::mt19937 random(20261);
  std::uniform_real_distribution<float> small(-4, 4);
  auto half = [&] { return std::bit_cast<std::uint16_t>(static_cast<_Float16>(small(random))); };
  std::vector<std::uint32_t> values;
  for (std::size_t row = 0; row < count; ++row) {
    std::uint32_t v[kInputDwords];
    for (std::uint32_t &dword : v)
      switch (row / 4 % 4) {
      case 0:
        dword = static_cast<std::uint32_t>(random());
        break;
      case 1:
        dword = std::bit_cast<std::uint32_t>(small(random));
        break;
      case 2:
        dword = half() | std::uint32_t{half()} << 16;
        break;
      default:
        dword = static_cast<std::uint32_t>(random()) % 71;
        break;
      }
    if (row / 4 % 4 == 3) // doubles whose low dwords are small
      for (int high : {1, 3, 5})
        v[high] =
            static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(double{small(random)}) >> 32);
    if (row % 4 == 3) {
      v[2] = v[0];
      v[3] = v[1];
    }
    values.insert(values.end(), v, v + kInputDwords);
  }
  return values;
}

std::string vectors(int first, unsigned dwords) {
  return dwords == 1 ? fmt::format("v{}", first) : fmt::format("v[{}:{}]", first, first + 1);
}

std::string move(const std::string &to, std::uint64_t value) {
  std::string low = to + "_lo", high = to + "_hi";
  return fmt::format("s_mov_b32 {}, {:#x}\n s_mov_b32 {}, {:#x}\n", low,
                     static_cast<std::uint32_t>(value), high, value >> 32);
}

struct FormOpcode {
  const Opcode *entry;
  Format format;
  bool two() const { return format == Format::kVop2; }
  const Operands &operands() const { return entry->operands; }
  unsigned resultDwords() const {
    return operands().results[0].dwords == 2 || pairOfResults() ? 2 : 1;
  }
  // As an opcode of DPP (250) or SDWA (249) with that second word.
  bool decodes(std::uint32_t code, std::uint32_t word) const {
    std::uint32_t first = (two() ? std::uint32_t{entry->number} << 25
                                 : 0x7e000000 | std::uint32_t{entry->number} << 9) |
                          32u << 17 | (two() ? 6u << 9 : 0) | code;
    const std::uint32_t words[] = {first, word};
    Instruction i = decode(words);
    return i.mnemonic && (i.dpp || i.sdwa);
  }
  // The instruction with its results from v`d` on and these sources.
  std::string text(const char *suffix, int d, const std::string &a, const std::string &b) const {
    const Operands &o = operands();
    std::string s = fmt::format("{}_{} {}", entry->mnemonic, suffix, vectors(d, resultDwords()));
    if (o.results[1].dwords)
      s += ", vcc";
    s += ", " + a;
    if (two())
      s += ", " + b;
    if (o.sources[2].kind == Kind::kSgpr)
      s += ", vcc";
    return s;
  }
  std::string source(int s, int first) const {
    return vectors(first, operands().sources[static_cast<std::size_t>(s)].dwords);
  }
  bool isFloat(std::size_t s) const {
    const OperandShape &shape = operands().sources[s];
    return shape.kind == Kind::kFloat || shape.kind == Kind::kBfloat;
  }

private:
  bool pairOfResults() const { return operands().results[0].kind == Kind::kPackedBits; }
};

std::vector<FormOpcode> emulatedOpcodes() {
  std::vector<FormOpcode> list;
  for (Format format : {Format::kVop1, Format::kVop2})
    for (std::uint32_t n = 0; n < 256; ++n)
      if (KnownOpcode known = findOpcode(format, n); known.entry && known.semantics)
        list.push_back({known.entry, format});
  return list;
}

// v[32:33] and v34: results and VCC of the form; v[35:37] those of the explicit code, which leaves
// its results in v[40:41].
std::string compareOnDevice(const std::string &before, const std::string &form,
                            const std::string &explicitly) {
  return before + move("vcc", kVcc) +
         "v_mov_b32_e32 v32, v8\n v_mov_b32_e32 v33, v9\n v_mov_b32_e32 v40, v8\n"
         "v_mov_b32_e32 v41, v9\n" +
         move("exec", kExec) + form + "\n s_mov_b64 s[70:71], vcc\n" + move("vcc", kVcc) +
         explicitly +
         "\n s_mov_b64 s[72:73], vcc\n s_mov_b64 exec, -1\n v_mov_b32_e32 v35, v40\n"
         "v_mov_b32_e32 v36, v41\n v_cndmask_b32_e64 v34, 0, 1, s[70:71]\n"
         "v_cndmask_b32_e64 v37, 0, 1, s[72:73]\n";
}

// Of `outputs` dwords per row the first half must be the second.
void expectHalvesEqual(const std::vector<std::string> &names,
                       const std::vector<std::string> &snippets, std::size_t outputs) {
  const std::vector<std::uint32_t> inputs = rows(128);
  auto results = runSnippets(snippets, {.inputs = inputs,
                                        .input_dwords = kInputDwords,
                                        .output_dwords = static_cast<int>(outputs),
                                        .directives = {},
                                        .device = {}});
  for (std::size_t n = 0; n < snippets.size(); ++n) {
    std::vector<std::string> differences;
    for (std::size_t at = 0; at < results[n].size(); at += outputs)
      for (std::size_t d = 0; d < outputs / 2; ++d)
        if (results[n][at + d] != results[n][at + outputs / 2 + d])
          differences.push_back(fmt::format("row {} dword {}: {:#x}, explicitly {:#x}",
                                            at / outputs, d, results[n][at + d],
                                            results[n][at + outputs / 2 + d]));
    EXPECT_TRUE(differences.empty())
        << names[n] << "\n"
        << differences.size() << " differences, " << differences.front();
  }
}

// Those with nothing to move or cut out, with a literal as a third operand, and with operands that
// are more than read or are no VGPRs.
const std::set<std::string> kPlainOnly = {
    "v_accvgpr_mov_b32",     "v_clrexcp",           "v_fmaak_f32", "v_fmamk_f32",
    "v_madak_f16",           "v_madmk_f16",         "v_nop",       "v_permlane16_swap_b32",
    "v_permlane32_swap_b32", "v_readfirstlane_b32", "v_swap_b32"};

// --- DPP

struct DppControl {
  const char *text;
  std::uint32_t control;
};
const DppControl kDppControls[] = {
    {"quad_perm:[2,0,3,1] row_mask:0xf bank_mask:0xf", 2 | 3 << 4 | 1 << 6},
    {"row_shr:3 row_mask:0xf bank_mask:0xf", 0x113},
    {"row_shr:3 row_mask:0xf bank_mask:0xf bound_ctrl:0", 0x113},
    {"row_newbcast:5 row_mask:0xf bank_mask:0xf", 0x155},
    {"row_newbcast:9 row_mask:0xb bank_mask:0x6", 0x159},
};

// Lanes that DPP does not write keep a mark that every other lane loses. Nothing says what their
// carry is, so VCC is compared in the others.
std::string explicitDpp(const FormOpcode &f, const char *control, const std::string &plain) {
  std::string code = "v_mov_b32_e32 v22, 7\n v_mov_b32_e32 v23, 1\n v_mov_b32_e32 v20, 0\n"
                     "v_mov_b32_e32 v21, 0\n";
  code += fmt::format("v_mov_b32_dpp v20, v4 {0}\n v_mov_b32_dpp v22, v23 {0}\n", control);
  if (f.operands().sources[0].dwords == 2)
    code += fmt::format("v_mov_b32_dpp v21, v5 {}\n", control);
  return code + "v_cmp_ne_u32_e64 s[74:75], 7, v22\n s_mov_b64 exec, s[74:75]\n" + plain +
         "\n s_and_b64 s[70:71], s[70:71], s[74:75]\n s_and_b64 vcc, vcc, s[74:75]";
}

TEST(VectorForms, DppIsALaneMoveBeforeThePlainForm) {
  std::vector<std::string> names, snippets;
  std::set<std::string> without;
  auto add = [&](const FormOpcode &f, const char *control, const std::string &form,
                 const std::string &plain) {
    names.push_back(form + " " + control);
    snippets.push_back(compareOnDevice("", names.back(), explicitDpp(f, control, plain)));
  };
  for (const FormOpcode &f : emulatedOpcodes()) {
    bool any = false;
    for (const DppControl &c : kDppControls) {
      if (!f.decodes(kDppCode, 4 | c.control << 8 | 0xff000000))
        continue;
      any = true;
      std::string b = f.source(1, 6);
      add(f, c.text, f.text("dpp", 32, f.source(0, 4), b), f.text("e32", 40, f.source(0, 20), b));
      if (!f.isFloat(0))
        continue;
      auto modified = [&](const char *suffix, int d, int first) {
        if (!f.two())
          return f.text(suffix, d, "-|" + f.source(0, first) + "|", "");
        return f.text(suffix, d, "-" + f.source(0, first), f.isFloat(1) ? "|" + b + "|" : b);
      };
      add(f, c.text, modified("dpp", 32, 4), modified("e64", 40, 20));
    }
    if (!any)
      without.insert(f.entry->mnemonic);
  }
  EXPECT_EQ(without, kPlainOnly);
  expectHalvesEqual(names, snippets, 6);
}

// --- SDWA

struct Selection {
  const char *name;
  int at, width;
};
constexpr Selection kByte0{"BYTE_0", 0, 8}, kByte1{"BYTE_1", 8, 8}, kByte2{"BYTE_2", 16, 8},
    kByte3{"BYTE_3", 24, 8}, kWord0{"WORD_0", 0, 16}, kWord1{"WORD_1", 16, 16},
    kDword{"DWORD", 0, 32};

struct SdwaSelections {
  Selection result;
  const char *unused;
  Selection sources[2];
  bool sign_extend = false; // sources without the modifiers of floats
};
const SdwaSelections kSelections[] = {
    {kDword, "PAD", {kWord1, kByte2}},       {kByte1, "PRESERVE", {kByte3, kWord0}},
    {kWord1, "SEXT", {kDword, kWord1}},      {kByte3, "PAD", {kByte1, kDword}},
    {kDword, "PAD", {kWord0, kWord1}, true}, {kWord1, "PRESERVE", {kByte0, kWord1}, true},
};

struct SdwaModifiers {
  bool negate_absolute = false;
  const char *output = ""; // " clamp", " mul:2"
};

std::string sdwaText(const FormOpcode &f, const SdwaSelections &s, const SdwaModifiers &m) {
  std::string sources[2], selects;
  for (std::size_t n = 0; n < (f.two() ? 2u : 1u); ++n) {
    sources[n] = vectors(n ? 6 : 4, 1);
    if (m.negate_absolute && f.isFloat(n))
      sources[n] = n ? "|" + sources[n] + "|" : "-" + sources[n];
    else if (s.sign_extend && f.operands().sources[n].modifiers != OperandShape::Modifiers::kFloat)
      sources[n] = "sext(" + sources[n] + ")";
    selects += fmt::format(" src{}_sel:{}", n, s.sources[n].name);
  }
  std::string result = f.operands().no_dst_sel ? ""
                                               : fmt::format(" dst_sel:{} dst_unused:UNUSED_{}",
                                                             s.result.name, s.unused);
  return f.text("sdwa", 32, sources[0], sources[1]) + m.output + result + selects;
}

// Cuts the sources out into v20 and v22, and puts v24 into v40.
std::string explicitSdwa(const FormOpcode &f, const SdwaSelections &s, const SdwaModifiers &m) {
  std::string code, sources[2];
  for (std::size_t n = 0; n < (f.two() ? 2u : 1u); ++n) {
    const Selection &cut = s.sources[n];
    bool sign =
        s.sign_extend && f.operands().sources[n].modifiers != OperandShape::Modifiers::kFloat;
    int to = n ? 22 : 20, from = n ? 6 : 4;
    code += cut.width == 32 ? fmt::format("v_mov_b32_e32 v{}, v{}\n", to, from)
                            : fmt::format("v_bfe_{} v{}, v{}, {}, {}\n", sign ? "i32" : "u32", to,
                                          from, cut.at, cut.width);
    sources[n] = vectors(to, 1);
    if (m.negate_absolute && f.isFloat(n))
      sources[n] = n ? "|" + sources[n] + "|" : "-" + sources[n];
  }
  bool plain = !m.negate_absolute && !*m.output;
  code += "v_mov_b32_e32 v24, v8\n v_mov_b32_e32 v25, v9\n" +
          f.text(plain ? "e32" : "e64", 24, sources[0], sources[1]) + m.output + "\n";
  if (f.operands().no_dst_sel || s.result.width == 32)
    return code + "v_mov_b32_e32 v40, v24\n v_mov_b32_e32 v41, v25\n";
  std::uint64_t mask = (std::uint64_t{1} << s.result.width) - 1;
  if (std::string_view(s.unused) == "PRESERVE")
    return code + fmt::format("v_lshlrev_b32_e32 v24, {}, v24\n s_mov_b32 s76, {:#x}\n"
                              "v_bfi_b32 v40, s76, v24, v40\n",
                              s.result.at, mask << s.result.at);
  bool sign = std::string_view(s.unused) == "SEXT";
  return code + fmt::format("v_bfe_{} v24, v24, 0, {}\n v_lshlrev_b32_e32 v40, {}, v24\n",
                            sign ? "i32" : "u32", s.result.width, s.result.at);
}

// OMOD works where denormals are flushed and IEEE is off.
constexpr const char *kOmodMode = "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 4), 0\n"
                                  "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 9, 1), 0\n";

TEST(VectorForms, SdwaIsExtractionThePlainFormAndInsertion) {
  std::vector<std::string> names, snippets;
  std::set<std::string> without;
  auto add = [&](const FormOpcode &f, const SdwaSelections &s, const SdwaModifiers &m,
                 const char *mode = "") {
    names.push_back(sdwaText(f, s, m));
    snippets.push_back(compareOnDevice(mode, names.back(), explicitSdwa(f, s, m)));
  };
  for (const FormOpcode &f : emulatedOpcodes()) {
    if (!f.decodes(kSdwaCode, 4 | 6 << 8 | 6 << 16 | (f.two() ? 6u << 24 : 0))) {
      without.insert(f.entry->mnemonic);
      continue;
    }
    const Operands &o = f.operands();
    for (const SdwaSelections &s : kSelections)
      if (!s.sign_extend || !o.no_dst_sel) // fp8 and bf8 have no sext
        add(f, s, {});
    if (o.no_vop3)
      continue;
    if (f.isFloat(0)) {
      add(f, {kDword, "PAD", {kDword, kDword}}, {.negate_absolute = true});
      add(f, kSelections[1], {.negate_absolute = true});
      add(f, {kWord1, "PRESERVE", {kWord0, kWord1}}, {.negate_absolute = true});
    }
    if (o.clamp) {
      add(f, {kDword, "PAD", {kDword, kDword}}, {.output = " clamp"});
      add(f, {kWord1, "PRESERVE", {kWord1, kWord0}}, {.output = " clamp"});
    }
    // v_pk_fmac_f16 stops with OMOD, as what is not emulated.
    if (o.omod && !o.no_sdwa_omod && o.sources[0].kind != Kind::kPackedFloat)
      for (const char *omod : {" mul:2", " mul:4", " div:2"})
        add(f, {kDword, "PAD", {kDword, kDword}}, {.output = omod}, kOmodMode);
  }
  // Nor have those of 64 bits, and those that add to their destination, but for v_pk_fmac_f16.
  std::set<std::string> expected = {
      "v_ceil_f64",          "v_cvt_f32_f64",    "v_cvt_f64_f32",  "v_cvt_f64_i32",
      "v_cvt_f64_u32",       "v_cvt_i32_f64",    "v_cvt_u32_f64",  "v_dot2c_f32_bf16",
      "v_dot2c_f32_f16",     "v_dot2c_i32_i16",  "v_dot4c_i32_i8", "v_dot8c_i32_i4",
      "v_floor_f64",         "v_fmac_f32",       "v_fmac_f64",     "v_fract_f64",
      "v_frexp_exp_i32_f64", "v_frexp_mant_f64", "v_mac_f16",      "v_mov_b64",
      "v_rcp_f64",           "v_rndne_f64",      "v_rsq_f64",      "v_sqrt_f64",
      "v_trunc_f64"};
  expected.insert(kPlainOnly.begin(), kPlainOnly.end());
  EXPECT_EQ(without, expected);
  expectHalvesEqual(names, snippets, 6);
}

// --- v_cmpx

TEST(VectorForms, CmpxOfBothEncodingsSetsExecAndItsMaskAlike) {
  std::vector<std::string> names, snippets;
  for (std::uint32_t n = 0; n < 256; ++n) {
    KnownOpcode known = findOpcode(Format::kVopc, n);
    if (!known.entry || !known.entry->operands.exec)
      continue;
    ASSERT_TRUE(known.semantics) << known.entry->mnemonic;
    const auto &sources = known.entry->operands.sources;
    std::string operands = vectors(4, sources[0].dwords) + ", " + vectors(6, sources[1].dwords);
    names.push_back(fmt::format("{}_e32 vcc, {}", known.entry->mnemonic, operands));
    snippets.push_back(move("vcc", kVcc) + move("exec", kExec) + names.back() +
                       "\n s_mov_b64 s[70:71], exec\n s_mov_b64 s[72:73], vcc\n" +
                       move("vcc", kVcc) + move("exec", kExec) +
                       fmt::format("{}_e64 s[76:77], {}\n", known.entry->mnemonic, operands) +
                       "s_mov_b64 s[74:75], exec\n s_mov_b64 s[78:79], vcc\n s_mov_b64 exec, -1\n" +
                       move("vcc", kVcc) +
                       // The second encoding leaves VCC alone.
                       "v_cndmask_b32_e64 v34, 0, 1, vcc\n v_cndmask_b32_e64 v37, 0, 1, s[78:79]\n"
                       "v_cndmask_b32_e64 v32, 0, 1, s[70:71]\n"
                       "v_cndmask_b32_e64 v33, 0, 1, s[72:73]\n"
                       "v_cndmask_b32_e64 v35, 0, 1, s[74:75]\n"
                       "v_cndmask_b32_e64 v36, 0, 1, s[76:77]\n");
  }
  EXPECT_EQ(names.size(), 99u); // 16 of each float, 8 of each integer, 3 classes
  expectHalvesEqual(names, snippets, 6);
}

} // namespace
} // namespace gemmsmith::emulator
