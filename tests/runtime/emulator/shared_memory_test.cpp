// Host memory that kernels reach at its own address.
#include "tests/runtime/emulator/harness.h"

namespace gemmsmith::emulator {
namespace {

DevicePointer addressOf(const void *pointer) {
  return reinterpret_cast<DevicePointer>(pointer);
}

// Every lane doubles its dword of the buffer.
std::vector<std::byte> doubling() {
  return assemble(R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  s_waitcnt lgkmcnt(0)
  global_load_dword v2, v1, s[4:5]
  s_waitcnt vmcnt(0)
  v_lshlrev_b32_e32 v2, 1, v2
  global_store_dword v1, v2, s[4:5]
  s_endpgm
)");
}

std::string runOn(Harness &h, const std::vector<std::uint32_t> &values) {
  DevicePointer p = addressOf(values.data());
  return h.launch("test", {1}, {64}, p, p, 0u);
}

TEST(SharedMemory, KernelsReadAndWriteTheHostsOwnBytes) {
  Harness h;
  h.load(doubling());
  std::vector<std::uint32_t> values(64);
  for (std::uint32_t i = 0; i < 64; ++i)
    values[i] = 3 * i + 1;
  auto bytes = std::as_writable_bytes(std::span(values));
  ASSERT_TRUE(h.device.share(bytes));
  EXPECT_EQ(runOn(h, values), "");
  for (std::uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(values[i], 2 * (3 * i + 1));
  EXPECT_EQ(h.device.unwrittenBytes(addressOf(values.data()), 256).value(), 0u);
  ASSERT_TRUE(h.device.release(addressOf(values.data())));
  EXPECT_NE(runOn(h, values), "");
}

TEST(SharedMemory, EndsWhereTheHostSaid) {
  Harness h;
  h.load(doubling());
  std::vector<std::uint32_t> values(64, 1);
  ASSERT_TRUE(h.device.share(std::as_writable_bytes(std::span(values).first(63))));
  auto error = runOn(h, values);
  EXPECT_NE(error.find("lane 63"), std::string::npos) << error;
}

TEST(SharedMemory, WhatIsSharedAlreadyOrEmptyIsRefused) {
  Device device;
  std::vector<std::byte> bytes(100);
  std::span all(bytes);
  EXPECT_FALSE(device.share(all.first(0)));
  ASSERT_TRUE(device.share(all.subspan(10, 50)));
  EXPECT_FALSE(device.share(all));
  EXPECT_FALSE(device.share(all.subspan(59, 10)));
  EXPECT_TRUE(device.share(all.subspan(60, 10)));
  ASSERT_TRUE(device.release(addressOf(&bytes[10])));
  EXPECT_TRUE(device.share(all.subspan(20, 40)));
}

} // namespace
} // namespace gemmsmith::emulator
