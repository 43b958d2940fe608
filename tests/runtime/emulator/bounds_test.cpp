// Accesses to global memory, LDS and private memory outside their allocations.
#include "tests/runtime/emulator/planted.h"

#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

class Bounds : public testing::TestWithParam<Planted> {};

TEST_P(Bounds, IsFoundWhereAnAccessLeavesItsAllocation) {
  expectPlanted(GetParam(), Check::kBounds);
}

const Planted kCases[] = {
    {"LdsOutsideTheAllocation", "ds_write_b32 v1, v0 offset:4\n", "but the workgroup has 512", 512},
    {"LdsLastBytes", "ds_write_b32 v1, v0\n", nullptr, 512},
    {"GlobalReadOfTheLastBytes", "global_load_dword v4, v1, s[6:7] offset:512\n", nullptr},
    {"GlobalReadOutside", "v_add_u32_e32 v1, 0x210, v1\n global_load_dword v4, v1, s[6:7]\n",
     "outside every allocation: 0 bytes past the end of the 1024-byte allocation"},
    {"GlobalWriteOutside", "global_store_dword v1, v0, s[4:5] offset:-4\n",
     "outside every allocation: 4 bytes before"},
    {"GlobalWriteOfTheLastBytes", "global_store_dword v1, v0, s[4:5] offset:512\n", nullptr},
    {"ScalarReadOutside", "s_load_dword s10, s[6:7], 0x400\n",
     "0 bytes past the end of the 1024-byte allocation"},
    {"ScalarReadOfTheLastBytes", "s_load_dword s10, s[6:7], 0x3fc\n", nullptr},
    {"NullPointer",
     "v_mov_b32_e32 v4, 0\n v_mov_b32_e32 v5, 0\n global_load_dword v6, v[4:5], off\n",
     "reads 4 bytes at 0x0, outside every allocation"},
    {"CopyToLdsOutside",
     "s_movk_i32 m0, 0x104\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_mov_b32_e32 v2, 0\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n",
     "accesses 4 bytes at LDS byte 512", 512},
    {"CopyToLdsLastBytes",
     "s_cmp_eq_u32 s20, 0\n s_cbranch_scc1 .Lout\n"
     "s_movk_i32 m0, 0x100\n s_mov_b64 s[12:13], s[6:7]\n s_mov_b32 s14, 0x400\n"
     "s_mov_b32 s15, 0x27000\n v_mov_b32_e32 v2, 0\n"
     "buffer_load_dword v2, s[12:15], 0 offen lds\n.Lout:\n",
     nullptr, 512},
    {"PrivateWriteOutside", "scratch_store_dword off, v0, off offset:13\n",
     "writes 4 private bytes at 0xd, but a work-item has 16"},
    {"PrivateWriteOfTheLastBytes", "scratch_store_dword off, v0, off offset:12\n", nullptr},
    {"PrivateReadOutside", "scratch_load_dword v5, off, off offset:16\n",
     "reads 4 private bytes at 0x10, but a work-item has 16"},
    {"PrivateReadOfTheLastBytes",
     "scratch_store_dword off, v0, off offset:12\n s_waitcnt vmcnt(0)\n"
     "scratch_load_dword v5, off, off offset:12\n",
     nullptr},
    {"WideLdsReadOverTheEnd",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n s_mov_b64 exec, 1\n v_mov_b32_e32 v5, 0x1fc\n"
     "ds_read_b64 v[6:7], v5\n",
     "accesses 8 bytes at LDS byte 508, but the workgroup has 512", 512},
};
INSTANTIATE_TEST_SUITE_P(Planted, Bounds, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace gemmsmith::emulator
