// Each strictness check: a planted bug that it must find, and the near miss on which it is silent.
#include "tests/runtime/emulator/harness.h"

#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// s[4:5] = out, s[6:7] = in, v1 = 4 * thread.
constexpr const char *kStart = R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  s_waitcnt lgkmcnt(0)
)";

struct Case {
  const char *name;
  const char *code;
  const char *message; // what the fault must say; null: no fault
  int lds = 0;
};

class Check : public testing::TestWithParam<Case> {};

TEST_P(Check, FindsThePlantedBugAndNothingElse) {
  const Case &c = GetParam();
  Harness h;
  h.load(assemble(std::string(kStart) + c.code, {.lds_bytes = c.lds, .vgprs = 32, .extra = {}}));
  std::vector<std::uint32_t> in(256);
  for (std::uint32_t i = 0; i < 256; ++i)
    in[i] = i * 3 + 1;
  DevicePointer pin = h.upload(in), pout = h.empty(1024);
  std::string message = h.launch("test", {1}, {128}, pout, pin, 7u);
  if (c.message)
    EXPECT_THAT(message, HasSubstr(c.message));
  else
    EXPECT_EQ(message, "");
}

// v[2:3] = in + v1.
#define FLAT                                                                                       \
  "v_mov_b32_e32 v3, s7\n v_add_co_u32_e32 v2, vcc, s6, v1\n"                                      \
  "v_addc_co_u32_e32 v3, vcc, 0, v3, vcc\n"

