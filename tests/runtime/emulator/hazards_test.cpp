// Each hazard rule: a pair of instructions one wait state too close, and as close as allowed.
// The numbers are those of the CDNA4 manual's tables 11 and 38, and where these are silent or LLVM
// does not keep them, LLVM 22's.
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/hazard_walk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct HazardPair {
  const char *first;
  const char *second;
  const char *where; // the register, or "" if the rule is about none
  int needed;
};

// The manual's numbers by passes: 2, 4, 8 and 16.
constexpr const char *k2Pass = "v_mfma_f32_4x4x4_16b_f16 v[32:35], v[0:1], v[2:3], v[32:35]";
constexpr const char *k4Pass = "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], v[32:35]";
constexpr const char *k8Pass = "v_mfma_f32_32x32x16_bf16 v[32:47], v[0:3], v[4:7], v[32:47]";
constexpr const char *k16Pass = "v_mfma_f32_32x32x4_2b_f16 v[32:63], v[0:1], v[2:3], v[32:63]";
constexpr const char *kGemm2 = "v_mfma_f32_4x4x1_16b_f32 v[32:35], v0, v1, v[32:35]";
constexpr const char *kGemm8 = "v_mfma_f32_16x16x4_f32 v[32:35], v0, v1, v[32:35]";
constexpr const char *kGemm16 = "v_mfma_f32_32x32x2_f32 v[32:47], v0, v1, v[32:47]";
constexpr const char *kDouble4 = "v_mfma_f64_4x4x4_4b_f64 v[32:33], v[0:1], v[2:3], v[32:33]";
constexpr const char *kDouble16 = "v_mfma_f64_16x16x4_f64 v[32:39], v[0:1], v[2:3], v[32:39]";
constexpr const char *kCmpx = "v_cmpx_lt_i32_e32 vcc, v0, v1";

