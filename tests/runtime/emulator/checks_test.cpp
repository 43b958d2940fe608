// What ends a launch whatever the checks, and what all checks have in common.
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/planted.h"

#include <gmock/gmock.h>

namespace gemmsmith::emulator {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Stop : public testing::TestWithParam<Planted> {};

TEST_P(Stop, EndsTheLaunchThoughAllChecksAreOff) {
  EXPECT_THAT(runPlanted(GetParam()), HasSubstr(GetParam().message));
  DeviceOptions options;
  options.checks = Checks::none();
  EXPECT_THAT(runPlanted(GetParam(), options), HasSubstr(GetParam().message));
}

const Planted kStops[] = {
    {"UnknownInstruction", ".long 0xbfff0000\n", "is not an instruction"},
    {"KnownButNotEmulated", "s_cbranch_join s0\n", "s_cbranch_join is not emulated"},
    {"Trap", "s_trap 2\n", "the kernel trapped"},
    {"RegisterOutsideTheAllocation", "v_mov_b32_e32 v40, 0\n",
     "v40 is outside the registers that the kernel asked for"},
};
INSTANTIATE_TEST_SUITE_P(Planted, Stop, testing::ValuesIn(kStops),
                         [](const auto &info) { return std::string(info.param.name); });

// s[4:5] = out, s[6:7] = in, v1 = 4 * thread.
constexpr const char *kStart = R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32_e32 v1, 2, v0
  s_waitcnt lgkmcnt(0)
)";

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

TEST(Checks, InstructionLimitStopsAnEndlessLoop) {
  DeviceOptions options;
  options.instruction_limit = 1000;
  Harness h(options);
  h.load(assemble(".Lloop:\n s_branch .Lloop\n"));
  EXPECT_THAT(h.launch("test", {1}, {64}, DevicePointer{0}, DevicePointer{0}, 0u),
              HasSubstr("exceeds the limit of 1000 instructions"));
}

TEST(Checks, InstructionLimitAllowsExactlyThatManyInstructions) {
  // 2 before the loop, 5 rounds of 3, and s_endpgm.
  auto object = assemble("s_mov_b32 s8, 5\n s_nop 3\n.Lloop:\n s_sub_u32 s8, s8, 1\n"
                         "s_cmp_lg_u32 s8, 0\n s_cbranch_scc1 .Lloop\n");
  constexpr std::uint64_t kInstructions = 18, kWaves = 2;
  auto launch = [&](std::uint64_t limit) {
    DeviceOptions options;
    options.instruction_limit = limit;
    Harness h(options);
    h.load(object);
    std::string message =
        h.launch("test", {1}, {64 * kWaves}, DevicePointer{0}, DevicePointer{0}, 0u);
    if (message.empty()) {
      EXPECT_EQ(h.statistics.wave_instructions, kWaves * kInstructions);
    }
    return message;
  };
  EXPECT_EQ(launch(kInstructions), "");
  EXPECT_THAT(
      launch(kInstructions - 1),
      AllOf(HasSubstr("`s_endpgm`"), HasSubstr("exceeds the limit of 17 instructions per wave")));
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

} // namespace
} // namespace gemmsmith::emulator