const Case kCases[] = {
    {"LoadUsedBeforeItsWait", "global_load_dword v4, v1, s[6:7]\n v_add_u32_e32 v5, 1, v4\n",
     "v4 awaits the load"},
    {"LoadUsedAfterItsWait",
     "global_load_dword v4, v1, s[6:7]\n s_waitcnt vmcnt(0)\n v_add_u32_e32 v5, 1, v4\n", nullptr},
    {"WaitThatCoversOnlyTheOlderLoad",
     "global_load_dword v4, v1, s[6:7]\n global_load_dword v5, v1, s[6:7] offset:4\n"
     "s_waitcnt vmcnt(1)\n v_add_u32_e32 v6, 1, v4\n v_add_u32_e32 v6, 1, v5\n",
     "v5 awaits the load"},
    {"StoresCountOnVmcntToo",
     "global_load_dword v4, v1, s[6:7]\n global_store_dword v1, v0, s[4:5]\n"
     "s_waitcnt vmcnt(1)\n v_add_u32_e32 v6, 1, v4\n",
     nullptr},
    {"LoadDestinationOverwrittenBeforeItsWait",
     "global_load_dword v4, v1, s[6:7]\n v_mov_b32_e32 v4, 0\n", "v4 awaits the load"},
    {"StoreDataMayBeOverwrittenAtOnce", "global_store_dword v1, v0, s[4:5]\n v_mov_b32_e32 v0, 0\n",
     nullptr},
    {"LoadsOfOneRegisterInTwoHalvesOfTheWave",
     "s_mov_b64 exec, 0xffff\n global_load_dword v4, v1, s[6:7]\n s_not_b64 exec, exec\n"
     "global_load_dword v4, v1, s[6:7]\n s_waitcnt vmcnt(1)\n s_not_b64 exec, exec\n"
     "v_add_u32_e32 v6, 1, v4\n",
     nullptr},
    {"TheYoungerLoadOfTwoHalvesOfTheWave",
     "s_mov_b64 exec, 0xffff\n global_load_dword v4, v1, s[6:7]\n s_not_b64 exec, exec\n"
     "global_load_dword v4, v1, s[6:7] offset:4\n s_waitcnt vmcnt(1)\n s_mov_b64 exec, -1\n"
     "v_add_u32_e32 v6, 1, v4\n",
     "lane 16, at +0x34 `v_add_u32_e32 v6, 1, v4`: v4 awaits the load at +0x24"},
    {"StoresThatNobodyWaitsForLeaveTheCountAlone",
     ".rept 100\n global_store_dword v1, v0, s[4:5]\n.endr\n global_load_dword v4, v1, s[6:7]\n"
     "global_load_dword v5, v1, s[6:7]\n .rept 62\n global_store_dword v1, v0, s[4:5]\n.endr\n"
     "s_waitcnt vmcnt(63)\n v_mov_b32_e32 v6, v4\n v_mov_b32_e32 v6, v5\n",
     "v5 awaits the load"},
    {"FlatLoadUsedAfterBothWaits",
     FLAT "flat_load_dword v4, v[2:3]\n s_waitcnt vmcnt(0)\n global_load_dword v5, v1, s[6:7]\n"
          "global_load_dword v6, v1, s[6:7]\n s_waitcnt vmcnt(1)\n s_waitcnt lgkmcnt(0)\n"
          "v_mov_b32_e32 v7, v4\n v_mov_b32_e32 v7, v5\n",
     nullptr},
    {"FlatLoadUsedAfterOneWait",
     FLAT "flat_load_dword v4, v[2:3]\n s_waitcnt vmcnt(0)\n v_mov_b32_e32 v7, v4\n",
     "s_waitcnt vmcnt(0) lgkmcnt(0) would cover it"},
    {"LoadBeforeAFlatLoadIsCoveredByZeroOnly",
     FLAT "global_load_dword v5, v1, s[6:7]\n flat_load_dword v4, v[2:3]\n s_waitcnt vmcnt(1)\n"
          "v_mov_b32_e32 v7, v5\n",
     "v5 awaits the load at +0x1c `global_load_dword v5, v1, s[6:7]`; s_waitcnt vmcnt(0) would"},
    {"LdsReadBeforeAFlatLoadIsCoveredByZeroOnly",
     FLAT "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v5, v1\n"
          "flat_load_dword v4, v[2:3]\n s_waitcnt lgkmcnt(1)\n v_mov_b32_e32 v7, v5\n",
     "s_waitcnt lgkmcnt(0) would cover it", 512},
    {"FlatLoadIsNotOlderThanLdsReads",
     FLAT "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n flat_load_dword v4, v[2:3]\n"
          "ds_read_b32 v5, v1\n s_waitcnt lgkmcnt(1)\n s_waitcnt vmcnt(0)\n"
          "v_mov_b32_e32 v7, v4\n",
     "v4 awaits the load", 512},
    {"SecondLoadOfTheSameRegisterIsInOrder",
     "global_load_dword v4, v1, s[6:7]\n global_load_dword v4, v1, s[6:7] offset:4\n"
     "s_waitcnt vmcnt(0)\n v_add_u32_e32 v6, 1, v4\n",
     nullptr},
    {"ScalarLoadUsedBeforeItsWait", "s_load_dword s10, s[6:7], 0x0\n s_add_u32 s11, s10, 1\n",
     "s10 awaits the load"},
    {"ScalarLoadsAreCoveredByZeroOnly",
     "s_load_dword s10, s[6:7], 0x0\n s_load_dword s11, s[6:7], 0x4\n s_waitcnt lgkmcnt(1)\n"
     "s_add_u32 s12, s10, 1\n",
     "only s_waitcnt lgkmcnt(0) covers it"},
    {"LdsReadUsedBeforeItsWait",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v4, v1\n v_mov_b32_e32 v5, v4\n",
     "v4 awaits the load", 512},
    {"LdsReadsCompleteInOrder",
     "ds_write_b32 v1, v0\n ds_read_b32 v4, v1\n ds_read_b32 v5, v1\n s_waitcnt lgkmcnt(1)\n"
     "v_mov_b32_e32 v6, v4\n",
     nullptr, 512},
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
    {"HighAddendOfAWideProductAwaitsALoad",
     "v_mov_b32_e32 v8, 5\n global_load_dword v9, v1, s[6:7]\n"
     "v_mad_u64_u32 v[10:11], s[12:13], v0, v0, v[8:9]\n",
     "v9 awaits the load"},
    {"LowHalfOfAWideSumNeedsNoHighHalves",
     "v_mov_b32_e32 v8, 5\n v_lshl_add_u64 v[10:11], v[0:1], 2, v[8:9]\n"
     "v_add_u32_e32 v12, 1, v10\n",
     nullptr},
    {"HighHalfOfAWideSumWithoutAHighHalf",
     "v_mov_b32_e32 v8, 5\n v_lshl_add_u64 v[10:11], v[8:9], 2, v[0:1]\n"
     "v_add_u32_e32 v12, 1, v11\n",
     "v11 was never written in 64 lanes"},
    {"UnwrittenScalarInAnAddress", "s_load_dword s10, s[20:21], 0x0\n", "s20 was never written"},
    {"UnwrittenMaskBitsOutsideExecAreHarmless",
     "s_and_b64 s[20:21], s[20:21], 0\n s_mov_b64 exec, s[20:21]\n", nullptr},
    {"UnwrittenMaskDecides", "s_or_b64 s[20:21], s[20:21], 1\n s_mov_b64 exec, s[20:21]\n",
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
    {"RegisterOutsideTheAllocation", "v_mov_b32_e32 v40, 0\n",
     "v40 is outside the registers that the kernel asked for"},
    {"LdsUnwritten", "ds_read_b32 v4, v1\n", "reads LDS byte 0 that nobody has written", 512},
    {"LdsOutsideTheAllocation", "ds_write_b32 v1, v0 offset:4\n", "but the workgroup has 512", 512},
    {"LdsLastBytes", "ds_write_b32 v1, v0\n", nullptr, 512},
    {"GlobalReadOfTheLastBytes", "global_load_dword v4, v1, s[6:7] offset:512\n", nullptr},
    {"GlobalReadOutside", "v_add_u32_e32 v1, 0x210, v1\n global_load_dword v4, v1, s[6:7]\n",
     "outside every allocation: 0 bytes past the end of the 1024-byte allocation"},
    {"GlobalReadOfUnwrittenMemory", "global_load_dword v4, v1, s[4:5]\n",
     "that nobody has written"},
    {"GlobalWriteOutside", "global_store_dword v1, v0, s[4:5] offset:-4\n",
     "outside every allocation: 4 bytes before"},
    {"NullPointer",
     "v_mov_b32_e32 v4, 0\n v_mov_b32_e32 v5, 0\n global_load_dword v6, v[4:5], off\n",
     "reads 4 bytes at 0x0, outside every allocation"},
    {"CopyToLdsReadBeforeItsWait",
     "s_mov_b32 m0, 0\n s_mov_b32 s8, 0x400\n s_mov_b32 s9, 0x27000\n s_mov_b64 s[12:13], s[6:7]\n"
     "s_mov_b32 s14, s8\n s_mov_b32 s15, s9\n v_and_b32_e32 v3, 63, v0\n v_lshlrev_b32_e32 v2, 2, "
     "v3\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n ds_read_b32 v4, v2\n",
     "the target of wave 0's copy", 512},
    {"CopyToLdsReadAfterItsWait",
     "v_lshrrev_b32_e32 v4, 6, v0\n s_nop 0\n v_readfirstlane_b32 s20, v4\n"
     "s_lshl_b32 m0, s20, 8\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n s_mov_b32 s15, "
     "0x27000\n"
     "v_and_b32_e32 v3, 63, v0\n v_lshlrev_b32_e32 v2, 2, v3\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n s_waitcnt vmcnt(0)\n ds_read_b32 v4, v1\n",
     nullptr, 512},
    {"CopyToLdsOfAnotherWaveNeedsItsWait",
     "v_lshrrev_b32_e32 v4, 6, v0\n s_nop 0\n v_readfirstlane_b32 s20, v4\n"
     "s_mov_b32 m0, 0\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n s_mov_b32 s15, "
     "0x27000\n"
     "v_and_b32_e32 v3, 63, v0\n v_lshlrev_b32_e32 v2, 2, v3\n"
     "s_cmp_lg_u32 s20, 0\n s_cbranch_scc1 .Lskip\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n"
     ".Lskip:\n s_barrier\n s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lout\n"
     "s_waitcnt vmcnt(0)\n ds_read_b32 v4, v2\n .Lout:\n",
     "the target of wave 0's copy", 512},
    {"CopyToLdsOutside",
     "s_movk_i32 m0, 0x104\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_mov_b32_e32 v2, 0\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n",
     "accesses 4 bytes at LDS byte 512", 512},
    {"UnknownInstruction", ".long 0xbfff0000\n", "is not an instruction"},
    {"KnownButNotEmulated", "s_cbranch_join s0\n", "s_cbranch_join is not emulated"},
    {"Trap", "s_trap 2\n", "the kernel trapped"},
};
INSTANTIATE_TEST_SUITE_P(Planted, Check, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(Checks, SwitchedOffLetsLuckyValuesPass) {
  DeviceOptions options;
  options.checks = Checks::none();
  Harness h(options);
  h.load(assemble(std::string(kStart) +
                      "global_load_dword v4, v1, s[6:7]\n v_add_u32_e32 v5, v9, v4\n"
                      "global_load_dword v4, v1, s[6:7] offset:2048\n",
                  {.lds_bytes = 0, .vgprs = 32, .extra = {}}));
  DevicePointer pin = h.upload(std::vector<std::uint32_t>(128)), pout = h.empty(512);
  EXPECT_EQ(h.launch("test", {1}, {128}, pout, pin, 7u), "");
}

TEST(Checks, FaultNamesWorkgroupWaveLaneAndSource) {
  Harness h;
  h.load(assemble(std::string(kStart) + R"(
  v_cmp_lt_u32_e32 vcc, 63, v0
  s_and_b64 exec, exec, vcc
  s_cbranch_execz .Lout
  global_load_dword v4, v1, s[6:7]
  v_mov_b32_e32 v5, v4
.Lout:)",
                  {.lds_bytes = 0, .vgprs = 32, .extra = {}}));
  DevicePointer pin = h.upload(std::vector<std::uint32_t>(128)), pout = h.empty(512);
  EXPECT_THAT(h.launch("test", {3}, {128}, pout, pin, 7u),
              AllOf(HasSubstr("kernel test, workgroup (0, 0, 0), wave 1, lane 0"),
                    HasSubstr("`v_mov_b32_e32 v5, v4`"),
                    HasSubstr("v4 awaits the load at +0x1c `global_load_dword v4, v1, s[6:7]`"),
                    HasSubstr("s_waitcnt vmcnt(0) would cover it")));
}

// What the instructions behind the parameters find, in one workgroup of a wave or more.
LaunchReport findAll(const std::string &code, int threads = 1, std::uint32_t workgroups = 1) {
  DeviceOptions options;
  options.threads = threads;
  Harness h(options);
  h.load(assemble(std::string(kStart) + code, {.lds_bytes = 0, .vgprs = 32, .extra = {}}));
  struct {
    DevicePointer out, in;
    std::uint32_t n = 7;
  } arguments{h.empty(1024), h.upload(std::vector<std::uint32_t>(256))};
  LaunchParameters p;
  p.grid = {workgroups};
  p.block = {64};
  p.arguments = std::as_bytes(std::span(&arguments, 1)).first(20);
  auto report = h.device.run(*h.module, "test", p);
  EXPECT_TRUE(report) << report.error().str();
  return report.value_or(LaunchReport{});
}

TEST(Checks, AWaitMeansTheSameBehindALoadThatWasUsedTooEarly) {
  LaunchReport report =
      findAll("global_load_dword v4, v1, s[6:7]\n global_load_dword v5, v1, s[6:7]\n"
              "global_load_dword v6, v1, s[6:7]\n v_mov_b32_e32 v7, v5\n s_waitcnt vmcnt(2)\n"
              "v_mov_b32_e32 v7, v4\n s_waitcnt vmcnt(0)\n v_mov_b32_e32 v7, v6\n");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_THAT(report.findings[0].message,
              HasSubstr("v5 awaits the load at +0x18 `global_load_dword v5, v1, s[6:7]`; "
                        "s_waitcnt vmcnt(1)"));
}

// Workgroup 5 comes to a point where it cannot go on, while other threads run those behind it: as
// far as they get.
TEST(Checks, FindingsEndWhereTheLaunchDoesWhateverTheThreads) {
  for (int threads : {1, 4})
    for (int round = 0; round < 2; ++round) {
      LaunchReport report = findAll("v_mov_b32_e32 v5, v9\n s_cmp_eq_u32 s2, 5\n"
                                    "s_cbranch_scc1 .Ltrap\n v_mov_b32_e32 v5, v10\n"
                                    "s_cmp_lt_u32 s2, 6\n s_cbranch_scc1 .Lout\n"
                                    "v_mov_b32_e32 v5, v11\n s_branch .Lout\n"
                                    ".Ltrap:\n s_mov_b32 s9, 0x80000\n.Lbusy:\n"
                                    "s_sub_u32 s9, s9, 1\n s_cmp_lg_u32 s9, 0\n"
                                    "s_cbranch_scc1 .Lbusy\n s_trap 2\n.Lout:\n",
                                    threads, 64);
      ASSERT_TRUE(report.error);
      EXPECT_THAT(report.error->message, HasSubstr("workgroup (5, 0, 0)"));
      ASSERT_EQ(report.findings.size(), 2u);
      EXPECT_THAT(report.findings[0].message, HasSubstr("v9 was never written"));
      EXPECT_EQ(report.findings[0].occurrences, 6u);
      EXPECT_THAT(report.findings[1].message, HasSubstr("v10 was never written"));
      EXPECT_EQ(report.findings[1].occurrences, 5u);
    }
}

TEST(Checks, InstructionLimitStopsAnEndlessLoop) {
  DeviceOptions options;
  options.instruction_limit = 1000;
  Harness h(options);
  h.load(assemble(".Lloop:\n s_branch .Lloop\n"));
  EXPECT_THAT(h.launch("test", {1}, {64}, DevicePointer{0}, DevicePointer{0}, 0u),
              HasSubstr("exceeds the limit of 1000 instructions"));
}

TEST(Checks, TheFirstFaultyWorkgroupIsReportedWhateverTheThreads) {
  for (int threads : {1, 4}) {
    DeviceOptions options;
    options.threads = threads;
    Harness h(options);
    h.load(assemble("s_cmp_lt_u32 s2, 17\n s_cbranch_scc1 .Lok\n v_mov_b32_e32 v5, v9\n.Lok:\n"));
    EXPECT_THAT(h.launch("test", {100}, {64}, DevicePointer{0}, DevicePointer{0}, 0u),
                HasSubstr("workgroup (17, 0, 0)"));
  }
}

} // namespace
} // namespace gemmsmith::emulator
