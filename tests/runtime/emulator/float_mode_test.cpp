// What MODE, output modifiers and EXEC do to float results.
#include "tests/runtime/emulator/float_cases.h"
#include "tests/runtime/emulator/snippets.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using namespace reference;

// --- OMOD

u64 sum(BinaryFormat f, u64 a, u64 b, Round r) {
  return add(f, a, b, r);
}
// Results without denormals and without -0, as where OMOD applies.
u64 multiplied(BinaryFormat f, u64 v, int power, Round r) {
  if (v == kAnyNaN)
    return v;
  v = flushed(f, scale(f, v, power, r));
  return isZero(f, v) ? 0 : v;
}
struct OmodForm {
  const char *text;
  int power;
};
constexpr OmodForm kOmodForms[] = {{" mul:2", 1}, {" mul:4", 2}, {" div:2", -1}};

std::string addCode(BinaryFormat f) {
  return f.width() == 64   ? "v_add_f64 v[32:33], v[4:5], v[6:7]"
         : f.width() == 32 ? "v_add_f32_e64 v32, v4, v5"
                           : "v_add_f16_e64 v32, v4, v5";
}

TEST(OutputModifiers, MultiplyOnlyWithoutIeeeModeAndWithoutDenormalResults) {
  for (BinaryFormat f : {kF16, kF32, kF64}) {
    std::vector<FloatCase> applied, ignored;
    for (const OmodForm &form : kOmodForms) {
      applied.push_back({addCode(f) + form.text,
                         [=](u64 a, u64 b, u64, Round r) {
                           return multiplied(f, sum(f, a, b, r), form.power, r);
                         },
                         f});
      ignored.push_back(
          {addCode(f) + form.text, [=](u64 a, u64 b, u64, Round r) { return sum(f, a, b, r); }, f});
    }
    for (int d : {0, 1})
      checkFloatCases(f, applied, {.denormals_32 = d, .denormals_16_64 = d, .ieee = false});
    checkFloatCases(f, applied,
                    {.round_32 = Round::kTowardZero,
                     .round_16_64 = Round::kTowardZero,
                     .denormals_32 = 1,
                     .denormals_16_64 = 1,
                     .ieee = false});
    checkFloatCases(f, ignored, {.denormals_32 = 0, .denormals_16_64 = 0, .ieee = true});
    for (int d : {2, 3})
      checkFloatCases(f, ignored, {.denormals_32 = d, .denormals_16_64 = d, .ieee = false});
  }
}

// --- CLAMP

u64 clamped(BinaryFormat f, u64 v, bool dx10) {
  if (v == kAnyNaN)
    return dx10 ? 0 : v;
  u64 one = static_cast<u64>(f.bias()) << f.mantissa_bits;
  return compare(f, v, 0) < 0 ? 0 : compare(f, v, one) > 0 ? one : v;
}

TEST(OutputModifiers, ClampLimitsToZeroAndOneAndDx10ClampTurnsNaNToZero) {
  for (bool dx10 : {false, true})
    for (BinaryFormat f : {kF16, kF32, kF64}) {
      const std::vector<FloatCase> cases = {
          {addCode(f) + " clamp",
           [=](u64 a, u64 b, u64, Round r) { return clamped(f, sum(f, a, b, r), dx10); }, f},
      };
      checkFloatCases(f, cases, {.dx10_clamp = dx10});
      checkFloatCases(f, cases, {.denormals_32 = 0, .denormals_16_64 = 0, .dx10_clamp = dx10});
    }
}
TEST(OutputModifiers, ClampComesAfterTheMultiplication) {
  const std::vector<FloatCase> cases = {
      {"v_mul_f32_e64 v32, v4, v5 clamp div:2",
       [](u64 a, u64 b, u64, Round r) {
         return clamped(kF32, multiplied(kF32, multiply(kF32, a, b, r), -1, r), true);
       },
       kF32},
  };
  checkFloatCases(kF32, cases, {.denormals_32 = 0, .ieee = false});
}
TEST(OutputModifiers, IntegerResultsOfConversionsAreNotClamped) {
  const std::vector<FloatCase> cases = {
      {"v_cvt_i32_f32_e64 v32, v4 clamp",
       [](u64 a, u64, u64, Round) -> u64 {
         if (isNaN(kF32, a))
           return 0;
         auto v = isInfinite(kF32, a)
                      ? (a & kF32.sign() ? -(WideInteger{1} << 100) : WideInteger{1} << 100)
                      : integer(kF32, a, Round::kTowardZero);
         WideInteger least = -2147483648LL, most = 2147483647;
         return static_cast<u32>(v < least ? least : v > most ? most : v);
       },
       kBits32},
  };
  checkFloatCases(kF32, cases);
}

