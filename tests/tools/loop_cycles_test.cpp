#include "tools/gemmsmith/loop_cycles.h"

#include <gtest/gtest.h>
#include <utility>

namespace gemmsmith {
namespace {

KernelResources resources(int vgprs, std::int64_t lds_bytes) {
  KernelResources r;
  r.vgprs = vgprs;
  r.lds_bytes = lds_bytes;
  return r;
}

// The table of GFX950.md: VGPRs to waves per SIMD.
TEST(Occupancy, FollowsTheRegisterTable) {
  for (const auto &[vgprs, waves] : {std::pair{512, 1},
                                     {257, 1},
                                     {256, 2},
                                     {169, 2},
                                     {168, 3},
                                     {129, 3},
                                     {128, 4},
                                     {97, 4},
                                     {96, 5},
                                     {80, 6},
                                     {72, 7},
                                     {64, 8},
                                     {1, 8}})
    EXPECT_EQ(occupancyOf(resources(vgprs, 0), 4).waves_per_simd, waves) << vgprs;
}

TEST(Occupancy, LdsLimitsWorkgroups) {
  // 64 KiB round up to 66,560 bytes: two fit into 163,840.
  const Occupancy o = occupancyOf(resources(64, 65536), 4);
  EXPECT_EQ(o.workgroups_per_cu, 2);
  EXPECT_EQ(o.waves_per_simd, 2);
  EXPECT_EQ(o.limited_by, "lds");
}

TEST(Occupancy, AWholeLdsFitsOnce) {
  EXPECT_EQ(occupancyOf(resources(64, 163840), 8).workgroups_per_cu, 1);
}

TEST(Occupancy, SmallWorkgroupsLeaveSimdsUneven) {
  const Occupancy o = occupancyOf(resources(64, 143360), 2);
  EXPECT_EQ(o.waves_per_simd, 0.5);
}

TEST(Occupancy, ImpossibleKernelsHaveNone) {
  EXPECT_EQ(occupancyOf(resources(512, 0), 16).workgroups_per_cu, 0);
  EXPECT_EQ(occupancyOf(resources(64, 200000), 4).workgroups_per_cu, 0);
}

// One K step of 64 of a 256x256x64 tile with eight waves: 64 MFMAs of 16x16x32 per wave, two waves
// on each SIMD.
TEST(LoopCycles, LargeTileIsBoundByItsMatrixCores) {
  LoopMix mix;
  mix.mfma_clocks = 64 * 16;
  mix.global_to_lds_bytes = (256 + 256) * 64 * 2 / 8;
  mix.lds_read_bytes = (128 + 64) * 64 * 2;
  const LoopCycles cycles = cyclesOf(mix, 8);
  EXPECT_EQ(cycles.mfma, 2048);
  EXPECT_EQ(cycles.lds, (65536 + 8 * 24576) / 128);
  EXPECT_EQ(cycles.vmem, 65536 / 64);
  EXPECT_EQ(cycles.bound(), "mfma"); // only just
  mix.lds_read_bytes += 64 * 16;
  EXPECT_EQ(cyclesOf(mix, 8).bound(), "lds");
}

TEST(LoopCycles, VectorInstructionsTakeFourClocksPerWaveOfTheFullestSimd) {
  LoopMix mix;
  mix.count[static_cast<std::size_t>(InstructionClass::kValu)] = 10;
  EXPECT_EQ(cyclesOf(mix, 1).valu, 40);
  EXPECT_EQ(cyclesOf(mix, 4).valu, 40);
  EXPECT_EQ(cyclesOf(mix, 5).valu, 80);
}

} // namespace
} // namespace gemmsmith
