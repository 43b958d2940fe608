// Kernels that do their worst: whatever they try, the launch ends within its limits and says why.
#include "tests/runtime/emulator/harness.h"
#include "tests/runtime/emulator/planted.h"

#include <gmock/gmock.h>
#include <thread>

namespace gemmsmith::emulator {
namespace {

using testing::HasSubstr;

// --- kernels that never end, or leave their code

struct Endless {
  const char *name;
  const char *code; // s[4:5] = out, s[6:7] = in, s20 = the wave, v1 = 4 * v0
  const char *message;
};
void PrintTo(const Endless &endless, std::ostream *out) {
  *out << endless.name;
}

constexpr const char *kStart = R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_lshlrev_b32 v1, 2, v0
  v_lshrrev_b32 v4, 6, v0
  s_nop 0
  v_readfirstlane_b32 s20, v4
  s_waitcnt lgkmcnt(0)
)";
std::vector<std::byte> hostile(std::string_view code) {
  return assemble(kStart + std::string(code), {.lds_bytes = 1024, .extra = {}});
}

// Launches two waves.
LaunchReport runHostile(std::span<const std::byte> object, const Checks &checks) {
  Device device({.threads = 1, .checks = checks, .instruction_limit = 5000});
  auto module = device.load(object);
  if (!module)
    return {{}, {}, module.error()};
  std::uint64_t arguments[3] = {device.allocate(1024).value(), device.allocate(1024).value(), 7};
  std::vector<std::byte> zeros(1024);
  EXPECT_TRUE(device.write(arguments[1], zeros));
  LaunchParameters parameters;
  parameters.grid = {1};
  parameters.block = {128};
  parameters.arguments = std::as_bytes(std::span(arguments)).first(20);
  auto report = device.run(**module, "test", parameters);
  return report ? *report : LaunchReport{{}, {}, report.error()};
}

std::string errorOf(const LaunchReport &report) {
  return report.error ? report.error->message : "";
}

class EndlessKernel : public testing::TestWithParam<Endless> {};

TEST_P(EndlessKernel, IsEndedWhateverIsChecked) {
  auto object = hostile(GetParam().code);
  std::vector<Checks> sets = {Checks(), Checks::none()};
  for (std::size_t c = 0; c < kCheckCount; ++c)
    sets.push_back(Checks().without(static_cast<Check>(c)));
  for (const Checks &checks : sets)
    EXPECT_THAT(errorOf(runHostile(object, checks)), HasSubstr(GetParam().message));
}

// Code at the very end of its segment, behind the kernel.
#define AT_THE_END(CODE)                                                                           \
  "s_branch .Lend_of_code\n .subsection 1\n .Lend_of_code:\n" CODE "\n .text 0\n"
constexpr const char *kTooLong = "exceeds the limit of 5000 instructions";

const Endless kEndless[] = {
    {"ABranchToItself", ".Lloop:\n s_branch .Lloop\n", kTooLong},
    {"ASleepingLoop", ".Lloop:\n s_sleep 127\n s_branch .Lloop\n", kTooLong},
    {"ALoopThatStores", ".Lloop:\n global_store_dword v1, v0, s[4:5]\n s_branch .Lloop\n",
     kTooLong},
    {"ALoopThatLoads", ".Lloop:\n global_load_dword v6, v1, s[6:7]\n s_branch .Lloop\n", kTooLong},
    {"ALoopThatLoadsFlat",
     "v_mov_b32 v8, s6\n v_mov_b32 v9, s7\n.Lloop:\n flat_load_dword v6, v[8:9]\n"
     "s_branch .Lloop\n",
     kTooLong},
    {"ALoopThatCopiesToLds",
     "s_mov_b32 m0, 0\n.Lloop:\n global_load_lds_dword v1, s[6:7]\n s_branch .Lloop\n", kTooLong},
    {"ALoopOverLds", ".Lloop:\n ds_write_b32 v1, v0\n ds_read_b32 v6, v1\n s_branch .Lloop\n",
     kTooLong},
    {"ALoopOfScalarLoads", ".Lloop:\n s_load_dwordx2 s[8:9], s[6:7], 0x0\n s_branch .Lloop\n",
     kTooLong},
    {"ALoopOfScalarStores", ".Lloop:\n s_store_dword s20, s[4:5], 0x0\n s_branch .Lloop\n",
     kTooLong},
    {"ALoopOfBarriers", ".Lloop:\n s_barrier\n s_branch .Lloop\n", kTooLong},
    {"ALoopOfWriteBacks", ".Lloop:\n buffer_wbl2 sc1\n buffer_inv sc1\n s_branch .Lloop\n",
     kTooLong},
    {"RecursionWithoutEnd",
     "s_mov_b32 s10, 0\n.Lcall:\n s_add_u32 s10, s10, 1\n s_getpc_b64 s[8:9]\n"
     "s_sub_u32 s8, s8, 8\n s_subb_u32 s9, s9, 0\n s_swappc_b64 s[12:13], s[8:9]\n",
     kTooLong},
    {"AJumpBetweenTwoWords",
     "s_getpc_b64 s[8:9]\n s_add_u32 s8, s8, 6\n s_addc_u32 s9, s9, 0\n s_setpc_b64 s[8:9]\n",
     "jumps outside the code object"},
    {"AJumpIntoItsArguments", "s_setpc_b64 s[0:1]\n", "jumps outside the code object"},
    {"AJumpToNothing", "s_mov_b64 s[8:9], 0\n s_setpc_b64 s[8:9]\n",
     "jumps outside the code object"},
    {"ACallFarBack", "s_branch 0x8000\n", "runs past the end of the code"},
    {"ACallFarForward", "s_branch 0x7fff\n", "runs past the end of the code"},
    {"HalfAnInstructionAtTheEnd", AT_THE_END(".long 0xd1000000"),
     "is not an instruction of gfx950"},
    {"HalfAConstantAtTheEnd", AT_THE_END(".long 0xbe8800ff"), "is not an instruction of gfx950"},
    {"NoEndAtTheEnd", AT_THE_END("s_nop 0"), "runs past the end of the code"},
    {"ItsDescriptorAsCode", ".long 0, 0, 0xffffffff\n", "is not an instruction of gfx950"},
};
INSTANTIATE_TEST_SUITE_P(Hostile, EndlessKernel, testing::ValuesIn(kEndless),
                         [](const auto &info) { return std::string(info.param.name); });

// --- accesses of everything there is not

constexpr const char *kOutside[] = {
    "v_mov_b32 v8, 0\n v_mov_b32 v9, 0\n flat_store_dwordx4 v[8:9], v[0:3]\n",
    "v_mov_b32 v8, -1\n v_mov_b32 v9, -1\n flat_store_dwordx4 v[8:9], v[0:3]\n",
    "v_mov_b32 v8, -1\n v_mov_b32 v9, -1\n flat_load_dwordx4 v[4:7], v[8:9]\n",
    "v_mov_b32 v8, -1\n v_mov_b32 v9, 0x1ffff\n flat_store_dwordx4 v[8:9], v[0:3]\n",
    "s_mov_b64 s[8:9], src_shared_base\n v_mov_b32 v8, -1\n v_mov_b32 v9, s9\n"
    "flat_store_dwordx4 v[8:9], v[0:3]\n",
    "s_mov_b64 s[8:9], src_private_base\n v_mov_b32 v8, -1\n v_mov_b32 v9, s9\n"
    "flat_load_dwordx4 v[4:7], v[8:9]\n flat_store_dword v[8:9], v0\n",
    "v_mov_b32 v8, -1\n ds_write_b128 v8, v[0:3]\n",
    "v_mov_b32 v8, -4\n ds_read_b128 v[4:7], v8\n",
    "v_mov_b32 v8, 0x3fe\n ds_read_b32 v4, v8\n",
    "v_mov_b32 v8, 0x400\n ds_add_u32 v8, v0\n",
    "scratch_store_dwordx4 off, v[0:3], off\n",
    "v_mov_b32 v8, -1\n scratch_load_dwordx4 v[4:7], v8, off offset:-4096\n",
    "s_mov_b32 m0, -1\n global_load_lds_dwordx4 v1, s[6:7]\n",
    "s_mov_b32 s8, -1\n s_mov_b32 s9, 0x3fffffff\n s_mov_b32 s10, -1\n s_mov_b32 s11, 0x20000\n"
    "v_mov_b32 v8, -2\n v_mov_b32 v9, -4\n"
    "buffer_store_dword v0, v[8:9], s[8:11], s10 idxen offen offset:4095\n",
    "s_mov_b32 s8, -1\n s_mov_b32 s9, 0xffff\n s_mov_b32 s10, -1\n s_mov_b32 s11, 0x20000\n"
    "v_mov_b32 v8, 0x7fffffff\n buffer_load_dwordx4 v[4:7], v8, s[8:11], s10 offen offset:4095\n",
    "s_mov_b64 s[8:9], -1\n s_load_dwordx16 s[12:27], s[8:9], 0x1ffff\n",
    "s_mov_b64 s[8:9], 0\n s_store_dwordx4 s[4:7], s[8:9], -4\n",
    "s_mov_b64 s[8:9], -4\n s_atomic_add s20, s[8:9], 0x0\n",
    "v_mov_b32 v8, -4\n v_mov_b32 v9, -1\n global_atomic_add v[8:9], v0, off\n",
};

TEST(HostileKernel, AccessesOutsideEverythingAreFoundOrDropped) {
  for (const char *code : kOutside) {
    auto object = hostile(code);
    EXPECT_EQ(errorOf(runHostile(object, Checks::none())), "") << code;
    EXPECT_EQ(errorOf(runHostile(object, Checks::none().with(Check::kWaits))), "") << code;
    LaunchReport report = runHostile(object, Checks::none().with(Check::kBounds));
    EXPECT_EQ(errorOf(report), "") << code;
    ASSERT_FALSE(report.findings.empty()) << code;
    EXPECT_EQ(report.findings[0].check, Check::kBounds) << code;
  }
}

// --- more outstanding than any counter can hold

const Planted kOutstanding[] = {
    {"LoadsOfOneRegister",
     ".rept 300\n global_load_dword v6, v1, s[6:7]\n .endr\n v_mov_b32 v7, v6\n", "v6 awaits"},
    {"LdsReadsOfOneRegister",
     "ds_write_b32 v1, v0\n s_waitcnt lgkmcnt(0)\n"
     ".rept 300\n ds_read_b32 v6, v1\n .endr\n v_mov_b32 v7, v6\n",
     "v6 awaits", 512},
    {"FlatLoadsOfOneRegister",
     "v_mov_b32 v8, s6\n v_mov_b32 v9, s7\n"
     ".rept 300\n flat_load_dword v6, v[8:9]\n .endr\n v_mov_b32 v7, v6\n",
     "v6 awaits"},
    {"CopiesToTheSameLds",
     "s_lshl_b32 s8, s20, 8\n s_mov_b32 m0, s8\n s_nop 0\n"
     ".rept 300\n global_load_lds_dword v1, s[6:7]\n .endr\n ds_read_b32 v6, v1\n",
     "the target of wave 0's copy", 512},
};

TEST(HostileKernel, ThousandsOfOutstandingOperationsHideNothing) {
  for (const Planted &planted : kOutstanding)
    expectPlanted(planted, Check::kWaits);
}

// --- what a race is told by may lie before the kernel's entry

TEST(HostileKernel, ARaceWithCodeBeforeTheEntryIsReported) {
  const std::string kernels[] = {
      "shared_part:\n v_mov_b32 v5, 0\n ds_write_b32 v5, v0\n s_waitcnt lgkmcnt(0)\n",
      "s_branch shared_part\n"};
  Harness h;
  h.load(assembleKernels(kernels, {.lds_bytes = 512, .extra = {}}));
  EXPECT_THAT(h.launch("test1", {1}, {128}, std::uint64_t{0}, std::uint64_t{0}, 0u),
              HasSubstr("at -0xfc `ds_write_b32 v5, v0` with no barrier between"));
}

// --- registers that only indexing reaches

TEST(HostileKernel, AnIndexedPairMayNotReachPastTheLastRegister) {
  Harness h;
  h.load(assemble(R"(
  v_mov_b32 v254, 0
  v_mov_b32 v255, 0
  s_mov_b32 s8, 3
  s_set_gpr_idx_on s8, gpr_idx(SRC0)
  v_mov_b64 v[2:3], v[252:253]
  s_set_gpr_idx_off
)",
                  {.vgprs = 256, .extra = {}}));
  EXPECT_THAT(h.launch("test", {1}, {64}, std::uint64_t{0}, std::uint64_t{0}, 0u),
              HasSubstr("an indexed register lies past v255"));
}

