// Registers, LDS and memory read though nobody has written them.
#include "tests/runtime/emulator/planted.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

class Uninitialized : public testing::TestWithParam<Planted> {};

TEST_P(Uninitialized, IsFoundWhereTheValueMatters) {
  expectPlanted(GetParam(), Check::kUninitialized);
}

const Planted kCases[] = {
    {"UnwrittenVgpr", "v_add_u32_e32 v5, 1, v9\n", "v9 was never written in 64 lanes"},
    {"VgprWrittenInOtherLanesOnly",
     "s_mov_b64 exec, 1\n v_mov_b32_e32 v9, 0\n s_mov_b64 exec, 3\n v_add_u32_e32 v5, 1, v9\n",
     "lane 1"},
    {"VgprWrittenInTheseLanes",
     "s_mov_b64 exec, 3\n v_mov_b32_e32 v9, 0\n s_mov_b64 exec, 1\n v_add_u32_e32 v5, 1, v9\n",
     nullptr},
    {"SelectionNeedsOnlyWhatItTakes", "s_mov_b64 vcc, -1\n v_cndmask_b32_e32 v5, v9, v0, vcc\n",
     nullptr},
    {"SelectionOfAnUnwrittenRegister", "s_mov_b64 vcc, 1\n v_cndmask_b32_e32 v5, v9, v0, vcc\n",
     "v9 was never written in 63 lanes"},
    {"LowHalfOfAWideProductNeedsNoHighAddend",
     "v_mov_b32_e32 v8, 5\n s_movk_i32 s10, 3\n"
     "v_mad_u64_u32 v[10:11], s[12:13], s10, v0, v[8:9]\n v_add_u32_e32 v12, 1, v10\n"
     "v_mad_u64_u32 v[10:11], s[12:13], s10, v0, v[10:11]\n v_add_u32_e32 v12, 1, v10\n",
     nullptr},
    {"LowHalfOfAWideProductNeedsNoHighScalarAddend",
     "s_movk_i32 s10, 3\n v_mad_i64_i32 v[10:11], s[12:13], v0, v0, s[10:11]\n"
     "v_add_u32_e32 v12, 1, v10\n",
     nullptr},
    {"HighHalfOfAWideProductWithoutItsAddend",
     "v_mov_b32_e32 v8, 5\n v_mov_b32_e32 v11, 0\n"
     "v_mad_u64_u32 v[10:11], s[12:13], v0, v0, v[8:9]\n v_add_u32_e32 v12, 1, v11\n",
     "v11 was never written in 64 lanes"},
    {"HighHalfOfAWideProductWithoutItsScalarAddend",
     "s_movk_i32 s10, 3\n v_mad_u64_u32 v[10:11], s[12:13], v0, v0, s[10:11]\n"
     "global_store_dwordx2 v1, v[10:11], s[4:5]\n",
     "v11 was never written in 64 lanes"},
    {"HighHalfOfAWideProductInLanesWithItsAddend",
     "v_mov_b32_e32 v8, 5\n s_mov_b64 exec, 3\n v_mov_b32_e32 v9, 0\n s_mov_b64 exec, -1\n"
     "v_mad_u64_u32 v[10:11], s[12:13], v0, v0, v[8:9]\n s_mov_b64 exec, 3\n"
     "v_add_u32_e32 v12, 1, v11\n",
     nullptr},
    {"CarryOfAWideProductWithoutItsHighAddend",
     "v_mov_b32_e32 v8, 5\n v_mad_u64_u32 v[10:11], s[12:13], v0, v0, v[8:9]\n"
     "s_mov_b64 exec, s[12:13]\n",
     "EXEC is set from bits that were never defined"},
    {"LowHalfOfAWideProductWithoutItsAddend",
     "v_mov_b32_e32 v9, 5\n v_mad_u64_u32 v[10:11], s[12:13], v0, v0, v[8:9]\n",
     "v8 was never written in 64 lanes"},
    {"LowHalfOfAWideSumNeedsNoHighHalves",
     "v_mov_b32_e32 v8, 5\n v_lshl_add_u64 v[10:11], v[0:1], 2, v[8:9]\n"
     "v_add_u32_e32 v12, 1, v10\n",
     nullptr},
    {"HighHalfOfAWideSumWithoutAHighHalf",
     "v_mov_b32_e32 v8, 5\n v_lshl_add_u64 v[10:11], v[8:9], 2, v[0:1]\n"
     "v_add_u32_e32 v12, 1, v11\n",
     "v11 was never written in 64 lanes"},
    {"UnwrittenScalarInAnAddress", "s_load_dword s10, s[22:23], 0x0\n", "s22 was never written"},
    {"UnwrittenScalar", "s_add_u32 s10, s11, 1\n v_add_u32_e32 v5, s10, v0\n",
     "s10 has bits that were never defined"},
    {"WrittenScalar", "s_mov_b32 s11, 2\n s_add_u32 s10, s11, 1\n v_add_u32_e32 v5, s10, v0\n",
     nullptr},
    {"HalfWrittenScalarPair", "s_mov_b32 s22, s6\n s_load_dword s10, s[22:23], 0x0\n",
     "s23 was never written"},
    {"WholeScalarPair", "s_mov_b32 s22, s6\n s_mov_b32 s23, s7\n s_load_dword s10, s[22:23], 0x0\n",
     nullptr},
    {"UnwrittenMaskBitsOutsideExecAreHarmless",
     "s_and_b64 s[22:23], s[22:23], 0\n s_mov_b64 exec, s[22:23]\n", nullptr},
    {"UnwrittenMaskDecides", "s_or_b64 s[22:23], s[22:23], 1\n s_mov_b64 exec, s[22:23]\n",
     "EXEC is set from bits that were never defined"},
    {"MatrixOperandUnwritten",
     "v_mov_b32_e32 v4, 0\n v_mov_b32_e32 v5, 0\n v_mov_b32_e32 v6, 0\n"
     "s_nop 1\n v_mfma_f32_16x16x32_bf16 v[8:11], v[4:7], v[4:7], 0\n",
     "v7 was never written"},
    {"MatrixIgnoresExec",
     "v_mov_b32_e32 v4, 0\n v_mov_b32_e32 v5, 0\n v_mov_b32_e32 v6, 0\n v_mov_b32_e32 v7, 0\n"
     "s_mov_b64 exec, 1\n s_nop 0\n v_mfma_f32_16x16x32_bf16 v[8:11], v[4:7], v[4:7], 0\n"
     "s_mov_b64 exec, -1\n s_nop 7\n v_mov_b32_e32 v12, v11\n",
     nullptr},
    {"LdsUnwritten", "ds_read_b32 v4, v1\n", "reads LDS byte 0 that nobody has written", 512},
    {"LdsWritten", "ds_write_b32 v1, v0\n ds_read_b32 v4, v1\n", nullptr, 512},
    {"LdsDwordOfWhichOneByteIsWritten", "ds_write_b8 v1, v0\n ds_read_b32 v4, v1\n",
     "reads LDS byte 1 that nobody has written", 512},
    {"LdsByteOfAPartlyWrittenDword", "ds_write_b8 v1, v0\n ds_read_u8 v4, v1\n", nullptr, 512},
    {"GlobalReadOfUnwrittenMemory", "global_load_dword v4, v1, s[4:5]\n",
     "that nobody has written"},
    {"GlobalReadOfOwnStore",
     "global_store_dword v1, v0, s[4:5]\n s_waitcnt vmcnt(0)\n"
     "global_load_dword v4, v1, s[4:5]\n",
     nullptr},
    {"GlobalDwordOfWhichHalfIsWritten",
     "global_store_short v1, v0, s[4:5]\n s_waitcnt vmcnt(0)\n"
     "global_load_dword v4, v1, s[4:5]\n",
     "that nobody has written"},
    {"GlobalHalfOfAPartlyWrittenDword",
     "global_store_short v1, v0, s[4:5]\n s_waitcnt vmcnt(0)\n"
     "global_load_ushort v4, v1, s[4:5]\n",
     nullptr},
    {"ScalarLoadOfUnwrittenMemoryUsed",
     "s_load_dword s10, s[4:5], 0x0\n s_waitcnt lgkmcnt(0)\n v_add_u32_e32 v5, s10, v0\n",
     "s10 has bits that were never defined"},
    {"ScalarLoadOfUnwrittenMemoryNotUsed", "s_load_dword s10, s[4:5], 0x0\n", nullptr},
    {"PrivateUnwritten",
     "scratch_load_dword v5, off, off offset:4\n s_waitcnt vmcnt(0)\n v_mov_b32_e32 v6, v5\n"
     "v_add_u32_e32 v6, 1, v6\n",
     "was never written"},
    // As compilers spill and reload registers of which some lanes hold nothing.
    {"PrivateUnwrittenReloadedAndSpilled",
     "scratch_load_dword v5, off, off offset:4\n s_waitcnt vmcnt(0)\n"
     "scratch_store_dword off, v5, off offset:8\n",
     nullptr},
    {"PrivateWritten",
     "scratch_store_dword off, v0, off offset:4\n s_waitcnt vmcnt(0)\n"
     "scratch_load_dword v5, off, off offset:4\n s_waitcnt vmcnt(0)\n v_mov_b32_e32 v6, v5\n",
     nullptr},
    {"PrivateDwordOfWhichThreeBytesAreWritten",
     "scratch_store_short off, v0, off offset:4\n scratch_store_byte off, v0, off offset:6\n"
     "s_waitcnt vmcnt(0)\n scratch_load_dword v5, off, off offset:4\n s_waitcnt vmcnt(0)\n"
     "v_mov_b32_e32 v6, v5\n",
     "was never written"},
    {"PrivateDwordWrittenInPieces",
     "scratch_store_short off, v0, off offset:4\n scratch_store_short off, v0, off offset:6\n"
     "s_waitcnt vmcnt(0)\n scratch_load_dword v5, off, off offset:4\n s_waitcnt vmcnt(0)\n"
     "v_mov_b32_e32 v6, v5\n",
     nullptr},
    {"HalfOfAnUnwrittenRegisterKept",
     "v_mov_b32_sdwa v9, v0 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_0\n s_nop 0\n"
     "v_add_u32_e32 v6, 1, v9\n",
     "v9 was never written"},
    {"HalfOfAWrittenRegisterKept",
     "v_mov_b32_e32 v9, 0\n"
     "v_mov_b32_sdwa v9, v0 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:WORD_0\n s_nop 0\n"
     "v_add_u32_e32 v6, 1, v9\n",
     nullptr},
    {"HalfOfARegisterAndZeros",
     "v_mov_b32_sdwa v9, v0 dst_sel:WORD_1 dst_unused:UNUSED_PAD src0_sel:WORD_0\n s_nop 0\n"
     "v_add_u32_e32 v6, 1, v9\n",
     nullptr},
    // gfx950's SRAM has ECC, with which 16-bit loads write zeros into the other half (CDNA4 ISA
    // 9.1.6).
    {"HalfLoadedIntoAnUnwrittenRegister",
     "global_load_short_d16 v9, v1, s[6:7]\n s_waitcnt vmcnt(0)\n v_add_u32_e32 v6, 1, v9\n",
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(Planted, Uninitialized, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace gemmsmith::emulator
