#include "tools/gemmsmith/main_loop.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// As llvm-objdump prints it: a prologue, a small loop with one MFMA, the main loop with two, an
// end.
constexpr const char *kDisassembly = R"(
kernel.co:	file format elf64-amdgpu

Disassembly of section .text:

0000000000001600 <kernel>:
	s_load_dwordx4 s[4:7], s[0:1], 0x0                         // 000000001600: C00A0100 00000000
	s_mov_b32 s0, 0                                            // 000000001608: BE800080
	v_mfma_f32_32x32x16_bf16 a[0:15], v[0:3], v[4:7], a[0:15]  // 00000000160C: D3B78000 04020100
	s_cbranch_scc1 65533                                       // 000000001614: BF85FFFD <kernel+0xc>
	buffer_load_dwordx4 v0, s[4:7], 0 offen lds                // 000000001618: E05D1000 80010000
	buffer_load_dword v0, s[4:7], 0 offen lds                  // 000000001620: E0511000 80010000
	buffer_load_dwordx2 v[2:3], v0, s[4:7], 0 offen            // 000000001628: E0541000 80010200
	ds_read_b128 v[0:3], v4                                    // 000000001630: D9FE0000 00000004
	ds_read_b64_tr_b16 v[0:1], v4 offset:64                    // 000000001638: D9C40040 00000004
	ds_write2_b32 v4, v0, v1 offset1:1                         // 000000001640: D81C0100 00010004
	s_waitcnt lgkmcnt(0)                                       // 000000001648: BF8CC07F
	v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], a[0:3]    // 00000000164C: D3B58000 04020900
	v_mfma_f32_16x16x32_bf16 a[4:7], v[0:3], v[4:7], a[4:7]    // 000000001654: D3B58004 04120900
	v_add_u32_e32 v8, 1, v8                                    // 00000000165C: 68101081
	s_setprio 1                                                // 000000001660: BF8F0001
	s_add_u32 s0, s0, 1                                        // 000000001664: 80008100
	s_barrier                                                  // 000000001668: BF8A0000
	s_cbranch_scc1 65514                                       // 00000000166C: BF85FFEA <kernel+0x18>
	s_cbranch_vccnz 2                                          // 000000001670: BF870002 <kernel+0x7c>
	global_store_dwordx4 v[0:1], v[4:7], off                   // 000000001674: DC7C8000 007F0400
	s_endpgm                                                   // 00000000167C: BF810000
)";

TEST(Disassembly, EveryInstructionLineIsReadAndNothingElse) {
  const auto instructions = parseDisassembly(kDisassembly);
  ASSERT_EQ(instructions.size(), 21u);
  EXPECT_EQ(instructions[0].address, 0x1600u);
  EXPECT_EQ(instructions[0].mnemonic, "s_load_dwordx4");
  EXPECT_EQ(instructions[0].operands, "s[4:7], s[0:1], 0x0");
  EXPECT_EQ(instructions[3].target, 0x160Cu);
  EXPECT_EQ(instructions[18].target, 0x167Cu);
}

TEST(Disassembly, AddressesInFrontAreReadAsWell) {
  const auto instructions =
      parseDisassembly("gemm_kernel:\n0x1600:\ts_mov_b32 s0, 0\n0x1604:\ts_cbranch_scc1 65534\n");
  ASSERT_EQ(instructions.size(), 2u);
  EXPECT_EQ(instructions[0].operands, "s0, 0");
  EXPECT_EQ(instructions[1].address, 0x1604u);
  EXPECT_EQ(instructions[1].target, 0x1600u);
}

TEST(MainLoop, IsTheBackwardBranchAroundTheMostMfmas) {
  const auto loop = findMainLoop(parseDisassembly(kDisassembly));
  ASSERT_TRUE(loop);
  EXPECT_EQ(loop->begin, 0x1618u);
  EXPECT_EQ(loop->end, 0x1670u);
}

