// Branches, hardware registers, messages, VGPR indexing; what becomes of undefined scalar bits
// (CDNA4 ISA 4, 5.8, 6.6, 12.5).
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <set>

namespace gemmsmith::emulator {
namespace {

struct ScalarLaunch {
  Dim3 grid = {1};
  u32 waves = 1;
  int lds = 0;
};

// Runs pieces of code that leave a result in s30, once per wave; results by workgroup, then wave.
std::vector<std::vector<u32>> runScalar(const std::vector<std::string> &codes,
                                        const ScalarLaunch &launch = {}) {
  std::vector<std::string> kernels;
  for (const std::string &code : codes)
    kernels.push_back(fmt::format(R"(
  s_load_dwordx2 s[6:7], s[0:1], 0x0
  v_lshrrev_b32_e32 v1, 6, v0
  s_nop 4
  v_readfirstlane_b32 s8, v1
  s_mul_i32 s9, s3, {0}
  s_add_u32 s9, s9, s2
  s_mul_i32 s9, s9, {1}
  s_add_u32 s9, s9, s8
  s_lshl_b32 s9, s9, 2
  s_waitcnt lgkmcnt(0)
  {2}
  s_mov_b64 exec, 1
  v_mov_b32_e32 v2, s9
  v_mov_b32_e32 v3, s30
  global_store_dword v2, v3, s[6:7])",
                                  launch.grid.x, launch.waves, code));
  Harness h;
  h.load(assembleKernels(kernels, {.lds_bytes = launch.lds, .workgroup_id = 2, .extra = {}}));
  std::size_t count = std::size_t{launch.grid.x} * launch.grid.y * launch.waves;
  std::vector<std::vector<u32>> results;
  for (std::size_t n = 0; n < codes.size(); ++n) {
    DevicePointer out = h.empty(count * 4);
    EXPECT_EQ(h.launch(fmt::format("test{}", n), launch.grid, {64 * launch.waves}, out,
                       DevicePointer{0}, 0u),
              "")
        << codes[n];
    results.push_back(h.download<u32>(out, count));
  }
  return results;
}

struct ScalarResult {
  std::string code;
  u32 value;
};
void expectResults(const std::vector<ScalarResult> &list) {
  std::vector<std::string> codes;
  for (const ScalarResult &r : list)
    codes.push_back(r.code);
  auto results = runScalar(codes);
  for (std::size_t n = 0; n < list.size(); ++n)
    EXPECT_EQ(results[n].at(0), list[n].value) << list[n].code;
}

struct ScalarError {
  std::string code;
  std::string part; // of the error; empty: none
};
void expectErrors(const std::vector<ScalarError> &list) {
  std::vector<std::string> codes;
  for (const ScalarError &e : list)
    codes.push_back(e.code);
  Harness h;
  h.load(assembleKernels(codes));
  DevicePointer out = h.empty(64);
  for (std::size_t n = 0; n < list.size(); ++n) {
    std::string error = h.launch(fmt::format("test{}", n), {1}, {64}, out, DevicePointer{0}, 0u);
    if (list[n].part.empty())
      EXPECT_EQ(error, "") << list[n].code;
    else
      EXPECT_THAT(error, testing::HasSubstr(list[n].part)) << list[n].code;
  }
}

// --- branches: the result is 1 if the branch was taken

TEST(ScalarControl, ConditionalBranches) {
  std::vector<ScalarResult> list;
  auto add = [&](const std::string &setup, const std::string &branch, u32 taken) {
    list.push_back({setup + "\n s_movk_i32 s30, 1\n " + branch +
                        " 1f\n s_movk_i32 s30, 0\n 1:\n s_mov_b64 exec, -1",
                    taken});
  };
  add("", "s_branch", 1);
  for (u32 scc : {0u, 1u}) {
    std::string setup = fmt::format("s_cmp_eq_u32 {}, 1", scc);
    add(setup, "s_cbranch_scc1", scc);
    add(setup, "s_cbranch_scc0", !scc);
  }
  for (u32 value : {0u, 1u}) {
    std::string vcc = fmt::format("s_mov_b64 vcc, {}", value);
    std::string exec = fmt::format("s_mov_b64 exec, {}", value);
    add(vcc, "s_cbranch_vccz", !value);
    add(vcc, "s_cbranch_vccnz", value);
    add(exec, "s_cbranch_execz", !value);
    add(exec, "s_cbranch_execnz", value);
  }
  // VCCZ looks at the upper half too.
  add("s_mov_b32 vcc_lo, 0\n s_mov_b32 vcc_hi, 0x80000000", "s_cbranch_vccnz", 1);
  for (const char *branch : {"s_cbranch_cdbgsys", "s_cbranch_cdbguser", "s_cbranch_cdbgsys_or_user",
                             "s_cbranch_cdbgsys_and_user"})
    add("", branch, 0);
  expectResults(list);
}

TEST(ScalarControl, JumpsAndCalls) {
  expectResults({
      {"s_getpc_b64 s[12:13]\n s_add_u32 s12, s12, 16\n s_addc_u32 s13, s13, 0\n"
       "s_setpc_b64 s[12:13]\n s_trap 2\n s_movk_i32 s30, 7",
       7},
      // the callee adds 1 to s30 and returns
      {"s_movk_i32 s30, 4\n s_call_b64 s[14:15], 1f\n s_call_b64 s[14:15], 1f\n"
       "s_branch 2f\n 1:\n s_add_u32 s30, s30, 1\n s_setpc_b64 s[14:15]\n 2:",
       6},
      {"s_movk_i32 s30, 4\n s_getpc_b64 s[12:13]\n s_add_u32 s12, s12, 16\n"
       "s_addc_u32 s13, s13, 0\n s_swappc_b64 s[14:15], s[12:13]\n"
       "s_branch 2f\n s_add_u32 s30, s30, 3\n s_setpc_b64 s[14:15]\n 2:",
       7},
  });
  expectErrors({{"s_mov_b64 s[12:13], 0\n s_setpc_b64 s[12:13]", "jumps outside the code object"}});
}

// --- the state of a wave

TEST(ScalarControl, MessagesTrapsAndTheEndOfAWave) {
  expectResults({{"s_mov_b32 m0, 0\n s_nop 1\n s_sendmsg sendmsg(MSG_INTERRUPT)\n"
                  "s_sethalt 0\n s_setkill 0\n s_trap 3\n s_setprio 3\n s_sleep 1\n s_nop 3\n"
                  "s_wakeup\n s_icache_inv\n s_incperflevel 1\n s_decperflevel 1\n"
                  "s_ttracedata\n s_setvskip 0, 0\n s_movk_i32 s30, 3",
                  3}});
  expectErrors({{"s_endpgm_saved\n s_trap 2", ""},
                {"s_setkill 1\n s_trap 2", ""},
                {"s_trap 2", "the kernel trapped"},
                {"s_sethalt 1", "halts a wave"},
                {"s_sendmsg sendmsg(MSG_GET_DOORBELL)", "MSG_INTERRUPT"},
                {"s_setvskip 8, 3", "VSKIP mode is not emulated"}});
}

TEST(ScalarControl, PlacesOfWorkgroupsAndWaves) {
  // 20 x 30 workgroups are dealt to 8 XCDs by their linear ids.
  auto results = runScalar(
      {"s_getreg_b32 s30, hwreg(HW_REG_XCC_ID, 0, 4)", "s_getreg_b32 s30, hwreg(HW_REG_HW_ID)"},
      {.grid = {20, 30}, .waves = 6});
  std::set<u32> places;
  for (u32 group = 0; group < 600; ++group)
    for (u32 wave = 0; wave < 6; ++wave) {
      EXPECT_EQ(results[0][group * 6 + wave], group % 8);
      u32 v = results[1][group * 6 + wave];
      EXPECT_EQ(v >> 4 & 3, wave % 4); // SIMD
      EXPECT_EQ(v & 15, wave / 4);     // the wave's slot in it
      EXPECT_EQ(v >> 12 & 1, 0u);      // SH_ID
      EXPECT_EQ(v >> 20, 0u);
      places.insert(group % 8 << 16 | (v >> 8 & 0xff)); // XCD, SE, CU
    }
  EXPECT_EQ(places.size(), 256u); // every CU has a turn
}

TEST(ScalarControl, HardwareRegisters) {
  EXPECT_EQ(runScalar({"s_getreg_b32 s30, hwreg(HW_REG_LDS_ALLOC, 12, 10)"}, {.lds = 1281})[0][0],
            10u);
  expectResults({
      {"s_getreg_b32 s30, hwreg(HW_REG_LDS_ALLOC)", 0},
      // SCC, VCCZ, VALID
      {"s_mov_b64 vcc, 0\n s_cmp_eq_u32 s2, s2\n s_getreg_b32 s30, hwreg(HW_REG_STATUS)",
       1u << 16 | 1u << 10 | 1u},
      // float32 denormals on, float64 and float16 ones too, DX10_CLAMP and IEEE
      {"s_getreg_b32 s30, hwreg(HW_REG_MODE, 0, 10)", 0x3f0},
      {"s_set_gpr_idx_on s2, gpr_idx(SRC0)\n s_getreg_b32 s30, hwreg(HW_REG_MODE, 27, 1)\n"
       "s_set_gpr_idx_off",
       1},
      {"s_mov_b64 s[12:13], src_shared_base\n s_mov_b64 s[14:15], src_private_base\n"
       "s_getreg_b32 s16, hwreg(HW_REG_SH_MEM_BASES)\n s_and_b32 s17, s13, 0xffff0000\n"
       "s_lshr_b32 s18, s15, 16\n s_or_b32 s17, s17, s18\n s_xor_b32 s30, s16, s17",
       0},
  });
  // EXECZ and IN_TG
  EXPECT_EQ(runScalar({"s_mov_b64 vcc, 4\n s_cmp_lg_u32 s2, s2\n s_mov_b64 exec, 0\n"
                       "s_getreg_b32 s30, hwreg(HW_REG_STATUS)"},
                      {.waves = 2})[0][1],
            1u << 16 | 1u << 11 | 1u << 9);
  expectErrors(
      {{"s_getreg_b32 s30, hwreg(HW_REG_TRAPSTS)", "this hardware register is not emulated"}});
}

TEST(ScalarControl, IndexedVgprs) {
  const std::vector<InstructionCase> cases = {
      ofValues(
          "s_movk_i32 s20, 1\n s_mov_b32 m0, 0x12340fff\n s_set_gpr_idx_on s20, gpr_idx(SRC0)\n"
          "v_add_u32_e32 v32, v4, v6\n s_set_gpr_idx_off",
          [](u32, u32 b, u32 c) { return b + c; }),
      ofValues("s_movk_i32 s20, 1\n s_set_gpr_idx_on s20, gpr_idx(SRC1)\n"
               "v_sub_u32_e32 v32, v4, v4\n s_set_gpr_idx_off",
               [](u32 a, u32 b, u32) { return a - b; }),
      ofValues("s_movk_i32 s20, 1\n s_set_gpr_idx_on s20, gpr_idx(SRC0,SRC1)\n"
               "s_set_gpr_idx_mode gpr_idx(SRC1,SRC2)\n v_lshl_or_b32 v32, v4, v4, v5\n"
               "s_set_gpr_idx_off",
               [](u32 a, u32 b, u32 c) { return a << (b & 31) | c; }),
      ofValues("s_movk_i32 s20, 7\n s_movk_i32 s21, 0x1202\n s_set_gpr_idx_on s20, gpr_idx(DST)\n"
               "s_set_gpr_idx_idx s21\n v_not_b32_e32 v30, v4\n s_set_gpr_idx_off",
               [](u32 a, u32, u32) { return ~a; }),
      // only M0[7:0] and M0[15:12] change
      ofValues(
          "s_movk_i32 s20, 0x17f\n s_mov_b32 m0, 0x12340f00\n"
          "s_set_gpr_idx_on s20, gpr_idx(SRC0,DST)\n s_set_gpr_idx_off\n v_mov_b32_e32 v32, m0",
          [](u32, u32, u32) { return 0x12349f7fu; }),
  };
  expectCases(cases);
}

// --- undefined bits

// s20's low half is defined, its high half comes from s40, which nobody writes.
const std::string kNarrow = "s_movk_i32 s30, 0x1234\n s_pack_ll_b32_b16 s20, s30, s40\n";

TEST(UndefinedScalars, NarrowValuesInWideRegisters) {
  expectResults({
      {kNarrow + "s_pack_ll_b32_b16 s30, s20, s20", 0x12341234},
      {kNarrow + "s_and_b32 s30, s20, 0xffff", 0x1234},
      {kNarrow + "s_sext_i32_i16 s30, s20", 0x1234},
      {kNarrow + "s_lshl_b32 s30, s20, 16", 0x12340000},
      {kNarrow + "s_bfe_u32 s30, s20, 0x80004", 0x23},
      {kNarrow + "s_bfe_i32 s30, s20, 0x100000", 0x1234},
      {kNarrow + "s_add_i32 s21, s20, s20\n s_and_b32 s30, s21, 0xffff", 0x2468},
      {kNarrow + "s_mul_i32 s21, s20, 3\n s_and_b32 s30, s21, 0xffff", 0x369c},
      {kNarrow + "s_addk_i32 s20, 1\n s_and_b32 s30, s20, 0xffff", 0x1235},
      {kNarrow + "s_brev_b32 s21, s20\n s_lshr_b32 s30, s21, 16", 0x2c48},
      {kNarrow + "s_mov_b32 s21, s40\n s_lshl_b64 s[22:23], s[20:21], 4\n"
                 "s_and_b32 s30, s22, 0xfffff",
       0x12340},
      // the carry between undefined halves decides nothing
      {"s_movk_i32 s20, 5\n s_add_u32 s30, s20, 1\n s_addc_u32 s31, s40, 0", 6},
  });
}

TEST(UndefinedScalars, AreFaultsWhereTheyDecide) {
  std::vector<ScalarError> list;
  for (const char *use :
       {"s_mov_b32 s21, s20", "s_lshr_b32 s21, s20, 8", "s_lshl_b32 s21, s20, 8",
        "s_bfe_u32 s21, s20, 0x9000f", "s_lshl_b32 s21, s30, s40", "s_mul_hi_u32 s21, s20, 3",
        "s_min_u32 s21, s20, 3", "s_bitreplicate_b64_b32 s[20:21], s20", "s_sext_i32_i16 s21, s40",
        "s_brev_b32 s21, s20", "s_add_u32 s21, s20, 1", "s_bcnt1_i32_b32 s21, s20"})
    list.push_back(
        {kNarrow + use + "\n v_mov_b32_e32 v1, s21", "s21 has bits that were never defined"});
  list.push_back({kNarrow + "s_mov_b32 exec_lo, s20", "EXEC is set from bits"});
  for (const char *flag : {"s_add_u32 s21, s20, 1", "s_cmp_lg_u32 s20, 5", "s_bitcmp1_b32 s20, 16",
                           "s_lshr_b32 s21, s20, 16"})
    list.push_back({kNarrow + flag + "\n s_cbranch_scc1 1f\n 1:", "SCC is read"});
  expectErrors(list);
}

TEST(UndefinedScalars, SelectionsByAnUndefinedCondition) {
  // What both have in common is defined all the same.
  const std::string condition = "s_cmp_eq_u32 s40, 0\n";
  expectResults({
      {"s_movk_i32 s20, 9\n" + condition + "s_cselect_b32 s30, s20, 9", 9},
      {condition + "s_cselect_b32 s20, 15, 31\n s_and_b32 s30, s20, 0xef", 15},
      {"s_movk_i32 s30, 4\n" + condition + "s_cmovk_i32 s30, 4", 4},
  });
  expectErrors({
      {condition + "s_cselect_b32 s20, 1, 2\n v_mov_b32_e32 v1, s20",
       "s20 has bits that were never defined"},
      {"s_movk_i32 s20, 1\n" + condition + "s_cmovk_i32 s20, 2\n v_mov_b32_e32 v1, s20",
       "s20 has bits that were never defined"},
      {condition + "s_cbranch_scc1 1f\n 1:", "SCC is read"},
  });
}

TEST(UndefinedScalars, GroupsOfFourBits) {
  // bits 0 to 3 are 0010 and known, 4 to 7 hold an undefined bit beside a 1, 8 to 11 beside zeros
  const std::string mask = "s_and_b32 s20, s40, 0x110\n s_or_b32 s20, s20, 0x22\n";
  expectResults({{mask + "s_quadmask_b32 s21, s20\n s_and_b32 s30, s21, 0xfb", 3},
                 {mask + "s_wqm_b32 s21, s20\n s_and_b32 s30, s21, 0xff", 0xff}});
  expectErrors({{mask + "s_quadmask_b32 s21, s20\n v_mov_b32_e32 v1, s21",
                 "s21 has bits that were never defined"},
                {mask + "s_wqm_b32 s21, s20\n v_mov_b32_e32 v1, s21",
                 "s21 has bits that were never defined"}});
}

TEST(ScalarControl, IndexedScalarMovesStayAmongScalars) {
  expectErrors({{"s_mov_b32 m0, 102\n s_nop 1\n s_movrels_b32 s20, s0", "past s101"},
                {"s_mov_b32 m0, -1\n s_nop 1\n s_movreld_b32 s20, s2", "past s101"},
                {"s_mov_b32 m0, 3\n s_nop 1\n s_movrels_b64 s[20:21], s[0:1]", "is odd"}});
}

} // namespace
} // namespace gemmsmith::emulator