// --- two modules at a time

TEST(HostileLaunch, AStaleReadOfWhatAnotherModuleStoresMeanwhileIsReported) {
  // Either waits for the other's flag: the longer one stores in between.
  const char *kWriter = R"(
  .rept 600
  s_nop 0
  .endr
.Lwait:
  s_load_dword s8, s[6:7], 0x0
  s_waitcnt lgkmcnt(0)
  s_cmp_eq_u32 s8, 0
  s_cbranch_scc1 .Lwait
  global_store_dword v1, v0, s[4:5]
  s_mov_b32 s9, 1
  s_waitcnt vmcnt(0)
  s_store_dword s9, s[6:7], 0x4
)";
  const char *kReader = R"(
  s_mov_b32 s9, 1
  s_store_dword s9, s[6:7], 0x0
.Lwait:
  s_load_dword s8, s[6:7], 0x4
  s_waitcnt lgkmcnt(0)
  s_cmp_eq_u32 s8, 0
  s_cbranch_scc1 .Lwait
  global_load_dword v6, v1, s[4:5]
  s_waitcnt vmcnt(0)
)";
  Device device({.threads = 1,
                 .checks = Checks::none().with(Check::kStaleReads),
                 .instruction_limit = 100'000'000});
  std::uint64_t arguments[3] = {device.allocate(1024).value(), device.allocate(1024).value(), 0};
  std::vector<std::byte> zeros(1024);
  ASSERT_TRUE(device.write(arguments[1], zeros));
  auto run = [&](const char *code, std::uint64_t workgroup) {
    LaunchParameters parameters;
    parameters.grid = {2};
    parameters.block = {64};
    parameters.workgroups = {&workgroup, 1};
    parameters.arguments = std::as_bytes(std::span(arguments)).first(20);
    return device.run(**device.load(hostile(code)), "test", parameters);
  };
  std::thread writer([&] {
    auto report = run(kWriter, 0);
    EXPECT_TRUE(report && !report->error);
  });
  auto report = run(kReader, 1);
  writer.join();
  ASSERT_TRUE(report && !report->error);
  ASSERT_FALSE(report->findings.empty());
  for (const Finding &finding : report->findings)
    EXPECT_THAT(finding.message, HasSubstr("on XCD 1, which XCD 0 stored"));
}