// --- FP16_OVFL

TEST(HalfOverflow, BecomesTheLargestHalfButInfinitiesStay) {
  auto limited = [](u64 v, bool infinite_operand) {
    return v != kAnyNaN && isInfinite(kF16, v) && !infinite_operand
               ? (v & kF16.sign()) | kF16.largest()
               : v;
  };
  auto infinite = [](u64 a, u64 b) { return isInfinite(kF16, a) || isInfinite(kF16, b); };
  const std::vector<FloatCase> cases = {
      {"v_add_f16_e32 v32, v4, v5",
       [=](u64 a, u64 b, u64, Round r) { return limited(sum(kF16, a, b, r), infinite(a, b)); },
       kF16},
      {"v_mul_f16_e32 v32, v4, v5",
       [=](u64 a, u64 b, u64, Round r) { return limited(multiply(kF16, a, b, r), infinite(a, b)); },
       kF16},
      {"v_fma_legacy_f16 v32, v4, v5, v6",
       [=](u64 a, u64 b, u64 c, Round r) {
         return limited(fused(kF16, a, b, c, r), infinite(a, b) || isInfinite(kF16, c));
       },
       kF16},
      {"v_rcp_f16_e32 v32, v4", // of a zero it is infinite; of the least denormals it overflows
       [=](u64 a, u64, u64, Round) {
         u64 r = divide(kF16, 0x3c00, a, Round::kNearestEven);
         return isZero(kF16, a) ? r : limited(r, false);
       },
       kF16},
  };
  for (Round r : {Round::kNearestEven, Round::kUp, Round::kDown})
    checkFloatCases(kF16, cases, {.round_16_64 = r, .half_overflow = true});
  const std::vector<FloatCase> conversions = {
      {"v_cvt_f16_f32_e32 v32, v4",
       [=](u64 a, u64, u64, Round r) {
         return limited(convert(kF32, kF16, a, r), isInfinite(kF32, a));
       },
       kF16},
      {"v_cvt_pk_f16_f32 v32, v5, v4\n v_lshrrev_b32_e32 v32, 16, v32",
       [=](u64 a, u64, u64, Round) {
         return limited(convert(kF32, kF16, a, Round::kNearestEven), isInfinite(kF32, a));
       },
       kF16},
  };
  checkFloatCases(kF32, conversions, {.half_overflow = true});
}

// --- s_setreg and s_getreg

std::vector<u32> firstRow(const std::string &code, int dwords, const std::string &directives = "") {
  std::vector<u32> inputs(64 * 2);
  for (std::size_t l = 0; l < 64; ++l) {
    inputs[2 * l] = 0x3f800000; // 1
    inputs[2 * l + 1] = 1 + static_cast<u32>(l);
  }
  SnippetTable table;
  table.inputs = inputs;
  table.input_dwords = 2;
  table.output_dwords = dwords;
  table.directives = directives;
  auto results = runSnippets({&code, 1}, table);
  EXPECT_FALSE(results[0].empty());
  results[0].resize(static_cast<std::size_t>(64 * dwords));
  return results[0];
}

TEST(ModeRegister, FieldsAreWrittenAndReadBackAlone) {
  auto r = firstRow("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 6\n s_nop 1\n"
                    "s_getreg_b32 s20, hwreg(HW_REG_MODE, 0, 10)\n v_mov_b32_e32 v32, s20\n"
                    "s_mov_b32 s21, 0xfffffff2\n s_setreg_b32 hwreg(HW_REG_MODE, 2, 3), s21\n"
                    "s_nop 1\n s_getreg_b32 s20, hwreg(HW_REG_MODE, 0, 10)\n"
                    "v_mov_b32_e32 v33, s20\n s_setreg_imm32_b32 hwreg(HW_REG_MODE, 9, 1), 0\n"
                    "s_nop 1\n s_getreg_b32 s20, hwreg(HW_REG_MODE, 4, 6)\n"
                    "v_mov_b32_e32 v34, s20",
                    3);
  EXPECT_EQ(r[0], 0x3f6u); // IEEE, DX10_CLAMP and all denormals are the descriptor's
  EXPECT_EQ(r[1], 0x3eau); // 010 in bits 4:2
  EXPECT_EQ(r[2], 0x1eu);  // bits 9:4, without IEEE
}

