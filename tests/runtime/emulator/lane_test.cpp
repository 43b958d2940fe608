// What moves values between lanes or picks parts of them: DPP, SDWA, lane swaps, access to single
// lanes (CDNA4 ISA 12.8, 12.11, 13.3.7-13.3.9).
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// Code over one wave: v0 is the lane, v4 valueOf(lane), v5 its complement; v32 and v33 are the
// results, which hold 1000 + lane and 2000 + lane before.
struct LaneCode {
  std::string code;
  u64 exec = ~u64{0};
};
struct LaneResults {
  std::vector<u32> first, second;
};
u32 valueOf(int lane) {
  return 0x9e3779b9u * static_cast<u32>(lane + 1);
}
std::vector<LaneResults> runLanes(const std::vector<LaneCode> &list) {
  std::vector<std::string> kernels;
  for (const LaneCode &c : list)
    kernels.push_back(fmt::format(R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  s_mov_b32 s8, 0x9e3779b9
  v_add_u32_e32 v1, 1, v0
  v_mul_lo_u32 v4, v1, s8
  v_not_b32_e32 v5, v4
  v_add_u32_e32 v32, 0x3e8, v0
  v_add_u32_e32 v33, 0x7d0, v0
  v_lshlrev_b32_e32 v2, 2, v0
  s_waitcnt lgkmcnt(0)
  s_mov_b32 exec_lo, {:#x}
  s_mov_b32 exec_hi, {:#x}
  s_nop 7
  {}
  s_nop 7
  s_mov_b64 exec, -1
  global_store_dword v2, v32, s[4:5]
  global_store_dword v2, v33, s[4:5] offset:256)",
                                  static_cast<u32>(c.exec), c.exec >> 32, c.code));
  DeviceOptions options;
  options.checks.set(Check::kEmptyExec, false);
  Harness h(options);
  h.load(assembleKernels(kernels, {.vgprs = 64, .extra = {}}));
  DevicePointer out = h.empty(512);
  std::vector<LaneResults> results(list.size(), {std::vector<u32>(64), std::vector<u32>(64)});
  for (std::size_t n = 0; n < list.size(); ++n) {
    std::string error = h.launch(fmt::format("test{}", n), {1}, {64}, out, DevicePointer{0}, 0u);
    EXPECT_EQ(error, "") << list[n].code;
    if (error.empty())
      results[n] = {h.download<u32>(out, 64), h.download<u32>(out + 256, 64)};
  }
  return results;
}
LaneResults runLanes(const std::string &code, u64 exec = ~u64{0}) {
  return runLanes(std::vector<LaneCode>{{code, exec}}).front();
}

// --- DPP

struct Control {
  const char *name;
  std::function<int(int)> source; // -1: outside
};
const std::vector<Control> kControls = {
    {"quad_perm:[3,0,1,1]",
     [](int l) {
       constexpr int kPick[] = {3, 0, 1, 1};
       return l / 4 * 4 + kPick[l % 4];
     }},
    {"row_shl:1", [](int l) { return l % 16 + 1 < 16 ? l + 1 : -1; }},
    {"row_shl:15", [](int l) { return l % 16 + 15 < 16 ? l + 15 : -1; }},
    {"row_shr:3", [](int l) { return l % 16 >= 3 ? l - 3 : -1; }},
    {"row_ror:5", [](int l) { return l % 16 >= 5 ? l - 5 : l + 16 - 5; }},
    {"wave_shl:1", [](int l) { return l < 63 ? l + 1 : -1; }},
    {"wave_rol:1", [](int l) { return l < 63 ? l + 1 : 0; }},
    {"wave_shr:1", [](int l) { return l > 0 ? l - 1 : -1; }},
    {"wave_ror:1", [](int l) { return l > 0 ? l - 1 : 63; }},
    {"row_mirror", [](int l) { return l / 16 * 16 + 15 - l % 16; }},
    {"row_half_mirror", [](int l) { return l / 8 * 8 + 7 - l % 8; }},
    {"row_bcast:15", [](int l) { return l > 15 ? (l & 0x30) - 1 : -1; }},
    {"row_bcast:31", [](int l) { return l > 31 ? (l & 0x20) - 1 : -1; }},
    {"row_newbcast:11", [](int l) { return l / 16 * 16 + 11; }},
};

TEST(Dpp, EveryControlWithMasksBoundsAndInactiveLanes) {
  struct Form {
    Control control;
    bool bound;
    int rows, banks;
  };
  std::vector<Form> forms;
  std::vector<LaneCode> codes;
  for (const Control &c : kControls)
    for (u64 exec : {~u64{0}, u64{0xf37fffe1ffff7bfe}})
      for (bool bound : {false, true})
        for (auto [rows, banks] : {std::pair{0xf, 0xf}, std::pair{0x6, 0xf}, std::pair{0xf, 0x9}}) {
          forms.push_back({c, bound, rows, banks});
          codes.push_back({fmt::format("v_mov_b32_dpp v32, v4 {} row_mask:{:#x} bank_mask:{:#x}{}",
                                       c.name, rows, banks, bound ? " bound_ctrl:0" : ""),
                           exec});
        }
  auto results = runLanes(codes);
  for (std::size_t n = 0; n < codes.size(); ++n)
    for (int l = 0; l < 64; ++l) {
      const Form &f = forms[n];
      u64 exec = codes[n].exec;
      int source = f.control.source(l);
      bool readable = source >= 0 && (exec >> source & 1);
      bool written = (exec >> l & 1) && (f.rows >> l / 16 & 1) && (f.banks >> l % 16 / 4 & 1) &&
                     (readable || f.bound);
      u32 want = !written ? static_cast<u32>(1000 + l) : readable ? valueOf(source) : 0;
      ASSERT_EQ(results[n].first[static_cast<std::size_t>(l)], want)
          << codes[n].code << fmt::format(", lane {} of {:#x}", l, exec);
    }
}

TEST(Dpp, PermutesTheFirstSourceOnly) {
  LaneResults v =
      runLanes("v_sub_u32_dpp v32, v4, v5 row_ror:1 row_mask:0xf bank_mask:0xf\n"
               "v_mov_b32_e32 v33, v4\n s_nop 4\n"
               "v_dot4c_i32_i8_dpp v33, v4, v5 row_half_mirror row_mask:0xf bank_mask:0xf");
  for (int l = 0; l < 64; ++l) {
    auto at = static_cast<std::size_t>(l);
    u32 other = valueOf(l % 16 ? l - 1 : l + 15);
    EXPECT_EQ(v.first[at], other - ~valueOf(l)) << l;
    u32 mirrored = valueOf(l / 8 * 8 + 7 - l % 8), sum = valueOf(l);
    for (int n = 0; n < 32; n += 8)
      sum += static_cast<u32>(signedField(mirrored, n, 8) * signedField(~valueOf(l), n, 8));
    EXPECT_EQ(v.second[at], sum) << l;
  }
}

TEST(Dpp, FloatModifiersAndCarries) {
  LaneResults v = runLanes("v_and_b32_e32 v4, 0x3fffffff, v4\n s_nop 4\n"
                           "v_max_f32_dpp v32, -v4, |v4| wave_ror:1 row_mask:0xf bank_mask:0xf\n"
                           "v_add_co_u32_dpp v33, vcc, v5, v5 row_shl:2 row_mask:0xf bank_mask:0xf "
                           "bound_ctrl:0\n v_addc_co_u32_e64 v33, vcc, 0, 0, vcc");
  for (int l = 0; l < 64; ++l) {
    auto at = static_cast<std::size_t>(l);
    EXPECT_EQ(v.first[at], valueOf(l) & 0x3fffffff) << l; // the other operand is negative
    u64 sum = (l % 16 + 2 < 16 ? u64{~valueOf(l + 2)} : 0) + ~valueOf(l);
    EXPECT_EQ(v.second[at], sum >> 32) << l;
  }
}

TEST(Dpp, SelectionsAndMaximaOfOtherLanes) {
  LaneResults v =
      runLanes("s_mov_b32 vcc_lo, 0x0f0f0f0f\n s_mov_b32 vcc_hi, 0x33333333\n s_nop 4\n"
               "v_cndmask_b32_dpp v32, v4, v5, vcc row_mirror row_mask:0xf bank_mask:0xf\n"
               "v_max_u32_dpp v33, v4, v4 wave_rol:1 row_mask:0xf bank_mask:0x3");
  for (int l = 0; l < 64; ++l) {
    auto at = static_cast<std::size_t>(l);
    u64 vcc = 0x333333330f0f0f0f;
    EXPECT_EQ(v.first[at], vcc >> l & 1 ? ~valueOf(l) : valueOf(l / 16 * 16 + 15 - l % 16)) << l;
    u32 larger = std::max(valueOf((l + 1) % 64), valueOf(l));
    EXPECT_EQ(v.second[at], l / 4 % 4 < 2 ? larger : 2000 + static_cast<u32>(l)) << l;
  }
}

TEST(Dpp, SixtyFourBitOperandsAllowOnlyRowNewbcast) {
  LaneResults v =
      runLanes("v_mov_b32_e32 v6, v4\n v_mov_b32_e32 v7, v5\n s_nop 4\n"
               "v_mov_b64_dpp v[32:33], v[6:7] row_newbcast:9 row_mask:0xd bank_mask:0xf",
               0xffffffff0fffffff);
  for (int l = 0; l < 64; ++l) {
    auto at = static_cast<std::size_t>(l);
    bool written = l / 16 != 1;
    EXPECT_EQ(v.first[at], written ? valueOf(l / 16 * 16 + 9) : 1000 + static_cast<u32>(l)) << l;
    EXPECT_EQ(v.second[at], written ? ~valueOf(l / 16 * 16 + 9) : 2000 + static_cast<u32>(l)) << l;
  }
  Harness h; // v_mov_b64_dpp v[6:7], v[4:5] row_mirror
  h.load(assemble("v_mov_b32_e32 v4, 0\n v_mov_b32_e32 v5, 0\n .long 0x7e0c70fa, 0xff014004"));
  EXPECT_NE(
      h.launch("test", {1}, {64}, h.empty(4), DevicePointer{0}, 0u).find("is not an instruction"),
      std::string::npos);
}

// --- SDWA

struct Select {
  const char *name;
  int at, width;
};
const std::vector<Select> kSelects = {{"BYTE_0", 0, 8},  {"BYTE_1", 8, 8},  {"BYTE_2", 16, 8},
                                      {"BYTE_3", 24, 8}, {"WORD_0", 0, 16}, {"WORD_1", 16, 16},
                                      {"DWORD", 0, 32}};

TEST(Sdwa, EverySelectionOfSourcesWithAndWithoutSign) {
  std::vector<InstructionCase> cases;
  for (const Select &s0 : kSelects)
    for (const Select &s1 : kSelects)
      cases.push_back(ofValues(
          fmt::format("v_sub_u32_sdwa v32, sext(v4), v5 dst_sel:DWORD src0_sel:{} src1_sel:{}",
                      s0.name, s1.name),
          [=](u32 a, u32 b, u32) {
            return static_cast<u32>(signedField(a, s0.at, s0.width) -
                                    unsignedField(b, s1.at, s1.width));
          }));
  cases.push_back(ofValues(
      "v_sub_u32_sdwa v32, v4, sext(v5) dst_sel:DWORD src0_sel:WORD_1 "
      "src1_sel:BYTE_1",
      [](u32 a, u32 b, u32) { return static_cast<u32>((a >> 16) - signedField(b, 8, 8)); }));
  cases.push_back(ofValues("s_mov_b32 s20, 0x12345678\n v_add_u32_sdwa v32, s20, v5 dst_sel:DWORD "
                           "src0_sel:WORD_1 src1_sel:BYTE_3",
                           [](u32, u32 b, u32) { return 0x1234 + (b >> 24); }));
  expectCases(cases);
}

TEST(Sdwa, EveryDestinationAndWhatBecomesOfTheRest) {
  constexpr u64 kMask = 0x00ffff0ff0f0aaaa;
  std::vector<InstructionCase> cases;
  for (const Select &d : kSelects)
    for (const char *unused : {"UNUSED_PAD", "UNUSED_SEXT", "UNUSED_PRESERVE"}) {
      InstructionCase c = ofValuesAndOld(
          fmt::format("v_xor_b32_sdwa v32, v4, v5 dst_sel:{} dst_unused:{} src0_sel:DWORD "
                      "src1_sel:WORD_1",
                      d.name, unused),
          [=](u32 a, u32 b, u32, u32 old) {
            u64 field = static_cast<u64>(unsignedField(a ^ b >> 16, 0, d.width)) << d.at;
            u64 mask = ((u64{1} << d.width) - 1) << d.at;
            if (std::string(unused) == "UNUSED_PRESERVE")
              return static_cast<u32>(field | (old & ~mask));
            bool negative = field >> (d.at + d.width - 1) & 1;
            if (std::string(unused) == "UNUSED_SEXT" && negative)
              field |= ~u64{0} << (d.at + d.width);
            return static_cast<u32>(field);
          });
      cases.push_back(c);
      cases.push_back(inLanes(kMask, c));
    }
  expectCases(cases);
}

TEST(Sdwa, ClampModifiersMovesAndComparisons) {
  auto absolute = [](u32 v) { return v & 0x7fffffff; };
  const std::vector<InstructionCase> cases = {
      ofValues("v_add_u32_sdwa v32, v4, v5 clamp dst_sel:DWORD src0_sel:DWORD src1_sel:WORD_0",
               [](u32 a, u32 b, u32) {
                 return static_cast<u32>(limited(i64{a} + (b & 0xffff), 0, 0xffffffff));
               }),
      ofValuesAndOld("v_mov_b32_sdwa v32, v4 dst_sel:BYTE_2 dst_unused:UNUSED_PRESERVE "
                     "src0_sel:BYTE_3",
                     [](u32 a, u32, u32, u32 old) { return (old & 0xff00ffff) | (a >> 24) << 16; }),
      ofValues("v_mov_b32_sdwa v32, sext(v4) dst_sel:DWORD src0_sel:BYTE_0",
               [](u32 a, u32, u32) { return static_cast<u32>(signedField(a, 0, 8)); }),
      // of normal numbers, so that the larger one is one of the inputs
      ofValues("v_and_b32_e32 v4, 0x7fffffff, v4\n v_and_b32_e32 v5, 0x7fffffff, v5\n"
               "v_min_u32_e32 v4, 0x7f000000, v4\n v_min_u32_e32 v5, 0x7f000000, v5\n s_nop 4\n"
               "v_max_f32_sdwa v32, -v4, |v5| dst_sel:DWORD src0_sel:DWORD src1_sel:DWORD",
               [=](u32, u32 b, u32) { return std::min(absolute(b), 0x7f000000u); }),
      ofValues("v_cmp_lt_i32_sdwa vcc, sext(v4), sext(v5) src0_sel:BYTE_1 src1_sel:WORD_1\n"
               "v_cndmask_b32_e32 v32, v5, v6, vcc",
               [](u32 a, u32 b, u32 c) {
                 return signedField(a, 8, 8) < signedField(b, 16, 16) ? c : b;
               }),
      ofValues("v_cmp_gt_u32_sdwa s[20:21], v4, v5 src0_sel:WORD_0 src1_sel:BYTE_0\n s_nop 4\n"
               "v_cndmask_b32_e64 v32, v5, v6, s[20:21]",
               [](u32 a, u32 b, u32 c) { return (a & 0xffff) > (b & 0xff) ? c : b; }),
      ofValues("v_add_u16_sdwa v32, v4, v5 dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:WORD_1 "
               "src1_sel:BYTE_1",
               [](u32 a, u32 b, u32) { return ((a >> 16) + (b >> 8 & 0xff)) << 16; }),
      ofValues("v_add_co_u32_sdwa v10, vcc, v4, v5 dst_sel:DWORD src0_sel:DWORD src1_sel:WORD_1\n"
               "v_addc_co_u32_e64 v32, vcc, 0, 0, vcc",
               [](u32 a, u32 b, u32) { return static_cast<u32>((u64{a} + (b >> 16)) >> 32); }),
      ofValues("s_mov_b32 vcc_lo, 0x55555555\n s_mov_b32 vcc_hi, 0x55555555\n"
               "v_cndmask_b32_sdwa v10, v4, v5, vcc dst_sel:DWORD src0_sel:BYTE_0 src1_sel:WORD_1\n"
               "v_mbcnt_lo_u32_b32 v11, -1, 0\n v_and_b32_e32 v11, 1, v11\n"
               "v_mad_u32_u24 v32, v11, 0, v10",
               nullptr),
  };
  std::vector<InstructionCase> all = cases;
  all.back().expected = [](const Inputs &in, unsigned lane) {
    return Outputs{lane % 2 == 0 ? in[1] >> 16 : in[0] & 0xff};
  };
  expectCases(all);
}

// --- lane swaps

TEST(LaneSwap, RowsChangePlacesAndInactiveLanesFollowTheModifiers) {
  struct Form {
    int row;
    bool fetch_inactive, bound;
  };
  std::vector<Form> forms;
  std::vector<LaneCode> codes;
  for (int row : {16, 32})
    for (u64 exec : {~u64{0}, u64{0xffff00ff0ff0fff1}, u64{0x00000000ffffffff}, u64{0}})
      for (bool fetch_inactive : {false, true})
        for (bool bound : {false, true}) {
          forms.push_back({row, fetch_inactive, bound});
          codes.push_back({fmt::format("v_permlane{}_swap_b32_e64 v32, v33{}{}", row,
                                       bound ? " bound_ctrl:1" : "", fetch_inactive ? " fi:1" : ""),
                           exec});
        }
  auto results = runLanes(codes);
  for (std::size_t n = 0; n < codes.size(); ++n)
    for (int l = 0; l < 64; ++l) {
      const Form &f = forms[n];
      u64 exec = codes[n].exec;
      bool upper = l / f.row % 2;
      int partner = upper ? l - f.row : l + f.row;
      auto swapped = [&](u32 own, u32 others) {
        if (!(exec >> l & 1))
          return own;
        if (f.fetch_inactive || (exec >> partner & 1))
          return others;
        return f.bound ? 0 : own;
      };
      auto first = static_cast<u32>(1000 + l), second = static_cast<u32>(2000 + l);
      if (upper)
        first = swapped(first, static_cast<u32>(2000 + partner));
      else
        second = swapped(second, static_cast<u32>(1000 + partner));
      ASSERT_EQ(results[n].first[static_cast<std::size_t>(l)], first)
          << codes[n].code << fmt::format(", lane {} of {:#x}", l, exec);
      ASSERT_EQ(results[n].second[static_cast<std::size_t>(l)], second)
          << codes[n].code << fmt::format(", lane {} of {:#x}", l, exec);
    }
}

TEST(LaneSwap, OfARegisterWithItself) {
  LaneResults v = runLanes("v_permlane16_swap_b32 v32, v32\n v_permlane32_swap_b32 v33, v33");
  for (u32 l = 0; l < 64; ++l) {
    EXPECT_EQ(v.first[l], 1000 + (l ^ 16)) << l;
    EXPECT_EQ(v.second[l], 2000 + (l ^ 32)) << l;
  }
}

TEST(LaneSwap, OfWholeRegistersInActiveLanes) {
  LaneResults v = runLanes("v_swap_b32 v32, v33", 0x8000000000000006);
  for (u32 l = 0; l < 64; ++l) {
    bool active = l == 63 || l == 1 || l == 2;
    EXPECT_EQ(v.first[l], (active ? 2000 : 1000) + l) << l;
    EXPECT_EQ(v.second[l], (active ? 1000 : 2000) + l) << l;
  }
}

// --- single lanes and counts of lanes

TEST(SingleLanes, ReadAndWrittenWhateverExec) {
  LaneResults v = runLanes("s_mov_b32 s20, 0x51\n s_mov_b32 m0, 40\n s_nop 4\n" // 0x51 % 64 = 17
                           "v_readlane_b32 s21, v4, s20\n v_readlane_b32 s22, v4, m0\n"
                           "v_readlane_b32 s23, v4, 63\n s_nop 4\n"
                           "v_writelane_b32 v32, s21, 3\n v_writelane_b32 v32, s22, 17\n"
                           "v_writelane_b32 v32, -5, m0\n v_writelane_b32 v33, m0, 0\n"
                           "v_writelane_b32 v33, s23, 1\n"
                           "v_readfirstlane_b32 s24, v4\n s_nop 4\n v_writelane_b32 v33, s24, 2",
                           0x10);
  for (u32 l = 0; l < 64; ++l) {
    u32 first = l == 3 ? valueOf(17) : l == 17 ? valueOf(40) : l == 40 ? -5u : 1000 + l;
    u32 second = l == 0 ? 40 : l == 1 ? valueOf(63) : l == 2 ? valueOf(4) : 2000 + l;
    EXPECT_EQ(v.first[l], first) << l;
    EXPECT_EQ(v.second[l], second) << l;
  }
}

TEST(SingleLanes, FirstLaneIsLaneZeroWithoutActiveLanes) {
  LaneResults v = runLanes("v_readfirstlane_b32 s20, v4\n s_mov_b64 exec, -1\n s_nop 4\n"
                           "v_mov_b32_e32 v32, s20",
                           0);
  for (u32 l = 0; l < 64; ++l)
    EXPECT_EQ(v.first[l], valueOf(0)) << l;
}

TEST(SingleLanes, CountsOfLanesBelow) {
  LaneResults v =
      runLanes("v_mbcnt_lo_u32_b32 v32, v4, v0\n v_mbcnt_hi_u32_b32 v33, v4, v0\n", ~u64{0});
  for (u32 l = 0; l < 64; ++l) {
    u64 below = (u64{1} << l) - 1;
    EXPECT_EQ(v.first[l], l + static_cast<u32>(std::popcount(valueOf(int(l)) & u32(below)))) << l;
    EXPECT_EQ(v.second[l], l + static_cast<u32>(std::popcount(valueOf(int(l)) & u32(below >> 32))))
        << l;
  }
}

TEST(Moves, ModifiersSelectionAndAccumulationRegisters) {
  const std::vector<InstructionCase> cases = {
      ofValues("v_mov_b32_e32 v32, v4", [](u32 a, u32, u32) { return a; }),
      ofValues("v_mov_b32_e32 v32, 0.15915494", [](u32, u32, u32) { return 0x3e22f983u; }),
      ofValues("v_nop\n v_clrexcp\n v_mov_b32_e32 v32, v5", [](u32, u32 b, u32) { return b; }),
      ofValues("v_accvgpr_write_b32 a3, v4\n s_nop 4\n v_accvgpr_mov_b32 a4, a3\n s_nop 4\n"
               "v_accvgpr_read_b32 v32, a4",
               [](u32 a, u32, u32) { return a; }),
      ofValues("v_cmp_lt_i32_e32 vcc, v4, v5\n v_cndmask_b32_e32 v32, v5, v6, vcc",
               [](u32 a, u32 b, u32 c) { return asSigned(a) < asSigned(b) ? c : b; }),
      ofValues("v_cmp_gt_u32_e64 s[20:21], v4, v5\n s_nop 4\n"
               "v_cndmask_b32_e64 v32, -v5, |v6|, s[20:21]",
               [](u32 a, u32 b, u32 c) { return a > b ? c & 0x7fffffff : b ^ 0x80000000; }),
      inLanes(0x8001000000ff00f0,
              ofValues("v_mov_b32_e32 v32, v4", [](u32 a, u32, u32) { return a; })),
  };
  expectCases(cases);
}

} // namespace
} // namespace gemmsmith::emulator
