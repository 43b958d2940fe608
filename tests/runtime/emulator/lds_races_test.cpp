// Races on LDS between waves: found where nothing orders two accesses, and only there.
#include "runtime/emulator/lds_races.h"

#include "tests/runtime/emulator/planted.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

class LdsRace : public testing::TestWithParam<Planted> {};

TEST_P(LdsRace, IsFoundWhereNothingOrdersTheAccesses) {
  expectPlanted(GetParam(), Check::kLdsRaces);
}

// v5 = the LDS address of the same lane in the other wave.
#define OTHER "v_xor_b32_e32 v5, 0x100, v1\n"

const Planted kCases[] = {
    {"ReadOfAnotherWavesDataWithoutBarrier",
     OTHER "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_cmp_eq_u32 s20, 0\n"
           "s_cbranch_scc1 .Lout\n ds_read_b32 v6, v5\n s_waitcnt lgkmcnt(0)\n.Lout:\n",
     "reads LDS byte 0, which wave 0 writes at +0x24 `ds_write_b32 v1, v0` with no barrier between",
     512},
    {"ReadOfAnotherWavesDataAfterTheBarrier",
     OTHER "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n ds_read_b32 v6, v5\n"
           "s_waitcnt lgkmcnt(0)\n",
     nullptr, 512},
    {"WriteAfterAnotherWavesReadWithoutBarrier",
     OTHER "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n ds_read_b32 v6, v5\n"
           "s_waitcnt lgkmcnt(0)\n s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lout\n"
           "ds_write_b32 v1, v6\n s_waitcnt lgkmcnt(0)\n.Lout:\n",
     "writes LDS byte 256, which wave 0 reads", 512},
    {"WriteAfterAnotherWavesReadBehindABarrier",
     OTHER "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n ds_read_b32 v6, v5\n"
           "s_waitcnt lgkmcnt(0)\n s_barrier\n ds_write_b32 v1, v6\n s_waitcnt lgkmcnt(0)\n",
     nullptr, 512},
    {"BarrierBeforeTheWriteIsWaitedFor",
     OTHER "ds_write_b32 v1, v0\n s_barrier\n ds_read_b32 v6, v5\n s_waitcnt lgkmcnt(0)\n",
     "writes at +0x24 `ds_write_b32 v1, v0` with no barrier between", 512},
    {"BarrierBeforeTheReadIsWaitedFor",
     OTHER "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n ds_read_b32 v6, v5\n"
           "s_barrier\n ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n",
     "with no barrier between", 512},
    {"DifferentBytesOfOneDword",
     "v_and_b32_e32 v5, 63, v0\n v_lshlrev_b32_e32 v5, 2, v5\n v_add_u32_e32 v5, s20, v5\n"
     "ds_write_b8 v5, v0\n s_waitcnt lgkmcnt(0)\n ds_read_u8 v6, v5\n s_waitcnt lgkmcnt(0)\n",
     nullptr, 256},
    {"TheSameByteOfOneDword",
     "v_and_b32_e32 v5, 63, v0\n v_lshlrev_b32_e32 v5, 2, v5\n ds_write_b8 v5, v0\n"
     "s_waitcnt lgkmcnt(0)\n",
     "writes LDS byte 0, which wave 0 writes", 256},
    {"ADwordOverAnotherWavesByte",
     "v_mov_b32_e32 v5, 0\n s_mov_b64 exec, 1\n s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lbyte\n"
     "ds_write_b32 v5, v0\n s_waitcnt lgkmcnt(0)\n s_branch .Lout\n"
     ".Lbyte:\n ds_write_b8 v5, v0 offset:2\n s_waitcnt lgkmcnt(0)\n.Lout:\n",
     "writes LDS byte 2, which wave 0 writes", 4},
    {"AtomicsOfTwoWaves",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n v_mov_b32_e32 v5, 0\n"
     "ds_add_u32 v5, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n ds_read_b32 v6, v5\n"
     "s_waitcnt lgkmcnt(0)\n",
     nullptr, 512},
    {"AtomicAndPlainRead",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n v_mov_b32_e32 v5, 0\n"
     "s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Ladd\n ds_read_b32 v6, v5\n s_waitcnt lgkmcnt(0)\n"
     "s_branch .Lout\n.Ladd:\n ds_add_u32 v5, v0\n s_waitcnt lgkmcnt(0)\n.Lout:\n",
     "which wave 0 updates", 512},
    // Wave 0 waits for the flag that wave 1 raises behind its data, and then reads them.
    {"OrderedByAFlag",
     "v_mov_b32_e32 v5, 0\n v_mov_b32_e32 v7, 0\n s_mov_b64 s[22:23], exec\n s_mov_b64 exec, 1\n"
     "s_cmp_eq_u32 s20, 0\n s_cbranch_scc0 .Lboth\n ds_write_b32 v5, v7 offset:512\n"
     "s_waitcnt lgkmcnt(0)\n.Lboth:\n s_mov_b64 exec, s[22:23]\n s_barrier\n s_cmp_eq_u32 s20, 0\n"
     "s_cbranch_scc1 .Lwait\n ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n v_mov_b32_e32 v6, 1\n"
     "ds_or_b32 v5, v6 offset:512\n s_waitcnt lgkmcnt(0)\n s_branch .Lout\n"
     ".Lwait:\n ds_add_rtn_u32 v8, v5, v7 offset:512\n s_waitcnt lgkmcnt(0)\n"
     "v_readfirstlane_b32 s24, v8\n s_cmp_eq_u32 s24, 0\n s_cbranch_scc1 .Lwait\n"
     "ds_read_b32 v6, v1 offset:256\n s_waitcnt lgkmcnt(0)\n.Lout:\n",
     nullptr, 516},
    {"CopyToLdsWaitedForBeforeTheBarrier",
     "s_mov_b32 m0, 0\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_and_b32_e32 v2, 0xff, v1\n s_cmp_lg_u32 s20, 0\n"
     "s_cbranch_scc1 .Lskip\n buffer_load_dword v2, s[12:15], 0 offen lds\n"
     "s_waitcnt vmcnt(0)\n.Lskip:\n s_barrier\n ds_read_b32 v6, v2\n s_waitcnt lgkmcnt(0)\n",
     nullptr, 256},
    {"CopyToLdsWaitedForBehindTheBarrier",
     "s_mov_b32 m0, 0\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_and_b32_e32 v2, 0xff, v1\n s_cmp_lg_u32 s20, 0\n"
     "s_cbranch_scc1 .Lskip\n buffer_load_dword v2, s[12:15], 0 offen lds\n"
     ".Lskip:\n s_barrier\n s_waitcnt vmcnt(0)\n ds_read_b32 v6, v2\n s_waitcnt lgkmcnt(0)\n",
     "reads LDS byte 0, which wave 0 writes at +0x44 `buffer_load_dword", 256},
    {"CopyOverWhatAnotherWaveReads",
     OTHER "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n s_mov_b32 m0, 0\n"
           "s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n s_mov_b32 s15, 0x27000\n"
           "v_and_b32_e32 v2, 0xff, v1\n s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lread\n"
           "buffer_load_dword v2, s[12:15], 0 offen lds\n s_waitcnt vmcnt(0)\n s_branch .Lout\n"
           ".Lread:\n ds_read_b32 v6, v1\n s_waitcnt lgkmcnt(0)\n.Lout:\n",
     "writes LDS byte 0, which wave 0 reads", 512},
    // Two groups of waves that are one barrier apart, as ping-pong kernels run.
    {"TwoGroupsOneBarrierApart",
     "s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lfirst\n s_barrier\n.Lfirst:\n"
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_barrier\n ds_read_b32 v6, v1\n"
     "s_waitcnt lgkmcnt(0)\n s_barrier\n s_cmp_eq_u32 s20, 0\n s_cbranch_scc0 .Llast\n"
     "s_barrier\n.Llast:\n",
     nullptr, 512},
};
INSTANTIATE_TEST_SUITE_P(Planted, LdsRace, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(LdsRaces, KnowsTheBytesOfADwordApartOnceTheyWereTouchedApart) {
  LdsRaces races;
  races.reset(64, 2);
  EXPECT_FALSE(races.touch(0, LdsAccess::kWrite, 8, 4, 1));
  races.barrier();
  EXPECT_FALSE(races.touch(0, LdsAccess::kWrite, 8, 2, 2));
  EXPECT_FALSE(races.touch(1, LdsAccess::kWrite, 10, 2, 3));
  auto race = races.touch(1, LdsAccess::kRead, 8, 4, 4);
  ASSERT_TRUE(race);
  EXPECT_EQ(race->wave, 0);
  EXPECT_EQ(race->instruction, 2u);
  races.barrier();
  EXPECT_FALSE(races.touch(0, LdsAccess::kRead, 8, 4, 5));
}

TEST(LdsRaces, AtomicsOrderWhatCameBeforeThem) {
  LdsRaces races;
  races.reset(64, 3);
  EXPECT_FALSE(races.touch(0, LdsAccess::kWrite, 0, 4, 1));
  races.synchronize(0);
  races.synchronize(1);
  EXPECT_FALSE(races.touch(1, LdsAccess::kRead, 0, 4, 2));
  EXPECT_TRUE(races.touch(2, LdsAccess::kRead, 0, 4, 3)); // wave 2 has met nobody
  // What wave 0 does after its atomic is not ordered for wave 1.
  EXPECT_FALSE(races.touch(0, LdsAccess::kWrite, 4, 4, 4));
  EXPECT_TRUE(races.touch(1, LdsAccess::kRead, 4, 4, 5));
}

} // namespace
} // namespace gemmsmith::emulator