TEST(ModeRegister, RoundingChangesFromOneInstructionToTheNext) {
  // 1 + tiny, under each mode in turn.
  std::string code;
  for (int mode : {1, 0, 2, 3})
    code += fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), {}\n s_nop 1\n"
                        "v_add_f32_e32 v{}, v4, v5\n v_sub_f32_e32 v{}, v4, v5\n",
                        mode, 32 + 2 * mode, 33 + 2 * mode);
  auto r = firstRow(code, 8);
  constexpr u32 kOne = 0x3f800000, kAbove = 0x3f800001, kBelow = 0x3f7fffff;
  const u32 expected[] = {kOne, kOne, kAbove, kOne, kOne, kBelow, kOne, kBelow};
  for (int l = 0; l < 64; ++l)
    for (int n = 0; n < 8; ++n)
      ASSERT_EQ(r[static_cast<std::size_t>(8 * l + n)], expected[n]) << n;
}

// --- EXEC

// One instruction of each kind of handler. Registers that it may write: v32, v33 and vcc.
const std::vector<std::string> kOneOfEachKind = {
    "v_add_f32_e32 v32, v4, v5",
    "v_fma_f32 v32, v4, v5, v6",
    "v_fmac_f32_e32 v32, v4, v5",
    "v_add_f64 v[32:33], v[4:5], v[6:7]",
    "v_add_f16_e32 v32, v4, v5",
    "v_fma_f16 v32, v4, v5, v6",
    "v_fma_f16 v32, v4, v5, v6 op_sel:[0,0,0,1]",
    "v_mul_f32_e64 v32, v4, v5 clamp",
    "v_max_f32_e32 v32, v4, v5",
    "v_rcp_f32_e32 v32, v4",
    "v_sin_f16_e32 v32, v4",
    "v_cvt_f16_f32_e32 v32, v4",
    "v_cvt_i32_f64_e32 v32, v[4:5]",
    "v_cvt_pk_f16_f32 v32, v4, v5",
    "v_cvt_pkaccum_u8_f32 v32, v4, v5",
    "v_cvt_sr_bf16_f32 v32, v4, v5",
    "v_div_scale_f32 v32, vcc, v4, v4, v5",
    "v_div_fmas_f64 v[32:33], v[4:5], v[6:7], v[4:5]",
    "v_cmp_lt_f32_e32 vcc, v4, v5",
    "v_cmp_class_f64_e32 vcc, v[4:5], v6",
    "v_cmpx_gt_f16_e32 vcc, v4, v5",
};

TEST(PartialExec, InactiveLanesKeepTheirRegistersAndGiveZeroMaskBits) {
  constexpr u32 kLow = 0x0f3355aa, kHigh = 0x80c0ffee;
  std::vector<u32> inputs;
  for (u32 l = 0; l < 64; ++l)
    for (u32 v : {0x3f803000u + l * 0x00300155, 0x40490fdbu ^ l << 20,
                  0xc0000000u + (l << 18) + l * 37, 0x3ff00000u + l})
      inputs.push_back(v);
  for (int round : {0, 1}) {
    std::vector<std::string> snippets;
    for (const std::string &code : kOneOfEachKind)
      for (bool partial : {false, true})
        snippets.push_back(fmt::format(
            "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), {}\n v_mov_b32_e32 v32, 0x11111111\n"
            "v_mov_b32_e32 v33, 0x22222222\n s_mov_b32 vcc_lo, {}\n s_mov_b32 vcc_hi, {}\n"
            "s_mov_b32 exec_lo, {}\n s_mov_b32 exec_hi, {}\n s_nop 4\n {}\n s_nop 4\n"
            "s_mov_b64 s[20:21], exec\n s_mov_b64 exec, -1\n v_mov_b32_e32 v34, vcc_lo\n"
            "v_mov_b32_e32 v35, vcc_hi\n v_mov_b32_e32 v36, s20\n v_mov_b32_e32 v37, s21",
            round * 5, 0x0ff0ff00u, 0xf0f0f0f0u, partial ? kLow : ~0u, partial ? kHigh : ~0u,
            code));
    SnippetTable table;
    table.inputs = inputs;
    table.input_dwords = 4;
    table.output_dwords = 6;
    auto results = runSnippets(snippets, table);
    u64 active = kLow | u64{kHigh} << 32;
    for (std::size_t n = 0; n < kOneOfEachKind.size(); ++n) {
      const auto &full = results[2 * n], &part = results[2 * n + 1];
      const std::string &code = kOneOfEachKind[n];
      ASSERT_FALSE(full.empty() || part.empty()) << code;
      for (std::size_t l = 0; l < 64; ++l) {
        bool on = active >> l & 1;
        ASSERT_EQ(part[6 * l], on ? full[6 * l] : 0x11111111u) << code << ", lane " << l;
        ASSERT_EQ(part[6 * l + 1], on ? full[6 * l + 1] : 0x22222222u) << code << ", lane " << l;
      }
      bool sets_vcc = code.starts_with("v_cmp") || code.starts_with("v_div_scale");
      bool sets_exec = code.starts_with("v_cmpx");
      u64 vcc = part[2] | u64{part[3]} << 32, full_vcc = full[2] | u64{full[3]} << 32;
      u64 exec = part[4] | u64{part[5]} << 32;
      EXPECT_EQ(vcc, sets_vcc ? full_vcc & active : full_vcc) << code;
      EXPECT_EQ(exec, sets_exec ? full_vcc & active : active) << code;
      if (sets_vcc && !code.starts_with("v_div_scale")) {
        EXPECT_NE(full_vcc, 0u) << code;
        EXPECT_NE(full_vcc, ~u64{0}) << code;
      }
    }
  }
}

