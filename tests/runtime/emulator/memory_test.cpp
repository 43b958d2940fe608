// Device memory, buffer range checking, and the launch interface.
#include "tests/runtime/emulator/harness.h"

#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

TEST(Memory, UnwrittenBytesAreCountedAndReadAsPattern) {
  Device device;
  DevicePointer p = device.allocate(100).value();
  EXPECT_EQ(device.unwrittenBytes(p, 100).value(), 100u);
  std::vector<std::byte> three(3, std::byte{7});
  ASSERT_TRUE(device.write(p + 5, three));
  EXPECT_EQ(device.unwrittenBytes(p, 100).value(), 97u);
  std::vector<std::byte> out(10);
  ASSERT_TRUE(device.read(p, out));
  EXPECT_EQ(out[4], std::byte{0xcd});
  EXPECT_EQ(out[5], std::byte{7});
  EXPECT_EQ(out[8], std::byte{0xcd});
  ASSERT_TRUE(device.poison(p + 6, 1));
  EXPECT_EQ(device.unwrittenBytes(p, 100).value(), 98u);
}

TEST(Launch, AGridOfMoreWorkgroupsThan64BitsCountIsRefused) {
  Harness h;
  h.load(assemble("s_nop 0\n"));
  EXPECT_THAT(
      h.launch("test", {0xffffffff, 2, 0x80000001}, {1}, DevicePointer{0}, DevicePointer{0}, 0u),
      HasSubstr("the grid has more than 2^64 - 1 workgroups"));
}

TEST(Memory, AllocationsBeyondTheHostAreFineWhileUntouched) {
  Device device;
  std::uint64_t bytes = std::uint64_t{1} << 40;
  auto p = device.allocate(bytes);
  ASSERT_TRUE(p) << p.error().str();
  std::vector<std::byte> one(1, std::byte{1});
  ASSERT_TRUE(device.write(*p + bytes - 1, one));
  EXPECT_FALSE(device.write(*p + bytes, one));
  EXPECT_TRUE(device.release(*p));
  EXPECT_FALSE(device.release(*p));
}

TEST(Memory, WrongRangesAreErrors) {
  Device device;
  DevicePointer p = device.allocate(16).value();
  std::vector<std::byte> bytes(17);
  EXPECT_FALSE(device.write(p, bytes));
  EXPECT_FALSE(device.read(p + 8, std::span(bytes).first(9)));
  EXPECT_FALSE(device.allocate(8, 3));
  EXPECT_TRUE(device.read(p, std::span(bytes).first(16)));
}

