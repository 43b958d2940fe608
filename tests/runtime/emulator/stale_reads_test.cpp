// What one XCD reads of another's stores: only through release and acquire.
#include "runtime/emulator/coherence.h"

#include "runtime/emulator/memory.h"
#include "tests/runtime/emulator/harness.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Workgroup 0 stores 64 dwords behind the flag out[0] and raises that; workgroup `reader` waits for
// the flag and reads them.
struct Handover {
  const char *name;
  const char *release;
  const char *acquire;
  const char *message; // null: nothing may be found
  int reader = 1;
  const char *store_bits = "";
  const char *load_bits = "";
};

std::vector<std::byte> objectOf(const Handover &c) {
  return assemble(fmt::format(R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  v_mov_b32_e32 v5, 0
  v_mov_b32_e32 v7, 1
  s_waitcnt lgkmcnt(0)
  s_cmp_eq_u32 s2, {}
  s_cbranch_scc1 .Lpoll
  s_cmp_eq_u32 s2, 0
  s_cbranch_scc0 .Lout
  global_store_dword v1, v0, s[4:5] offset:64 {}
  {}
  s_mov_b64 exec, 1
  global_atomic_add v5, v7, s[4:5]
  s_endpgm
.Lpoll:
  s_sleep 1
  global_load_dword v6, v5, s[4:5] sc1
  s_waitcnt vmcnt(0)
  v_readfirstlane_b32 s8, v6
  s_cmp_eq_u32 s8, 0
  s_cbranch_scc1 .Lpoll
  {}
  global_load_dword v6, v1, s[4:5] offset:64 {}
  s_waitcnt vmcnt(0)
  global_store_dword v1, v6, s[4:5] offset:1024
.Lout:
)",
                              c.reader, c.store_bits, c.release, c.acquire, c.load_bits));
}

std::string hand(const std::vector<std::byte> &object, const Handover &c, int threads,
                 const Checks &checks = {}) {
  DeviceOptions options;
  options.checks = checks;
  options.threads = threads;
  options.instruction_limit = 1 << 20;
  Harness h(options);
  h.load(object);
  auto out = h.upload(std::vector<std::uint32_t>(512));
  std::string message =
      h.launch("test", {static_cast<std::uint32_t>(c.reader) + 1}, {64}, out, out, 0u);
  if (message.empty()) {
    auto values = h.download<std::uint32_t>(out, 512);
    for (std::uint32_t l = 0; l < 64; ++l)
      EXPECT_EQ(values[256 + l], l);
  }
  return message;
}

void PrintTo(const Handover &c, std::ostream *out) {
  *out << c.name;
}

class StaleRead : public testing::TestWithParam<Handover> {};

TEST_P(StaleRead, IsFoundWithoutReleaseAndAcquire) {
  const Handover &c = GetParam();
  const std::vector<std::byte> object = objectOf(c);
  const Checks only = Checks::none().with(Check::kStaleReads);
  for (int threads : {1, 2})
    for (const Checks &checks : {Checks(), only}) {
      if (c.message)
        EXPECT_THAT(hand(object, c, threads, checks), HasSubstr(c.message));
      else
        EXPECT_EQ(hand(object, c, threads, checks), "");
    }
  EXPECT_EQ(hand(object, c, 1, Checks().without(Check::kStaleReads)), "");
}