// --- absurd grids

TEST(HostileLaunch, OfTheLargestGridSomeWorkgroupsRun) {
  Device device;
  auto module = device.load(assemble(R"(
  s_load_dwordx2 s[8:9], s[0:1], 0x0
  s_waitcnt lgkmcnt(0)
  s_store_dword s2, s[8:9], 0x0
  s_store_dword s3, s[8:9], 0x4
  s_store_dword s4, s[8:9], 0x8
  s_dcache_wb
)",
                                     {.workgroup_id = 3, .extra = {}}));
  ASSERT_TRUE(module) << module.error().str();
  DevicePointer out = device.allocate(12).value();
  std::uint64_t arguments[3] = {out, out, 0};
  LaunchParameters p;
  p.arguments = std::as_bytes(std::span(arguments)).first(20);
  p.block = {1};
  constexpr std::uint32_t kMost = ~0u;
  p.grid = {kMost, kMost, 1};
  std::uint64_t last[] = {std::uint64_t{kMost} * kMost - 1};
  p.workgroups = last;
  auto ran = device.launch(**module, "test", p);
  ASSERT_TRUE(ran) << ran.error().str();
  EXPECT_EQ(ran->workgroups, 1u);
  std::uint32_t position[3];
  ASSERT_TRUE(device.read(out, std::as_writable_bytes(std::span(position))));
  EXPECT_THAT(position, testing::ElementsAre(kMost - 1, kMost - 1, 0));

  std::uint64_t beyond[] = {last[0] + 1};
  p.workgroups = beyond;
  EXPECT_FALSE(device.launch(**module, "test", p));
  p.grid = {1u << 31, 1u << 31, 4}; // 2^64
  for (std::span<const std::uint64_t> some : {std::span<const std::uint64_t>(), {last}}) {
    p.workgroups = some;
    auto refused = device.launch(**module, "test", p);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("more than 2^64 - 1 workgroups"));
  }
}

} // namespace
} // namespace gemmsmith::emulator