// --- halves of registers

TEST(HalfRegisters, OperandsAndResultsAreWhereOpSelSays) {
  // v4 = {high, low} and so on; the result's other half is 0xabcd before.
  struct HalfCase {
    std::string code;
    int select[3];
    bool high;
  };
  std::vector<HalfCase> halves;
  for (int n = 0; n < 16; ++n)
    halves.push_back({fmt::format("v_fma_f16 v32, v4, v5, v6 op_sel:[{},{},{},{}]", n & 1,
                                  n >> 1 & 1, n >> 2 & 1, n >> 3),
                      {n & 1, n >> 1 & 1, n >> 2 & 1},
                      n >= 8});
  std::vector<u32> inputs;
  std::vector<std::string> snippets;
  for (u32 l = 0; l < 64; ++l)
    for (u32 v :
         {0x3c004000u + l * 0x00010007, 0xc1003800u + l * 0x00050003, 0x44003400u + l * 0x00030001})
      inputs.push_back(v);
  for (const HalfCase &c : halves)
    snippets.push_back("v_mov_b32_e32 v32, 0xabcdabcd\n" + c.code);
  SnippetTable table;
  table.inputs = inputs;
  auto results = runSnippets(snippets, table);
  for (std::size_t n = 0; n < halves.size(); ++n) {
    ASSERT_FALSE(results[n].empty());
    for (std::size_t l = 0; l < 64; ++l) {
      u64 v[3];
      for (std::size_t k = 0; k < 3; ++k)
        v[k] = inputs[3 * l + k] >> 16 * halves[n].select[k] & 0xffff;
      u64 r = fused(kF16, v[0], v[1], v[2], Round::kNearestEven);
      u64 expected = halves[n].high ? r << 16 | 0xabcd : r | 0xabcd0000;
      ASSERT_EQ(results[n][l], expected) << halves[n].code << ", lane " << l;
    }
  }
}

TEST(HalfRegisters, TheOtherHalfIsKeptByTheNewFormsAndZeroedByTheLegacyOnes) {
  struct Form {
    const char *code;
    u32 kept;
  };
  const Form forms[] = {
      {"v_mad_f16 v32, v4, v5, v5", 0xabcd0000},
      {"v_fma_f16 v32, v4, v5, v5", 0xabcd0000},
      {"v_div_fixup_f16 v32, v4, v5, v5", 0xabcd0000},
      {"v_cvt_sr_f16_f32 v32, v4, v5", 0xabcd0000},
      {"v_cvt_sr_bf16_f32 v32, v4, v5", 0xabcd0000},
      {"v_cvt_sr_bf16_f32 v32, v4, v5 op_sel:[0,0,1]", 0x0000abcd},
      {"v_mad_legacy_f16 v32, v4, v5, v5", 0},
      {"v_fma_legacy_f16 v32, v4, v5, v5", 0},
      {"v_div_fixup_legacy_f16 v32, v4, v5, v5", 0},
      {"v_mac_f16_e32 v32, v4, v5", 0},
      {"v_add_f16_e32 v32, v4, v5", 0},
      {"v_add_f16_e64 v32, v4, v5", 0},
      {"v_rcp_f16_e32 v32, v5", 0},
      {"v_cvt_f16_f32_e32 v32, v4", 0},
      {"v_cvt_u16_f16_e32 v32, v5", 0},
  };
  for (const Form &f : forms) {
    u32 other = f.kept == 0x0000abcd ? 0x0000ffff : 0xffff0000;
    for (u32 r : firstRow(std::string("v_mov_b32_e32 v32, 0xabcdabcd\n") + f.code, 1))
      ASSERT_EQ(r & other, f.kept) << f.code;
  }
}

} // namespace
} // namespace gemmsmith::emulator