constexpr const char *kRelease = "buffer_wbl2 sc1\n s_waitcnt vmcnt(0)";
constexpr const char *kAcquire = "buffer_inv sc1";
const Handover kCases[] = {
    {"ReleasedAndAcquired", kRelease, kAcquire, nullptr},
    {"NotReleased", "s_waitcnt vmcnt(0)", kAcquire,
     "on XCD 1, which XCD 0 stored at +0x28 `global_store_dword"},
    {"ReleasedWithoutWaiting", "buffer_wbl2 sc1", kAcquire, "has not released since"},
    {"ReleasedWithinTheXcdOnly", "buffer_wbl2 sc0\n s_waitcnt vmcnt(0)", kAcquire,
     "has not released since"},
    {"NotAcquired", kRelease, "", "which this XCD has not acquired since"},
    {"AcquiredWithinTheXcdOnly", kRelease, "buffer_inv sc0",
     "which this XCD has not acquired since"},
    {"ScalarLoadNotAcquired", kRelease,
     "s_load_dword s9, s[4:5], 0x40\n s_waitcnt lgkmcnt(0)\n buffer_inv sc1", "`s_load_dword s9"},
    {"ScalarLoadAcquired", kRelease,
     "buffer_inv sc1\n s_load_dword s9, s[4:5], 0x40\n s_waitcnt lgkmcnt(0)", nullptr},
    {"OfTheSameXcd", "s_waitcnt vmcnt(0)", "", nullptr, 8},
    {"StoredPastTheL2", "s_waitcnt vmcnt(0)", kAcquire, nullptr, 1, "sc1"},
    {"StoredPastTheL2ButNotAcquired", "s_waitcnt vmcnt(0)", "",
     "which this XCD has not acquired since", 1, "sc1"},
    {"StoredAndLoadedPastTheL2", "s_waitcnt vmcnt(0)", "", nullptr, 1, "sc1", "sc1"},
    {"LoadedPastTheL2ButNotReleased", "s_waitcnt vmcnt(0)", "", "has not released since", 1, "",
     "sc1"},
};
INSTANTIATE_TEST_SUITE_P(Planted, StaleRead, testing::ValuesIn(kCases),
                         [](const auto &info) { return std::string(info.param.name); });

TEST(StaleReads, ALaunchSeesEverythingThatEarlierLaunchesStored) {
  Harness h;
  h.load(assemble(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  s_lshl_b32 s8, s2, 8
  v_add_u32_e32 v2, s8, v1
  s_xor_b32 s8, s8, 0x100
  v_add_u32_e32 v3, s8, v1
  s_waitcnt lgkmcnt(0)
  global_load_dword v4, v3, s[6:7]
  s_waitcnt vmcnt(0)
  global_store_dword v2, v4, s[4:5]
)"));
  std::vector<std::uint32_t> values(128);
  for (std::uint32_t n = 0; n < 128; ++n)
    values[n] = n;
  auto a = h.upload(values), b = h.empty(512);
  ASSERT_EQ(h.launch("test", {2}, {64}, b, a, 0u), "");
  ASSERT_EQ(h.launch("test", {2}, {64}, a, b, 0u), "");
  EXPECT_EQ(h.download<std::uint32_t>(a, 128), values);
}

TEST(StaleReads, BytesOfOneDwordBelongToWhoWroteThem) {
  Harness h;
  // Workgroups 0 and 1 write the halves of the same dwords, and read back their own.
  h.load(assemble(R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  s_lshl_b32 s8, s2, 1
  v_add_u32_e32 v1, s8, v1
  s_waitcnt lgkmcnt(0)
  global_store_short v1, v0, s[4:5]
  s_waitcnt vmcnt(0)
  global_load_ushort v4, v1, s[4:5]
  s_waitcnt vmcnt(0)
)"));
  auto out = h.empty(256);
  EXPECT_EQ(h.launch("test", {2}, {64}, out, out, 0u), "");
}

TEST(StaleReads, BytesOfOneDwordKeepTheWayTheyWereStored) {
  auto memory = Allocation::create(kFirstDeviceAddress, 64);
  ASSERT_TRUE(memory);
  memory->stamp(kFirstDeviceAddress, 1, 5, 0, 1, true);
  memory->stamp(kFirstDeviceAddress + 1, 1, 5, 0, 2, true);
  EXPECT_EQ(memory->stampAt(kFirstDeviceAddress).bytes(), 3u);
  memory->stamp(kFirstDeviceAddress + 2, 1, 5, 0, 3, false);
  EXPECT_EQ(memory->stampAt(kFirstDeviceAddress).bytes(), 4u);
  EXPECT_FALSE(memory->stampAt(kFirstDeviceAddress).pastL2());
}

TEST(Coherence, TimeStartsAnewBeforeItRunsOut) {
  Coherence coherence;
  EXPECT_FALSE(coherence.beginLaunch());
  while (coherence.time() <= Coherence::kMaxTime / 2)
    coherence.release(0);
  EXPECT_TRUE(coherence.beginLaunch());
  EXPECT_LT(coherence.time(), 10u);
}

} // namespace
} // namespace gemmsmith::emulator
