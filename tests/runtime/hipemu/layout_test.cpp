// The structures against HIP 5.2's headers, and HIP 6's against the offsets that its ABI has.
#include "fixture.h"
#include "runtime/hipemu/attributes.h"
#include "runtime/hipemu/device_properties.h"

#include <dlfcn.h>

namespace {

using gemmsmith::hipemu::Attribute;
using gemmsmith::hipemu::DevicePropertiesR0000;
using gemmsmith::hipemu::DevicePropertiesR0600;

#define SAME_OFFSET(field)                                                                         \
  EXPECT_EQ(offsetof(DevicePropertiesR0000, field), offsetof(hipDeviceProp_t, field))

TEST(HipLayout, PropertiesOfHip5AreThoseOfItsHeader) {
  EXPECT_EQ(sizeof(DevicePropertiesR0000), sizeof(hipDeviceProp_t));
  SAME_OFFSET(name);
  SAME_OFFSET(totalGlobalMem);
  SAME_OFFSET(sharedMemPerBlock);
  SAME_OFFSET(regsPerBlock);
  SAME_OFFSET(warpSize);
  SAME_OFFSET(maxThreadsPerBlock);
  SAME_OFFSET(maxThreadsDim);
  SAME_OFFSET(maxGridSize);
  SAME_OFFSET(clockRate);
  SAME_OFFSET(memoryClockRate);
  SAME_OFFSET(memoryBusWidth);
  SAME_OFFSET(totalConstMem);
  SAME_OFFSET(major);
  SAME_OFFSET(minor);
  SAME_OFFSET(multiProcessorCount);
  SAME_OFFSET(l2CacheSize);
  SAME_OFFSET(maxThreadsPerMultiProcessor);
  SAME_OFFSET(computeMode);
  SAME_OFFSET(clockInstructionRate);
  SAME_OFFSET(arch);
  SAME_OFFSET(concurrentKernels);
  SAME_OFFSET(pciDomainID);
  SAME_OFFSET(pciBusID);
  SAME_OFFSET(pciDeviceID);
  SAME_OFFSET(maxSharedMemoryPerMultiProcessor);
  SAME_OFFSET(isMultiGpuBoard);
  SAME_OFFSET(canMapHostMemory);
  SAME_OFFSET(gcnArch);
  SAME_OFFSET(gcnArchName);
  SAME_OFFSET(integrated);
  SAME_OFFSET(cooperativeLaunch);
  SAME_OFFSET(cooperativeMultiDeviceLaunch);
  SAME_OFFSET(maxTexture1DLinear);
  SAME_OFFSET(maxTexture1D);
  SAME_OFFSET(maxTexture2D);
  SAME_OFFSET(maxTexture3D);
  SAME_OFFSET(hdpMemFlushCntl);
  SAME_OFFSET(hdpRegFlushCntl);
  SAME_OFFSET(memPitch);
  SAME_OFFSET(textureAlignment);
  SAME_OFFSET(texturePitchAlignment);
  SAME_OFFSET(kernelExecTimeoutEnabled);
  SAME_OFFSET(ECCEnabled);
  SAME_OFFSET(tccDriver);
  SAME_OFFSET(isLargeBar);
  SAME_OFFSET(asicRevision);
  SAME_OFFSET(managedMemory);
  SAME_OFFSET(directManagedMemAccessFromHost);
  SAME_OFFSET(concurrentManagedAccess);
  SAME_OFFSET(pageableMemoryAccess);
  SAME_OFFSET(pageableMemoryAccessUsesHostPageTables);
}

// As bindings generated from HIP 6's header have them (tinygrad's runtime/autogen/hip.py among
// others).
TEST(HipLayout, PropertiesOfHip6HaveTheOffsetsOfItsAbi) {
  using P = DevicePropertiesR0600;
  EXPECT_EQ(sizeof(P), 1472u);
  EXPECT_EQ(offsetof(P, uuid), 256u);
  EXPECT_EQ(offsetof(P, luidDeviceNodeMask), 280u);
  EXPECT_EQ(offsetof(P, totalGlobalMem), 288u);
  EXPECT_EQ(offsetof(P, sharedMemPerBlock), 296u);
  EXPECT_EQ(offsetof(P, warpSize), 308u);
  EXPECT_EQ(offsetof(P, maxThreadsPerBlock), 320u);
  EXPECT_EQ(offsetof(P, clockRate), 348u);
  EXPECT_EQ(offsetof(P, major), 360u);
  EXPECT_EQ(offsetof(P, multiProcessorCount), 388u);
  EXPECT_EQ(offsetof(P, surfaceAlignment), 568u);
  EXPECT_EQ(offsetof(P, l2CacheSize), 616u);
  EXPECT_EQ(offsetof(P, sharedMemPerMultiprocessor), 640u);
  EXPECT_EQ(offsetof(P, sharedMemPerBlockOptin), 696u);
  EXPECT_EQ(offsetof(P, reserved), 780u);
  EXPECT_EQ(offsetof(P, gcnArchName), 1160u);
  EXPECT_EQ(offsetof(P, maxSharedMemoryPerMultiProcessor), 1416u);
  EXPECT_EQ(offsetof(P, hdpMemFlushCntl), 1432u);
  EXPECT_EQ(offsetof(P, asicRevision), 1468u);
}

TEST(HipLayout, AttributesAreNumberedAsInHip5) {
  auto same = [](Attribute ours, hipDeviceAttribute_t theirs) {
    EXPECT_EQ(static_cast<int>(ours), static_cast<int>(theirs));
  };
  same(Attribute::EccEnabled, hipDeviceAttributeEccEnabled);
  same(Attribute::ClockRate, hipDeviceAttributeClockRate);
  same(Attribute::L2CacheSize, hipDeviceAttributeL2CacheSize);
  same(Attribute::MaxGridDimZ, hipDeviceAttributeMaxGridDimZ);
  same(Attribute::MaxTexture3DDepth, hipDeviceAttributeMaxTexture3DDepth);
  same(Attribute::MultiprocessorCount, hipDeviceAttributeMultiprocessorCount);
  same(Attribute::MaxSharedMemoryPerBlock, hipDeviceAttributeMaxSharedMemoryPerBlock);
  same(Attribute::WarpSize, hipDeviceAttributeWarpSize);
  same(Attribute::MemoryPoolsSupported, hipDeviceAttributeMemoryPoolsSupported);
  same(Attribute::ClockInstructionRate, hipDeviceAttributeClockInstructionRate);
  same(Attribute::IsLargeBar, hipDeviceAttributeIsLargeBar);
  same(Attribute::FineGrainSupport, hipDeviceAttributeFineGrainSupport);
}

TEST_F(HipRuntime, BothLayoutsDescribeAnMi355x) {
  hipDeviceProp_t old{};
  OK(hipGetDeviceProperties(&old, 0));
  auto newer = reinterpret_cast<hipError_t (*)(DevicePropertiesR0600 *, int)>(
      dlsym(RTLD_DEFAULT, "hipGetDevicePropertiesR0600"));
  ASSERT_NE(newer, nullptr);
  DevicePropertiesR0600 p;
  std::memset(&p, 0xff, sizeof p);
  OK(newer(&p, 0));
  EXPECT_STREQ(old.name, "AMD Instinct MI355X");
  EXPECT_STREQ(p.name, "AMD Instinct MI355X");
  EXPECT_STREQ(old.gcnArchName, "gfx950:sramecc+:xnack-");
  EXPECT_STREQ(p.gcnArchName, "gfx950:sramecc+:xnack-");
  EXPECT_EQ(old.multiProcessorCount, 256);
  EXPECT_EQ(p.multiProcessorCount, 256);
  EXPECT_EQ(old.warpSize, 64);
  EXPECT_EQ(p.warpSize, 64);
  EXPECT_EQ(old.sharedMemPerBlock, 163840u);
  EXPECT_EQ(p.sharedMemPerBlock, 163840u);
  EXPECT_EQ(p.sharedMemPerMultiprocessor, 163840u);
  EXPECT_EQ(old.totalGlobalMem, std::size_t{288} << 30);
  EXPECT_EQ(p.totalGlobalMem, std::size_t{288} << 30);
  EXPECT_EQ(old.clockRate, 2400000);
  EXPECT_EQ(p.clockRate, 2400000);
  EXPECT_EQ(p.l2CacheSize, 4 << 20);
  EXPECT_EQ(p.maxThreadsPerBlock, 1024);
  EXPECT_EQ(p.maxThreadsPerMultiProcessor, 2048);
  EXPECT_EQ(old.major, 9);
  EXPECT_EQ(old.minor, 5);
  EXPECT_EQ(old.gcnArch, 950);
  EXPECT_EQ(old.arch.hasGlobalInt32Atomics, 1u);
  EXPECT_EQ(old.arch.hasDoubles, 1u);
  EXPECT_EQ(old.arch.hasSurfaceFuncs, 0u);
  EXPECT_EQ(old.arch.has3dGrid, 1u);
  EXPECT_EQ(old.arch.hasDynamicParallelism, 0u);
  for (int reserved : p.reserved)
    EXPECT_EQ(reserved, 0);
}

} // namespace
