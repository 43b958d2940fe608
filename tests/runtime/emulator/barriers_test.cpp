// Barriers that lanes skip, that waves count differently, and that nobody opens.
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/planted.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Barrier : public testing::TestWithParam<Planted> {};

TEST_P(Barrier, IsFoundWhereLanesOrWavesDoNotTakePart) {
  expectPlanted(GetParam(), Check::kBarriers);
}

const Planted kCases[] = {
    {"LanesSkipTheBarrier", "s_mov_b64 exec, 0xffff\n s_barrier\n s_mov_b64 exec, -1\n",
     "48 of the wave's 64 work-items do not take part in the barrier"},
    {"AllLanesAreBackBeforeTheBarrier",
     "s_mov_b64 exec, 0xffff\n s_nop 0\n s_mov_b64 exec, -1\n s_barrier\n", nullptr},
    {"LanesThatNeverWereWorkItemsMayMiss", "s_barrier\n", nullptr, 0, {1}, {100}},
    {"AWaveEndsBeforeTheOthersBarrier",
     "s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lout\n s_barrier\n.Lout:\n",
     "the barrier opens because wave 0 has ended after 0 barriers, and this is this wave's barrier "
     "number 1"},
    {"AllWavesEndAfterTheSameNumber",
     "s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lother\n s_barrier\n s_endpgm\n.Lother:\n s_barrier\n",
     nullptr},
};
INSTANTIATE_TEST_SUITE_P(Planted, Barrier, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

// --- waits that never end

// Runs `code` with s[4:5] = 64 zeros, s20 = the wave and v5 = 0; returns the error message.
std::string deadlock(const std::string &code, Dim3 grid, Dim3 block, int threads = 1, int lds = 0,
                     DeviceOptions options = {}) {
  options.threads = threads;
  Harness h(options);
  h.load(assemble(std::string(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_mov_b32_e32 v5, 0
  v_lshrrev_b32_e32 v4, 6, v0
  s_nop 0
  v_readfirstlane_b32 s20, v4
  s_waitcnt lgkmcnt(0)
)") + code,
                  {.lds_bytes = lds, .vgprs = 32, .extra = {}}));
  auto out = h.upload(std::vector<std::uint32_t>(64));
  return h.launch("test", grid, block, out, out, 0u);
}

// Waits until out[0] is not zero.
#define POLL                                                                                       \
  ".Lpoll:\n s_sleep 1\n global_load_dword v6, v5, s[4:5] sc1\n s_waitcnt vmcnt(0)\n"              \
  "v_readfirstlane_b32 s8, v6\n s_cmp_eq_u32 s8, 0\n s_cbranch_scc1 .Lpoll\n"

// The workgroup of this number writes out[0], the others wait for that.
std::string raisedBy(int workgroup) {
  return fmt::format("v_mov_b32_e32 v7, 1\n s_cmp_eq_u32 s2, {}\n s_cbranch_scc1 .Lraise\n" POLL
                     "s_endpgm\n.Lraise:\n s_mov_b64 exec, 1\n"
                     "global_store_dword v5, v7, s[4:5] sc1\n",
                     workgroup);
}

TEST(Deadlock, AWaveThatPollsWhatNobodyWritesIsFoundAndItsLoopNamed) {
  EXPECT_THAT(deadlock(POLL, {2}, {64}),
              AllOf(HasSubstr("no wave can go on"),
                    HasSubstr("workgroup (0, 0, 0), wave 0 goes round and round at +0x1c"),
                    HasSubstr("workgroup (1, 0, 0), wave 0 goes round and round")));
}

TEST(Deadlock, OneWavePollsAndTheOthersWaitAtABarrierForIt) {
  EXPECT_THAT(deadlock("s_cmp_eq_u32 s20, 1\n s_cbranch_scc0 .Lbarrier\n" POLL
                       ".Lbarrier:\n s_barrier\n",
                       {1}, {192}),
              AllOf(HasSubstr("wave 0 waits at its barrier number 1"),
                    HasSubstr("wave 1 goes round and round"),
                    HasSubstr("wave 2 waits at its barrier number 1")));
}

TEST(Deadlock, AnEmptyLoopIsADeadlockToo) {
  EXPECT_THAT(deadlock(".Lloop:\n s_branch .Lloop\n", {1}, {64}), HasSubstr("no wave can go on"));
}

TEST(Deadlock, IsFoundByItsCheckAloneAndWithoutItTheInstructionLimitEndsTheLaunch) {
  DeviceOptions only, without;
  only.checks = Checks::none().with(Check::kDeadlock);
  without.checks.set(Check::kDeadlock, false);
  without.instruction_limit = 10000;
  for (const char *code : {".Lloop:\n s_branch .Lloop\n", POLL}) {
    EXPECT_THAT(deadlock(code, {2}, {64}, 1, 0, only), HasSubstr("no wave can go on"));
    EXPECT_THAT(deadlock(code, {2}, {64}, 1, 0, without),
                HasSubstr("exceeds the limit of 10000 instructions per wave"));
  }
}

TEST(Deadlock, ALoopThatCountsForLongIsNone) {
  EXPECT_EQ(deadlock(R"(
  s_mov_b32 s8, 0x40000
.Lloop:
  s_sub_u32 s8, s8, 1
  s_cmp_lg_u32 s8, 0
  s_cbranch_scc1 .Lloop
)",
                     {3}, {128}),
            "");
}

