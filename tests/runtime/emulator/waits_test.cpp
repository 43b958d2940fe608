// Results of loads and copies used before the s_waitcnt that covers them.
#include "tests/runtime/emulator/planted.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

class Wait : public testing::TestWithParam<Planted> {};

TEST_P(Wait, IsFoundWhereTheResultIsUsedBeforeIt) {
  expectPlanted(GetParam(), Check::kWaits);
}

// v[2:3] = in + v1.
#define FLAT                                                                                       \
  "v_mov_b32_e32 v3, s7\n v_add_co_u32_e32 v2, vcc, s6, v1\n"                                      \
  "v_addc_co_u32_e32 v3, vcc, 0, v3, vcc\n"

const Planted kCases[] = {
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
    {"SecondLoadOfTheSameRegisterIsInOrder",
     "global_load_dword v4, v1, s[6:7]\n global_load_dword v4, v1, s[6:7] offset:4\n"
     "s_waitcnt vmcnt(0)\n v_add_u32_e32 v6, 1, v4\n",
     nullptr},
    {"LoadsOfOneCounterOverwriteEachOtherInTheirLanesOnly",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_mov_b64 exec, 0xffff\n"
     "global_load_dword v4, v1, s[6:7]\n s_not_b64 exec, exec\n ds_read_b32 v4, v1\n"
     "s_not_b64 exec, exec\n global_load_dword v4, v1, s[6:7]\n s_mov_b64 exec, -1\n"
     "s_waitcnt vmcnt(0) lgkmcnt(0)\n v_mov_b32_e32 v5, v4\n",
     nullptr, 512},
    {"LdsReadOverwritesALoadBeforeItsWait",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_mov_b64 exec, 0xffff\n"
     "global_load_dword v4, v1, s[6:7]\n s_not_b64 exec, exec\n ds_read_b32 v4, v1\n"
     "s_mov_b64 exec, -1\n ds_read_b32 v4, v1\n",
     "`ds_read_b32 v4, v1`: v4 awaits the load at +0x30 `global_load_dword", 512},
    {"LoadOverwritesAFlatLoadBeforeItsWait",
     FLAT "flat_load_dword v4, v[2:3]\n global_load_dword v4, v1, s[6:7]\n",
     "`global_load_dword v4, v1, s[6:7]`: v4 awaits the load at +0x28 `flat_load_dword"},
    {"ScalarLoadUsedBeforeItsWait", "s_load_dword s10, s[6:7], 0x0\n s_add_u32 s11, s10, 1\n",
     "s10 awaits the load"},
    {"ScalarLoadUsedAfterItsWait",
     "s_load_dword s10, s[6:7], 0x0\n s_waitcnt lgkmcnt(0)\n s_add_u32 s11, s10, 1\n", nullptr},
    {"ScalarLoadWaitedForByTheWrongCounter",
     "s_load_dword s10, s[6:7], 0x0\n s_waitcnt vmcnt(0)\n s_add_u32 s11, s10, 1\n",
     "s10 awaits the load"},
    {"ScalarLoadDestinationOverwrittenBeforeItsWait",
     "s_load_dword s10, s[6:7], 0x0\n s_mov_b32 s10, 0\n", "s10 awaits the load"},
    {"ScalarLoadsAreCoveredByZeroOnly",
     "s_load_dword s10, s[6:7], 0x0\n s_load_dword s11, s[6:7], 0x4\n s_waitcnt lgkmcnt(1)\n"
     "s_add_u32 s12, s10, 1\n",
     "only s_waitcnt lgkmcnt(0) covers it"},
    {"LdsReadUsedBeforeItsWait",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v4, v1\n v_mov_b32_e32 v5, v4\n",
     "v4 awaits the load", 512},
    {"LdsReadUsedAfterItsWait",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v4, v1\n s_waitcnt lgkmcnt(0)\n"
     "v_mov_b32_e32 v5, v4\n",
     nullptr, 512},
    {"LdsReadsCompleteInOrder",
     "ds_write_b32 v1, v0\n ds_read_b32 v4, v1\n ds_read_b32 v5, v1\n s_waitcnt lgkmcnt(1)\n"
     "v_mov_b32_e32 v6, v4\n",
     nullptr, 512},
    {"HighAddendOfAWideProductAwaitsALoad",
     "v_mov_b32_e32 v8, 5\n global_load_dword v9, v1, s[6:7]\n"
     "v_mad_u64_u32 v[10:11], s[12:13], v0, v0, v[8:9]\n",
     "v9 awaits the load"},
    {"CopyToLdsReadBeforeItsWait",
     "s_mov_b32 m0, 0\n s_mov_b32 s8, 0x400\n s_mov_b32 s9, 0x27000\n s_mov_b64 s[12:13], s[6:7]\n"
     "s_mov_b32 s14, s8\n s_mov_b32 s15, s9\n v_and_b32_e32 v3, 63, v0\n v_lshlrev_b32_e32 v2, 2, "
     "v3\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n ds_read_b32 v4, v2\n",
     "the target of wave 0's copy", 512},
    {"CopyToLdsReadAfterItsWait",
     "s_lshl_b32 m0, s20, 8\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n s_mov_b32 s15, "
     "0x27000\n"
     "v_and_b32_e32 v3, 63, v0\n v_lshlrev_b32_e32 v2, 2, v3\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n s_waitcnt vmcnt(0)\n ds_read_b32 v4, v1\n",
     nullptr, 512},
    {"CopyToLdsOverwrittenBeforeItsWait",
     "s_lshl_b32 m0, s20, 8\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_and_b32_e32 v2, 0xff, v1\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\nds_write_b32 v1, v0\n",
     "writes LDS byte 0, the target of wave 0's copy", 512},
    {"CopyToLdsOverwrittenAfterItsWait",
     "s_lshl_b32 m0, s20, 8\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_and_b32_e32 v2, 0xff, v1\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\ns_waitcnt vmcnt(0)\n"
     "ds_write_b32 v1, v0\n",
     nullptr, 512},
    {"CopyToLdsOfAnotherWaveNeedsItsWait",
     "s_mov_b32 m0, 0\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n s_mov_b32 s15, "
     "0x27000\n"
     "v_and_b32_e32 v3, 63, v0\n v_lshlrev_b32_e32 v2, 2, v3\n"
     "s_cmp_lg_u32 s20, 0\n s_cbranch_scc1 .Lskip\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n"
     ".Lskip:\n s_barrier\n s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lout\n"
     "s_waitcnt vmcnt(0)\n ds_read_b32 v4, v2\n .Lout:\n",
     "the target of wave 0's copy", 512},
    {"PrivateLoadUsedBeforeItsWait",
     "scratch_store_dword off, v0, off offset:4\n scratch_load_dword v5, off, off offset:4\n"
     "v_add_u32_e32 v6, 1, v5\n",
     "v5 awaits the load"},
    {"PrivateLoadUsedAfterItsWait",
     "scratch_store_dword off, v0, off offset:4\n scratch_load_dword v5, off, off offset:4\n"
     "s_waitcnt vmcnt(0)\n v_add_u32_e32 v6, 1, v5\n",
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
     "lane 16, at +0x40 `v_add_u32_e32 v6, 1, v4`: v4 awaits the load at +0x30"},
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
     "v5 awaits the load at +0x28 `global_load_dword v5, v1, s[6:7]`; s_waitcnt vmcnt(0) would"},
    {"LdsReadBeforeAFlatLoadIsCoveredByZeroOnly",
     FLAT "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n ds_read_b32 v5, v1\n"
          "flat_load_dword v4, v[2:3]\n s_waitcnt lgkmcnt(1)\n v_mov_b32_e32 v7, v5\n",
     "s_waitcnt lgkmcnt(0) would cover it", 512},
    {"FlatLoadIsNotOlderThanLdsReads",
     FLAT "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n flat_load_dword v4, v[2:3]\n"
          "ds_read_b32 v5, v1\n s_waitcnt lgkmcnt(1)\n s_waitcnt vmcnt(0)\n"
          "v_mov_b32_e32 v7, v4\n",
     "v4 awaits the load", 512},
};
INSTANTIATE_TEST_SUITE_P(Planted, Wait, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace gemmsmith::emulator