// Every lane loads 16 bytes at 16 * lane - 8 + 8 of a buffer of `records` bytes.
TEST(Buffers, LoadsAreRangeCheckedDwordByDword) {
  Harness h;
  h.load(assemble(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_load_dword s10, s[0:1], 0x10
  v_lshlrev_b32_e32 v1, 4, v0
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s8, s6
  s_mov_b32 s9, s7
  s_mov_b32 s11, 0x27000
  buffer_load_dwordx4 v[4:7], v1, s[8:11], 0 offen
  s_waitcnt vmcnt(0)
  global_store_dwordx4 v1, v[4:7], s[4:5])"));
  std::vector<std::uint32_t> in(256);
  for (std::uint32_t i = 0; i < 256; ++i)
    in[i] = i + 1;
  DevicePointer pin = h.upload(in);
  for (std::uint32_t records : {0u, 4u, 100u, 512u, 1016u, 1024u}) {
    DevicePointer pout = h.empty(1024);
    ASSERT_EQ(h.launch("test", {1}, {64}, pout, pin, records), "");
    auto out = h.download<std::uint32_t>(pout, 256);
    for (std::uint32_t i = 0; i < 256; ++i)
      ASSERT_EQ(out[i], i * 4 < records ? i + 1 : 0) << records << ": " << i;
  }
}

TEST(Buffers, StoresOutOfRangeAreDroppedAndTheScalarOffsetIsNotChecked) {
  Harness h;
  h.load(assemble(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_load_dword s10, s[0:1], 0x10
  v_lshlrev_b32_e32 v1, 1, v0
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s8, s4
  s_mov_b32 s9, s5
  s_mov_b32 s11, 0x27000
  s_movk_i32 s12, 0x40
  buffer_store_short v0, v1, s[8:11], s12 offen offset:2)"));
  DevicePointer pin = h.upload(std::vector<int>(1)), pout = h.empty(256);
  ASSERT_EQ(h.launch("test", {1}, {64}, pout, pin, 20u), "");
  auto out = h.download<std::uint16_t>(pout, 128);
  for (std::uint16_t i = 0; i < 128; ++i)
    ASSERT_EQ(out[i], i >= 33 && i < 33 + 9 ? i - 33 : 0xcdcd) << i;
}

TEST(Buffers, OutOfRangeLanesOfACopyToLdsWriteZero) {
  Harness h;
  h.load(assemble(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_load_dword s10, s[0:1], 0x10
  v_lshlrev_b32_e32 v1, 4, v0
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s8, s6
  s_mov_b32 s9, s7
  s_mov_b32 s11, 0x27000
  s_movk_i32 m0, 0x100
  s_nop 0
  buffer_load_dwordx4 v1, s[8:11], 0 offen lds
  s_waitcnt vmcnt(0)
  ds_read_b128 v[4:7], v1 offset:256
  s_waitcnt lgkmcnt(0)
  global_store_dwordx4 v1, v[4:7], s[4:5])",
                  {.lds_bytes = 2048, .extra = {}}));
  std::vector<std::uint32_t> in(256, 9);
  DevicePointer pin = h.upload(in), pout = h.empty(1024);
  ASSERT_EQ(h.launch("test", {1}, {64}, pout, pin, 200u), "");
  auto out = h.download<std::uint32_t>(pout, 256);
  for (std::uint32_t i = 0; i < 256; ++i)
    ASSERT_EQ(out[i], i < 50 ? 9u : 0u) << i;
}

TEST(Buffers, InRangeButOutsideTheAllocationIsAFault) {
  Harness h;
  h.load(assemble(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  s_waitcnt lgkmcnt(0)
  s_mov_b32 s8, s6
  s_mov_b32 s9, s7
  s_mov_b32 s10, -1
  s_mov_b32 s11, 0x27000
  buffer_load_dword v4, v0, s[8:11], 0 offen)"));
  DevicePointer pin = h.upload(std::vector<int>(1)), pout = h.empty(4);
  EXPECT_THAT(h.launch("test", {1}, {64}, pout, pin, 0u), HasSubstr("outside every allocation"));
}

TEST(Launch, WrongLaunchesAreRefused) {
  Harness h;
  h.load(assemble("s_nop 0\n"));
  EXPECT_THAT(h.launch("nothing", {1}, {64}), HasSubstr("no kernel 'nothing'"));
  EXPECT_THAT(h.launch("test", {1}, {64}), HasSubstr("0 bytes of arguments"));
  DevicePointer p = 0;
  EXPECT_THAT(h.launch("test", {1}, {2048}, p, p, 0u), HasSubstr("more than 1024"));
  EXPECT_THAT(h.launch("test", {0}, {64}, p, p, 0u), HasSubstr("is 0"));
  h.dynamic_lds = 200000;
  EXPECT_THAT(h.launch("test", {1}, {64}, p, p, 0u), HasSubstr("200000 bytes of LDS"));
}

TEST(Launch, OnlyTheWorkgroupsAskedForRun) {
  Harness h;
  h.load(assemble(R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  s_lshl_b32 s8, s2, 2
  v_mov_b32_e32 v1, s8
  v_mov_b32_e32 v2, s3
  s_waitcnt lgkmcnt(0)
  s_mov_b64 exec, 1
  global_store_dword v1, v2, s[4:5])",
                  {.lds_bytes = 0, .workgroup_id = 2, .extra = {}}));
  DevicePointer pout = h.empty(64);
  std::vector<std::byte> arguments(24);
  std::memcpy(arguments.data(), &pout, 8);
  std::vector<std::uint64_t> ids = {3, 9};
  LaunchParameters p;
  p.grid = {4, 4, 1};
  p.block = {64, 1, 1};
  p.arguments = arguments;
  p.workgroups = ids;
  auto result = h.device.launch(*h.module, "test", p);
  ASSERT_TRUE(result) << result.error().str();
  EXPECT_EQ(result->workgroups, 2u);
  auto out = h.download<std::uint32_t>(pout, 4);
  EXPECT_EQ(out, (std::vector<std::uint32_t>{0xcdcdcdcd, 2, 0xcdcdcdcd, 0}));
}

} // namespace
} // namespace gemmsmith::emulator