const HazardPair kPairs[] = {
    // --- table 11
    {"s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 0", "s_getreg_b32 s20, hwreg(HW_REG_MODE)", "",
     2},
    {"s_setreg_b32 hwreg(HW_REG_MODE, 0, 2), s9", "s_setreg_b32 hwreg(HW_REG_MODE, 4, 2), s9", "",
     2},
    {"v_cmp_lt_i32_e32 vcc, v0, v1", "v_mov_b32_e32 v2, src_vccz", "vcc_lo", 5},
    {kCmpx, "v_mov_b32_e32 v2, src_execz", "exec_lo", 5},
    {"v_readfirstlane_b32 s20, v1", "v_readlane_b32 s21, v2, s20", "s20", 4},
    {"v_cmp_lt_i32_e64 s[20:21], v0, v1", "v_writelane_b32 v3, 0, s21", "s21", 4},
    {"v_add_co_u32_e32 v2, vcc, v0, v1", "v_readlane_b32 s21, v3, vcc_lo", "vcc_lo", 4},
    {"v_cmp_lt_f32_e32 vcc, v0, v1", "v_div_fmas_f32 v2, v3, v4, v5", "vcc_lo", 4},
    {"v_div_scale_f64 v[2:3], vcc, v[4:5], v[4:5], v[6:7]",
     "v_div_fmas_f64 v[8:9], v[10:11], v[10:11], v[10:11]", "vcc_lo", 4},
    {"buffer_store_dwordx4 v[4:7], v1, s[20:23], 0 offen", "v_mov_b32_e32 v7, 0", "v7", 2},
    {"buffer_store_dwordx3 v[4:6], off, s[20:23], 0", "v_add_u32_e32 v4, v8, v9", "v4", 2},
    {"global_store_dwordx4 v1, v[4:7], s[20:21]", "v_exp_f32_e32 v5, v8", "v5", 2},
    {"flat_store_dwordx3 v[0:1], v[4:6]", "v_lshlrev_b64 v[6:7], 1, v[8:9]", "v6", 2},
    {"global_store_dwordx4 v1, a[4:7], s[20:21]", "v_accvgpr_write_b32 a5, 0", "a5", 2},
    {"global_atomic_cmpswap_x2 v1, v[4:7], s[20:21]", "v_mov_b32_e32 v6, 0", "v6", 2},
    {"global_atomic_cmpswap_x2 v[10:11], v1, v[4:7], s[20:21] sc0", "v_mov_b32_e32 v6, 0", "v6", 2},
    {"global_store_dwordx4 v1, v[32:35], s[20:21]",
     "v_mfma_f32_4x4x4_16b_f16 v[32:35], v[0:1], v[2:3], 0", "v32", 2},
    {"v_readfirstlane_b32 s22, v1", "buffer_load_dword v2, v3, s[20:23], 0 offen", "s22", 5},
    {"v_readlane_b32 s24, v1, 3", "buffer_store_dword v2, v3, s[20:23], s24 offen", "s24", 5},
    {"v_cmp_lt_i32_e64 s[24:25], v0, v1", "global_load_dword v2, v3, s[24:25]", "s24", 5},
    {"s_mov_b32 m0, 0", "s_sendmsg 1", "m0", 1},
    {"s_mov_b32 m0, s9", "buffer_load_dword v3, s[20:23], 0 offen lds", "m0", 1},
    {"s_add_u32 m0, s9, 4", "buffer_load_dwordx4 v3, s[20:23], 0 offen lds", "m0", 1},
    {"s_mov_b32 m0, s9", "global_load_lds_dword v[2:3], off", "m0", 1},
    {"s_mov_b32 m0, s9", "ds_read_addtid_b32 v2", "m0", 1},
    {"s_mov_b32 m0, s9", "s_movrels_b32 s20, s22", "m0", 1},
    {"v_mov_b32_e32 v2, v3", "v_mov_b32_dpp v4, v2 row_shr:1", "v2", 2},
    {"v_add_f64 v[2:3], v[4:5], v[6:7]", "v_add_u32_dpp v4, v3, v5 quad_perm:[1,0,3,2]", "v3", 2},
    {"v_mov_b32_e32 v5, v6", "v_add_u32_dpp v4, v3, v5 quad_perm:[1,0,3,2]", "v5", 2},
    {kCmpx, "v_mov_b32_dpp v4, v2 row_shr:1", "exec_lo", 5},
    {"v_readfirstlane_b32 s20, v1", "v_add_u32_e32 v2, s20, v3", "s20", 2},
    {"v_readlane_b32 s20, v1, 5", "v_fma_f32 v2, v3, s20, v4", "s20", 2},
    {"v_cmp_lt_i32_e64 s[20:21], v0, v1", "v_cndmask_b32_e64 v2, v3, v4, s[20:21]", "s20", 2},
    {"v_cmp_lt_i32_e32 vcc, v0, v1", "v_cndmask_b32_e32 v2, v3, v4, vcc", "vcc_lo", 2},
    {"v_sub_co_u32_e32 v2, vcc, v0, v1", "v_mov_b32_e32 v3, vcc_hi", "vcc_hi", 2},
    {kCmpx, "v_mov_b32_e32 v2, exec_hi", "exec_hi", 2},
    {kCmpx, "v_readlane_b32 s20, v2, 1", "exec_lo", 4},
    {kCmpx, "v_readfirstlane_b32 s20, v2", "exec_lo", 4},
    {kCmpx, "v_writelane_b32 v2, s20, 1", "exec_lo", 4},
    {"v_mov_b32_e32 v2, v3", "v_readlane_b32 s20, v2, 1", "v2", 1},
    {"v_mov_b32_e32 v2, v3", "v_readfirstlane_b32 s20, v2", "v2", 1},
    {"v_add_u16_sdwa v2, v3, v4 dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:DWORD "
     "src1_sel:DWORD",
     "v_add_u32_e32 v5, 1, v2", "v2", 1},
    {"v_add_u16_sdwa v2, v3, v4 dst_sel:BYTE_0 dst_unused:UNUSED_PAD src0_sel:DWORD "
     "src1_sel:DWORD",
     "v_exp_f32_e32 v5, v2", "v2", 1},
    {"v_fma_f16 v2, v3, v4, v5 op_sel:[0,0,0,1]", "v_mov_b32_e32 v6, v2", "v2", 1},
    {"v_cvt_sr_fp8_f32 v2, v3, v4 op_sel:[0,0,1,0]", "v_mov_b32_e32 v6, v2", "v2", 1},
    {"v_cvt_pk_bf8_f32 v2, v3, v4 op_sel:[0,0,1]", "v_mov_b32_e32 v6, v2", "v2", 1},
    {"v_cvt_scalef32_pk_fp4_f32 v2, v3, v4, v5 op_sel:[0,0,1,0]", "v_mov_b32_e32 v6, v2", "v2", 1},
    {"v_cvt_scalef32_sr_pk_fp4_f32 v2, v[4:5], v6, v7", "v_mov_b32_e32 v6, v2", "v2", 1},
    {"v_cvt_scalef32_pk_fp8_f16 v2, v3, v4 op_sel:[0,0,1]", "v_mov_b32_e32 v6, v2", "v2", 1},
    // The second writes one byte and keeps the others.
    {"v_cvt_sr_fp8_f32 v2, v3, v4 op_sel:[0,0,1,0]", "v_cvt_sr_fp8_f32 v2, v5, v4 op_sel:[0,0,0,1]",
     "v2", 1},
    {"v_exp_f32_e32 v2, v3", "v_add_f32_e32 v4, v2, v5", "v2", 1},
    {"v_rcp_f64_e32 v[2:3], v[4:5]", "v_mov_b32_e32 v4, v3", "v3", 1},
    {"v_log_f16_e32 v2, v3", "v_mov_b32_e32 v4, v2", "v2", 1},
    {kCmpx, "v_permlane32_swap_b32_e32 v2, v3", "exec_lo", 4},
    {"v_mov_b32_e32 v2, v4", "v_permlane32_swap_b32_e32 v2, v3", "v2", 2},
    {"v_mov_b32_e32 v3, v4", "v_permlane16_swap_b32_e32 v2, v3", "v3", 2},

    // --- table 38
    {"v_mov_b32_e32 v2, v9", k4Pass, "v2", 2},
    {"v_cvt_pk_bf16_f32 v7, v8, v9", k4Pass, "v7", 2},
    {"v_mov_b32_e32 v35, 0", k4Pass, "v35", 2},
    {"v_accvgpr_write_b32 a3, v9", "v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], a[0:3]", "a3",
     2},
    {"v_mov_b32_e32 v60, v9", "v_smfmac_f32_16x16x64_bf16 v[32:35], v[0:3], v[8:15], v60", "v60",
     2},
    {kCmpx, k4Pass, "exec_lo", 4},
    {"v_dot2c_f32_f16_e32 v2, v3, v4", "v_add_f32_e32 v5, 1.0, v2", "v2", 3},
    {"v_dot2c_f32_f16_e32 v2, v3, v4", "v_dot2_f32_f16 v5, v6, v7, v2", "v2", 3},
    {"v_dot2c_f32_f16_e32 v2, v3, v4", "v_mov_b32_e32 v2, 0", "v2", 3},
    {"v_dot4_i32_i8 v2, v3, v4, v5", "v_dot4_i32_i8 v6, v2, v4, v5", "v2", 3},
    {"v_dot4_i32_i8 v2, v3, v4, v5", "global_store_dword v1, v2, s[20:21]", "v2", 3},
    {"v_dot4_i32_i8 v2, v3, v4, v5", "ds_write_b32 v1, v2", "v2", 3},
    {"v_dot4_i32_i8 v2, v3, v4, v5", "ds_read_b32 v2, v1", "v2", 3},

    // The same C.
    {k2Pass, k2Pass, "v32", 2},
    {kGemm2, kGemm2, "v32", 2},
    {kDouble4, kDouble4, "v32", 4},
    // An overlapping C.
    {k2Pass, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[0:1], v[2:3], v[34:37]", "v34", 4},
    {k4Pass, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[0:1], v[2:3], v[30:33]", "v32", 6},
    {k8Pass, "v_mfma_f32_16x16x32_bf16 v[64:67], v[0:3], v[4:7], v[32:35]", "v32", 10},
    {k16Pass, "v_mfma_f32_16x16x32_bf16 v[64:67], v[0:3], v[4:7], v[60:63]", "v60", 18},
    {k8Pass, "v_smfmac_f32_16x16x64_bf16 v[40:43], v[0:3], v[8:15], v60", "v40", 10},
    {k2Pass, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 3},
    {k4Pass, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 6},
    {k8Pass, "v_mfma_f64_16x16x4_f64 v[64:71], v[0:1], v[2:3], v[40:47]", "v40", 10},
    {k16Pass, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 18},
    {kGemm2, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 2},
    {kGemm8, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 8},
    {kGemm16, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 16},
    {kDouble4, "v_mfma_f64_16x16x4_f64 v[64:71], v[0:1], v[2:3], v[32:39]", "v32", 4},
    {kDouble16, "v_mfma_f64_4x4x4_4b_f64 v[64:65], v[0:1], v[2:3], v[34:35]", "v34", 17},
    {kDouble16, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v1, v[34:37]", "v34", 17},
    // A and B, and the index of a sparse instruction.
    {k2Pass, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[34:35], v[2:3], 0", "v34", 5},
    {k4Pass, "v_mfma_f32_16x16x32_bf16 v[64:67], v[0:3], v[32:35], 0", "v32", 8},
    {k8Pass, "v_mfma_f32_16x16x32_bf16 v[64:67], v[44:47], v[0:3], 0", "v44", 12},
    {k8Pass, "v_smfmac_f32_16x16x64_bf16 v[64:67], v[0:3], v[8:15], v40", "v40", 12},
    {kGemm2, "v_mfma_f32_4x4x1_16b_f32 v[64:67], v0, v35, 0", "v35", 4},
    {kGemm8, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[34:35], v[2:3], 0", "v34", 10},
    {kGemm16, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[34:35], v[2:3], 0", "v34", 18},
    {kDouble4, "v_mfma_f64_4x4x4_4b_f64 v[64:65], v[32:33], v[2:3], 0", "v32", 6},
    {kDouble16, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[34:35], v[2:3], 0", "v34", 19},
    // VALU reads.
    {k2Pass, "v_add_f32_e32 v2, 1.0, v35", "v35", 5},
    {k4Pass, "v_add_f32_e32 v2, 1.0, v32", "v32", 8},
    {k8Pass, "v_cvt_pk_bf16_f32 v2, v3, v47", "v47", 12},
    {"v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], 0", "v_accvgpr_read_b32 v2, a3", "a3", 8},
    {"v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], 0", "v_accvgpr_mov_b32 a9, a1", "a1", 8},
    {"v_mfma_f32_16x16x128_f8f6f4 v[32:35], v[0:7], v[8:15], v[32:35]", "v_mov_b32_e32 v2, v33",
     "v33", 12},
    {"v_mfma_f32_16x16x128_f8f6f4 v[32:35], v[0:3], v[8:11], v[32:35] cbsz:4 blgp:4",
     "v_mov_b32_e32 v2, v33", "v33", 8},
    {"v_mfma_f32_32x32x64_f8f6f4 v[32:47], v[0:3], v[8:13], v[32:47] cbsz:4 blgp:2",
     "v_mov_b32_e32 v2, v33", "v33", 12},
    {"v_smfmac_f32_32x32x32_bf16 v[32:47], v[0:3], v[8:15], v60", "v_mov_b32_e32 v2, v33", "v33",
     12},
    {"v_smfmac_i32_16x16x128_i8 v[32:35], v[0:3], v[8:15], v60", "v_mov_b32_e32 v2, v33", "v33", 8},
    {kGemm2, "v_mov_b32_e32 v2, v33", "v33", 4},
    {kGemm8, "v_exp_f32_e32 v2, v33", "v33", 10},
    {kGemm16, "v_mov_b32_e32 v2, v33", "v33", 18},
    {kDouble4, "v_mov_b32_e32 v2, v33", "v33", 6},
    {kDouble16, "v_mov_b32_e32 v2, v33", "v33", 19},
    // Memory reads.
    {k2Pass, "global_store_dword v1, v35, s[20:21]", "v35", 5},
    {k4Pass, "ds_write_b128 v1, v[32:35]", "v32", 8},
    {k8Pass, "buffer_store_dwordx4 v[44:47], v1, s[20:23], 0 offen", "v44", 12},
    {k8Pass, "ds_bpermute_b32 v2, v40, v3", "v40", 12},
    {kGemm8, "flat_store_dword v[0:1], v33", "v33", 10},
    {kDouble4, "ds_write_b64 v1, v[32:33]", "v32", 9},
    {kDouble16, "global_store_dwordx2 v1, v[38:39], s[20:21]", "v38", 18},
    // Overwriting the result.
    {k4Pass, "v_mov_b32_e32 v34, 0", "v34", 8},
    {k8Pass, "v_accvgpr_read_b32 v46, a1", "v46", 12},
    {k4Pass, "ds_read_b32 v34, v1", "v34", 8},
    {k4Pass, "global_load_dword v34, v1, s[20:21]", "v34", 8},
    {kGemm8, "v_mov_b32_e32 v34, 0", "v34", 10},
    {kDouble4, "v_mov_b32_e32 v33, 0", "v33", 6},
    {kDouble16, "v_mov_b32_e32 v33, 0", "v33", 11},
    // Overwriting C.
    {"v_mfma_f32_4x4x4_16b_f16 v[64:67], v[0:1], v[2:3], v[32:35]", "v_mov_b32_e32 v33, 0", "v33",
     1},
    {"v_mfma_f32_16x16x32_bf16 v[64:67], v[0:3], v[4:7], v[32:35]", "v_mov_b32_e32 v33, 0", "v33",
     3},
    {"v_mfma_f32_32x32x16_bf16 v[64:79], v[0:3], v[4:7], v[32:47]", "ds_read_b32 v33, v1", "v33",
     7},
    {"v_mfma_f32_32x32x4_2b_f16 v[64:95], v[0:1], v[2:3], v[32:63]", "v_mov_b32_e32 v63, 0", "v63",
     15},
    // --- LLVM's
    {kDouble4, "v_fma_f64 v[2:3], v[4:5], v[4:5], v[4:5]", "", 2},
};

// A 16-pass XDL result needs 20 wait states; 19 are let pass, as LLVM does.
const HazardPair kTwentyStates[] = {
    {k16Pass, "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[34:35], v[2:3], 0", "v34", 20},
    {k16Pass, "v_mov_b32_e32 v2, v33", "v33", 20},
    {k16Pass, "ds_write_b32 v1, v33", "v33", 20},
    {k16Pass, "v_mov_b32_e32 v63, 0", "v63", 20},
    {"v_mfma_f32_32x32x64_f8f6f4 v[32:47], v[0:7], v[8:15], v[32:47]", "v_mov_b32_e32 v2, v33",
     "v33", 20},
};

std::string nops(int states) {
  std::string result;
  for (; states > 0; states -= 8)
    result += fmt::format("s_nop {}\n", std::min(states, 8) - 1);
  return result;
}

std::string independent(int count) {
  std::string result;
  for (int n = 0; n < count; ++n)
    result += n % 2 ? "s_mov_b32 s60, 0\n" : "v_mov_b32_e32 v120, 1\n";
  return result;
}

// Code with `states` wait states between the two, in every way there is.
std::vector<std::string> apart(const HazardPair &pair, int states) {
  auto join = [&](const std::string &between) {
    return fmt::format("{}\n{}{}\n", pair.first, between, pair.second);
  };
  std::vector<std::string> result{join(nops(states))};
  if (states) {
    result.push_back(join(independent(states)));
    // What the branch jumps over does not count.
    result.push_back(join("s_branch 1f\ns_nop 15\ns_nop 15\n1:\n" + nops(states - 1)));
    result.push_back(join(nops(states - 1) + "s_branch 1f\ns_nop 15\ns_nop 15\n1:\n"));
  }
  return result;
}

std::string mnemonicOf(const std::string &instruction) {
  std::string name = instruction.substr(0, instruction.find(' '));
  for (const char *suffix : {"_e32", "_e64", "_sdwa", "_dpp"})
    if (name.ends_with(suffix))
      name.resize(name.size() - std::string_view(suffix).size());
  return name;
}

void expectExact(std::span<const HazardPair> pairs, int tolerated) {
  std::vector<std::string> close, enough;
  std::vector<const HazardPair *> close_pairs, enough_pairs;
  for (const HazardPair &pair : pairs) {
    for (std::string &code : apart(pair, pair.needed - tolerated - 1)) {
      close.push_back(std::move(code));
      close_pairs.push_back(&pair);
    }
    for (std::string &code : apart(pair, pair.needed - tolerated)) {
      enough.push_back(std::move(code));
      enough_pairs.push_back(&pair);
    }
  }
  auto found = walkHazards(close);
  ASSERT_EQ(found.size(), close.size());
  for (std::size_t n = 0; n < close.size(); ++n) {
    const HazardPair &pair = *close_pairs[n];
    ASSERT_THAT(found[n], SizeIs(1)) << close[n];
    const Finding &finding = found[n][0];
    EXPECT_EQ(finding.check, Check::kHazards);
    EXPECT_THAT(finding.instruction, HasSubstr(mnemonicOf(pair.second))) << close[n];
    std::string start = *pair.where ? fmt::format("{} needs ", pair.where) : "needs ";
    EXPECT_TRUE(finding.message.starts_with(start)) << close[n] << finding.str();
    EXPECT_THAT(finding.message,
                AllOf(HasSubstr(fmt::format("needs {} wait state", pair.needed)),
                      HasSubstr(fmt::format("after `{}", mnemonicOf(pair.first))),
                      HasSubstr(fmt::format("at +0x0, and has {}:", pair.needed - tolerated - 1))))
        << close[n];
  }
  found = walkHazards(enough);
  ASSERT_EQ(found.size(), enough.size());
  for (std::size_t n = 0; n < enough.size(); ++n)
    EXPECT_THAT(found[n], IsEmpty()) << enough[n] << found[n][0].str();
}

TEST(Hazards, OneWaitStateTooFewIsFoundAndEnoughAreNot) {
  expectExact(kPairs, 0);
}

TEST(Hazards, NineteenWaitStatesAfterSixteenPassesPassAsInLlvm) {
  expectExact(kTwentyStates, 1);
}

// What hardware interlocks or what is no dependence at all, with nothing in between.
const char *const kNoHazards[] = {
    "v_add_u32_e32 v2, v3, v4\n v_add_u32_e32 v5, v2, v2",
    "v_cmp_lt_i32_e32 vcc, v0, v1\n s_and_b64 s[20:21], vcc, exec",
    "v_cmp_lt_i32_e32 vcc, v0, v1\n s_cbranch_vccz 1f\n1:",
    kCmpx,
    "v_readfirstlane_b32 s20, v1\n s_add_u32 s21, s20, 1",
    "v_readfirstlane_b32 s20, v1\n s_load_dword s22, s[20:21], 0x0",
    "v_readfirstlane_b32 s20, v1\n s_mov_b32 s20, 0\n global_load_dword v2, v3, s[20:21]",
    "v_readfirstlane_b32 s20, v1\n global_load_dword v2, v3, s[22:23]",
    "v_add_co_u32_e32 v2, vcc, v0, v1\n v_addc_co_u32_e32 v3, vcc, v0, v1, vcc",
    "v_add_co_u32_e64 v2, s[20:21], v0, v1\n v_addc_co_u32_e64 v3, s[22:23], v0, v1, s[20:21]",
    "s_mov_b32 s20, 0\n v_add_u32_e32 v2, s20, v3\n global_load_dword v2, v3, s[20:21]",
    "s_mov_b64 exec, -1\n v_mov_b32_dpp v4, v2 row_shr:1\n v_readlane_b32 s20, v2, 1",
    "v_cmpx_lt_i32_e32 vcc, v0, v1\n global_load_dword v2, v3, s[20:21]",
    "v_cmpx_lt_i32_e32 vcc, v0, v1\n v_mov_b32_e32 v2, v3",
    "v_mov_b32_e32 v4, 0\n v_mov_b32_dpp v4, v2 row_shr:1",
    "v_mov_b32_e32 v3, 0\n v_readlane_b32 s20, v2, 1",
    "v_exp_f32_e32 v2, v3\n v_log_f32_e32 v4, v2",
    "v_exp_f32_e32 v2, v3\n global_store_dword v1, v2, s[20:21]",
    "v_exp_f32_e32 v2, v3\n v_mov_b32_e32 v2, 0",
    "v_fma_f16 v2, v3, v4, v5\n v_mov_b32_e32 v6, v2",
    "v_cvt_sr_fp8_f32 v2, v3, v4\n v_mov_b32_e32 v6, v2",
    "v_cvt_scalef32_pk_fp4_f32 v2, v3, v4, v5\n v_mov_b32_e32 v6, v2",
    "v_fma_f16 v2, v3, v4, v5 op_sel:[0,0,0,1]\n v_mov_b32_e32 v2, 0",
    "v_pk_add_f32 v[2:3], v[4:5], v[6:7] op_sel_hi:[0,1]\n v_pk_add_f32 v[8:9], v[2:3], v[2:3]",
    "global_store_dwordx2 v1, v[4:5], s[20:21]\n v_mov_b32_e32 v5, 0",
    "buffer_store_dwordx4 v[4:7], v1, s[20:23], s24 offen\n v_mov_b32_e32 v5, 0",
    "global_store_dwordx4 v1, v[4:7], s[20:21]\n v_mov_b32_e32 v1, 0",
    "global_store_dwordx4 v1, v[4:7], s[20:21]\n ds_read_b32 v5, v1",
    "global_load_dwordx4 v[4:7], v1, s[20:21]\n v_mov_b32_e32 v8, 0",
    "ds_write_b128 v1, v[4:7]\n v_mov_b32_e32 v5, 0",
    "s_mov_b32 m0, 0\n ds_read_b32 v2, v1",
    "s_mov_b32 m0, 0\n buffer_load_dword v2, v3, s[20:23], 0 offen",
    "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 0\n v_add_f32_e32 v2, v3, v4",
    "s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 0\n s_getreg_b32 s20, hwreg(HW_REG_HW_ID)",
    "v_dot4_i32_i8 v2, v3, v4, v2\n v_dot4_i32_i8 v2, v3, v4, v2",
    // Accumulation on the same registers is forwarded.
    "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], 0\n"
    "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], v[32:35]\n"
    "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], v[32:35]",
    "v_smfmac_f32_16x16x64_bf16 v[32:35], v[0:3], v[8:15], v60\n"
    "v_smfmac_f32_16x16x64_bf16 v[32:35], v[0:3], v[8:15], v60",
    "v_mfma_f64_16x16x4_f64 v[32:39], v[0:1], v[2:3], v[32:39]\n"
    "v_mfma_f64_16x16x4_f64 v[32:39], v[0:1], v[2:3], v[32:39]",
    // XDL reads C faster than the others write it.
    "v_mfma_f32_16x16x4_f32 v[32:35], v0, v1, v[32:35]\n"
    "v_mfma_f32_4x4x4_16b_f16 v[64:67], v[0:1], v[2:3], v[34:37]",
    // Matrix instructions write in order.
    "v_mfma_f32_32x32x16_bf16 v[32:47], v[0:3], v[4:7], v[48:63]\n"
    "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], 0",
    // A and B are read at once.
    "v_mfma_f32_32x32x16_bf16 v[32:47], v[0:3], v[4:7], v[48:63]\n v_mov_b32_e32 v0, 0",
    "v_mfma_f32_16x16x4_f32 v[64:67], v0, v1, v[32:35]\n v_mov_b32_e32 v33, 0",
    "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], 0\n v_add_u32_e32 v8, v9, v10\n"
    "v_accvgpr_read_b32 v11, a32\n ds_read_b32 v12, v1\n global_store_dword v1, v36, s[20:21]",
};

TEST(Hazards, WhatHardwareInterlocksIsSilent) {
  std::vector<std::string> kernels(std::begin(kNoHazards), std::end(kNoHazards));
  auto found = walkHazards(kernels);
  ASSERT_EQ(found.size(), kernels.size());
  for (std::size_t n = 0; n < kernels.size(); ++n)
    EXPECT_THAT(found[n], IsEmpty()) << kernels[n] << "\n" << found[n][0].str();
}

TEST(Hazards, ScalesAreReadLikeAAndB) {
  constexpr const char *kScaled =
      "v_mfma_scale_f32_16x16x128_f8f6f4 v[64:67], v[0:7], v[8:15], 0, v33, v61 op_sel_hi:[0,0,0]";
  const HazardPair pairs[] = {{"v_mov_b32_e32 v61, v9", kScaled, "v61", 2},
                              {k4Pass, kScaled, "v33", 8}};
  for (const HazardPair &pair : pairs) {
    std::vector<std::string> kernels = apart(pair, pair.needed - 1);
    auto found = walkHazards(kernels);
    ASSERT_EQ(found.size(), kernels.size());
    for (const auto &findings : found) {
      ASSERT_THAT(findings, SizeIs(1));
      EXPECT_THAT(findings[0].instruction, HasSubstr("scale"));
      EXPECT_THAT(findings[0].message,
                  HasSubstr(fmt::format("{} needs {} wait states", pair.where, pair.needed)));
    }
    EXPECT_THAT(walkHazards(apart(pair, pair.needed)), testing::Each(IsEmpty()));
  }
}

TEST(Hazards, TheLargestGapIsReported) {
  const std::string kernels[] = {
      "v_exp_f32_e32 v2, v3\n v_mfma_f32_16x16x32_bf16 v[32:35], v[4:7], v[4:7], 0\n"
      "v_add_f32_e32 v8, v2, v32\n"};
  auto found = walkHazards(kernels);
  ASSERT_THAT(found[0], SizeIs(1));
  EXPECT_THAT(
      found[0][0].message,
      AllOf(HasSubstr("v32 needs 8 wait states after `v_mfma_f32_16x16x32_bf16 "),
            HasSubstr("` at +0x4, and has 0: a matrix result, read by VALU (CDNA4 ISA 7.6)")));
}

// Launches a kernel with nothing but this check and returns what it found.
std::vector<Finding> run(const std::string &code) {
  Harness h({.threads = 1, .checks = Checks::none().with(Check::kHazards)});
  h.load(assemble(code, {.vgprs = 64, .extra = {}}));
  const std::vector<std::byte> arguments(20);
  LaunchParameters parameters;
  parameters.grid = {2};
  parameters.block = {128};
  parameters.arguments = arguments;
  auto report = h.device.run(*h.module, "test", parameters);
  EXPECT_TRUE(report) << report.error().str();
  return report ? report->findings : std::vector<Finding>();
}

TEST(Hazards, ALoopIsCheckedAcrossItsBackEdge) {
  auto loop = [](const char *pause) {
    return fmt::format("s_mov_b32 s20, 3\n"
                       "1:\n v_add_f32_e32 v8, 1.0, v32\n"
                       "v_mfma_f32_16x16x32_bf16 v[32:35], v[0:3], v[4:7], 0\n"
                       "{}s_sub_u32 s20, s20, 1\n s_cmp_lg_u32 s20, 0\n s_cbranch_scc1 1b\n",
                       pause);
  };
  EXPECT_THAT(run(loop("s_nop 4\n")), IsEmpty());
  auto found = run(loop("s_nop 3\n"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].offset, 4);
  EXPECT_THAT(found[0].message, HasSubstr("at +0x8, and has 7:"));
  EXPECT_EQ(found[0].occurrences, 2u * 2u * 2u); // workgroups, waves, iterations but the first
}

TEST(Hazards, ACallIsCheckedAcrossItsBoundaries) {
  auto call = [](const char *before, const char *inside) {
    return fmt::format("s_getpc_b64 s[20:21]\n1:\n s_add_u32 s20, s20, 2f-1b\n"
                       "s_addc_u32 s21, s21, 0\n"
                       "v_mfma_f32_4x4x4_16b_f16 v[32:35], v[0:1], v[2:3], 0\n"
                       "{}s_swappc_b64 s[22:23], s[20:21]\n s_endpgm\n"
                       "s_nop 0\n2:\n{}v_mov_b32_e32 v8, v32\n s_setpc_b64 s[22:23]\n",
                       before, inside);
  };
  EXPECT_THAT(run(call("s_nop 0\n", "s_nop 2\n")), IsEmpty());
  auto found = run(call("s_nop 0\n", "s_nop 1\n"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].message, HasSubstr("v32 needs 5 wait states after"));
  EXPECT_THAT(found[0].message, HasSubstr("and has 4:"));
}

TEST(Hazards, ALaunchEndsAtTheFirstUnlessTheCheckIsOff) {
  const char *code = "v_exp_f32_e32 v2, v0\n v_add_f32_e32 v3, v2, v2\n";
  Harness strict;
  strict.load(assemble(code));
  EXPECT_THAT(strict.launch("test", {1}, {64}, 0ull, 0ull, 0u),
              AllOf(HasSubstr("at +0x4 `v_add_f32"),
                    HasSubstr("v2 needs 1 wait state after `v_exp_f32"),
                    HasSubstr("at +0x0, and has 0:")));
  Harness lenient({.checks = Checks().without(Check::kHazards)});
  lenient.load(assemble(code));
  EXPECT_EQ(lenient.launch("test", {1}, {64}, 0ull, 0ull, 0u), "");
}

} // namespace
} // namespace gemmsmith::emulator