TEST(MainLoop, CountsInstructionsByClass) {
  const LoopMix loop = *findMainLoop(parseDisassembly(kDisassembly));
  using enum InstructionClass;
  EXPECT_EQ(loop[kMfma], 2);
  EXPECT_EQ(loop[kValu], 1);
  EXPECT_EQ(loop[kSalu], 1);
  EXPECT_EQ(loop[kSmem], 0);
  EXPECT_EQ(loop[kLds], 3);
  EXPECT_EQ(loop[kVmem], 3);
  EXPECT_EQ(loop[kBranch], 1);
  EXPECT_EQ(loop[kWait], 1);
  EXPECT_EQ(loop[kBarrier], 1);
  EXPECT_EQ(loop[kOther], 1);
  EXPECT_EQ(loop.instructions(), 14);
}

TEST(MainLoop, CountsBytesAndMatrixClocksOfAWave) {
  const LoopMix loop = *findMainLoop(parseDisassembly(kDisassembly));
  EXPECT_EQ(loop.global_to_lds_bytes, 64 * (16 + 4));
  EXPECT_EQ(loop.global_load_bytes, 64 * 8);
  EXPECT_EQ(loop.global_store_bytes, 0);
  EXPECT_EQ(loop.lds_read_bytes, 64 * (16 + 8));
  EXPECT_EQ(loop.lds_write_bytes, 64 * 2 * 4);
  EXPECT_EQ(loop.mfma_clocks, 2 * 16);
  EXPECT_EQ(loop.mfma_flops, 2 * 2 * 16 * 16 * 32);
  EXPECT_THAT(loop.unknown, IsEmpty());
}

TEST(MainLoop, OfNestedLoopsTheInnerOneIsChosen) {
  const auto loop = findMainLoop(parseDisassembly(R"(
	s_nop 0                                             // 000000000100: BF800000
	v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], 0  // 000000000104: D3B58000 04020900
	s_cbranch_scc1 65533                                // 00000000010C: BF85FFFD
	s_cbranch_scc0 65531                                // 000000000110: BF84FFFB
)"));
  ASSERT_TRUE(loop);
  EXPECT_EQ(loop->begin, 0x104u);
  EXPECT_EQ(loop->end, 0x110u);
}

TEST(MainLoop, KernelWithoutALoopHasNone) {
  EXPECT_FALSE(findMainLoop(parseDisassembly("")));
  EXPECT_FALSE(findMainLoop(parseDisassembly(
      "	v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], 0  // 000000000104: D3B58000 04020900\n"
      "	s_cbranch_scc1 5  // 00000000010C: BF850005\n")));
}

TEST(MainLoop, MemoryInstructionsOfUnknownSizeAreNamed) {
  const auto loop = findMainLoop(parseDisassembly(R"(
	buffer_load_format_d16 v0, s[4:7], 0                // 000000000100: BF800000 00000000
	v_mfma_f32_16x16x32_bf16 a[0:3], v[0:3], v[4:7], 0  // 000000000108: D3B58000 04020900
	s_cbranch_scc1 65531                                // 000000000110: BF85FFFB
)"));
  ASSERT_TRUE(loop);
  EXPECT_THAT(loop->unknown, ElementsAre("buffer_load_format_d16"));
}

TEST(MainLoop, BothMatrixShapesRunAtFullRateAndTheOldOneAtHalf) {
  const auto clocks = [](const char *mnemonic) {
    return findMainLoop(parseDisassembly(fmt::format("\t{} a, v, v, a  // 000000000100: 0 0\n"
                                                     "\ts_branch 65533  // 000000000108: 0\n",
                                                     mnemonic)))
        ->mfma_clocks;
  };
  EXPECT_EQ(clocks("v_mfma_f32_16x16x32_bf16"), 16);
  EXPECT_EQ(clocks("v_mfma_f32_32x32x16_bf16"), 32);
  EXPECT_EQ(clocks("v_mfma_f32_16x16x16_bf16"), 16);
}

TEST(MainLoop, AnyTextIsAcceptableInput) {
  std::mt19937 random(3);
  const std::string valid = kDisassembly;
  for (int i = 0; i < 3000; ++i) {
    std::string text = valid;
    for (unsigned edits = random() % 20 + 1; edits > 0; --edits)
      text[random() % text.size()] = static_cast<char>(random());
    (void)findMainLoop(parseDisassembly(text));
  }
}

} // namespace
} // namespace gemmsmith