// Workgroup 0 waits for what workgroup 1 writes, which starts after it; with one host thread it has
// to be put aside.
TEST(Deadlock, AWorkgroupMayWaitForALaterOneThatFitsOnTheChip) {
  for (int threads : {1, 2})
    EXPECT_EQ(deadlock(raisedBy(1), {2}, {64}, threads), "");
}

// Wave 0 of workgroup 0 is seen to spin long before its wave 1 gets to the barrier; in between,
// workgroup 1 raises the flag and ends. Wave 0 has to look again.
TEST(Deadlock, WhatIsStoredWhileAWorkgroupIsStillBusyWakesItsSpinningWave) {
  constexpr const char *kCode = R"(
  v_mov_b32_e32 v7, 1
  s_mov_b32 s9, 0x20000
  s_cmp_eq_u32 s2, 1
  s_cbranch_scc1 .Lraise
  s_mov_b32 s9, 0x100000
  s_cmp_eq_u32 s20, 1
  s_cbranch_scc1 .Lwork
)" POLL R"(  s_barrier
  s_endpgm
.Lwork:
  s_sub_u32 s9, s9, 1
  s_cmp_lg_u32 s9, 0
  s_cbranch_scc1 .Lwork
  s_barrier
  s_endpgm
.Lraise:
  s_sub_u32 s9, s9, 1
  s_cmp_lg_u32 s9, 0
  s_cbranch_scc1 .Lraise
  s_mov_b64 exec, 1
  global_store_dword v5, v7, s[4:5] sc1
)";
  for (int threads : {1, 2})
    EXPECT_EQ(deadlock(kCode, {2}, {128}, threads), "");
}

// Nobody stores, but the time goes on.
TEST(Deadlock, AWaveThatWaitsForTheClockDoesNotSpin) {
  EXPECT_EQ(deadlock(R"(
.Lwait:
  s_memtime s[8:9]
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s9, 0
  s_and_b32 s8, s8, 0x100000
  s_cbranch_scc0 .Lwait
)",
                     {2}, {64}),
            "");
}

// The chip has room for 256 workgroups with all of the LDS. The last of 257 would open the door for
// the others, but it can never start.
TEST(Deadlock, AWorkgroupMayNotWaitForOneThatDoesNotFit) {
  constexpr int kAllLds = 160 << 10;
  EXPECT_EQ(deadlock(raisedBy(256), {257}, {64}, 2, kAllLds / 2), "");
  EXPECT_THAT(deadlock(raisedBy(256), {257}, {64}, 2, kAllLds),
              AllOf(HasSubstr("no wave can go on"),
                    HasSubstr("1 workgroups have not started: the chip has room for 256")));
}

} // namespace
} // namespace gemmsmith::emulator
