// The two layouts of HIP's hipDeviceProp_t: up to HIP 5 ("R0000") and from HIP 6 on ("R0600"), and
// what an MI355X says of itself in them.
//
// Sources of order and types: hip/hip_runtime_api.h of HIP 5.2 and of HIP 7, hip/hip_deprecated.h.
// Offsets are those of the x86-64 System V ABI. The header needs no other of this library, so it
// can be included beside HIP's own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gemmsmith::hipemu {

struct DeviceArch {
  // hipDeviceArch_t is 17 one-bit flags: 32-bit atomics (5), 64-bit atomics (2), doubles, warp
  // vote, ballot, shuffle and funnel shift, system fence, extended barrier, surfaces, 3-D grids,
  // dynamic parallelism.
  std::uint32_t flags;
};

struct DevicePropertiesR0000 {
  char name[256];
  std::size_t totalGlobalMem;
  std::size_t sharedMemPerBlock;
  int regsPerBlock;
  int warpSize;
  int maxThreadsPerBlock;
  int maxThreadsDim[3];
  int maxGridSize[3];
  int clockRate;
  int memoryClockRate;
  int memoryBusWidth;
  std::size_t totalConstMem;
  int major;
  int minor;
  int multiProcessorCount;
  int l2CacheSize;
  int maxThreadsPerMultiProcessor;
  int computeMode;
  int clockInstructionRate;
  DeviceArch arch;
  int concurrentKernels;
  int pciDomainID;
  int pciBusID;
  int pciDeviceID;
  std::size_t maxSharedMemoryPerMultiProcessor;
  int isMultiGpuBoard;
  int canMapHostMemory;
  int gcnArch;
  char gcnArchName[256];
  int integrated;
  int cooperativeLaunch;
  int cooperativeMultiDeviceLaunch;
  int maxTexture1DLinear;
  int maxTexture1D;
  int maxTexture2D[2];
  int maxTexture3D[3];
  unsigned *hdpMemFlushCntl;
  unsigned *hdpRegFlushCntl;
  std::size_t memPitch;
  std::size_t textureAlignment;
  std::size_t texturePitchAlignment;
  int kernelExecTimeoutEnabled;
  int ECCEnabled;
  int tccDriver;
  int cooperativeMultiDeviceUnmatchedFunc;
  int cooperativeMultiDeviceUnmatchedGridDim;
  int cooperativeMultiDeviceUnmatchedBlockDim;
  int cooperativeMultiDeviceUnmatchedSharedMem;
  int isLargeBar;
  int asicRevision;
  int managedMemory;
  int directManagedMemAccessFromHost;
  int concurrentManagedAccess;
  int pageableMemoryAccess;
  int pageableMemoryAccessUsesHostPageTables;
};
static_assert(offsetof(DevicePropertiesR0000, totalConstMem) == 320);
static_assert(offsetof(DevicePropertiesR0000, gcnArchName) == 396);
static_assert(offsetof(DevicePropertiesR0000, hdpMemFlushCntl) == 696);
static_assert(sizeof(DevicePropertiesR0000) == 792);

struct DevicePropertiesR0600 {
  char name[256];
  char uuid[16];
  char luid[8];
  unsigned luidDeviceNodeMask;
  std::size_t totalGlobalMem;
  std::size_t sharedMemPerBlock;
  int regsPerBlock;
  int warpSize;
  std::size_t memPitch;
  int maxThreadsPerBlock;
  int maxThreadsDim[3];
  int maxGridSize[3];
  int clockRate;
  std::size_t totalConstMem;
  int major;
  int minor;
  std::size_t textureAlignment;
  std::size_t texturePitchAlignment;
  int deviceOverlap;
  int multiProcessorCount;
  int kernelExecTimeoutEnabled;
  int integrated;
  int canMapHostMemory;
  int computeMode;
  int maxTexture1D;
  int maxTexture1DMipmap;
  int maxTexture1DLinear;
  int maxTexture2D[2];
  int maxTexture2DMipmap[2];
  int maxTexture2DLinear[3];
  int maxTexture2DGather[2];
  int maxTexture3D[3];
  int maxTexture3DAlt[3];
  int maxTextureCubemap;
  int maxTexture1DLayered[2];
  int maxTexture2DLayered[3];
  int maxTextureCubemapLayered[2];
  int maxSurface1D;
  int maxSurface2D[2];
  int maxSurface3D[3];
  int maxSurface1DLayered[2];
  int maxSurface2DLayered[3];
  int maxSurfaceCubemap;
  int maxSurfaceCubemapLayered[2];
  std::size_t surfaceAlignment;
  int concurrentKernels;
  int ECCEnabled;
  int pciBusID;
  int pciDeviceID;
  int pciDomainID;
  int tccDriver;
  int asyncEngineCount;
  int unifiedAddressing;
  int memoryClockRate;
  int memoryBusWidth;
  int l2CacheSize;
  int persistingL2CacheMaxSize;
  int maxThreadsPerMultiProcessor;
  int streamPrioritiesSupported;
  int globalL1CacheSupported;
  int localL1CacheSupported;
  std::size_t sharedMemPerMultiprocessor;
  int regsPerMultiprocessor;
  int managedMemory;
  int isMultiGpuBoard;
  int multiGpuBoardGroupID;
  int hostNativeAtomicSupported;
  int singleToDoublePrecisionPerfRatio;
  int pageableMemoryAccess;
  int concurrentManagedAccess;
  int computePreemptionSupported;
  int canUseHostPointerForRegisteredMem;
  int cooperativeLaunch;
  int cooperativeMultiDeviceLaunch;
  std::size_t sharedMemPerBlockOptin;
  int pageableMemoryAccessUsesHostPageTables;
  int directManagedMemAccessFromHost;
  int maxBlocksPerMultiProcessor;
  int accessPolicyMaxWindowSize;
  std::size_t reservedSharedMemPerBlock;
  int hostRegisterSupported;
  int sparseHipArraySupported;
  int hostRegisterReadOnlySupported;
  int timelineSemaphoreInteropSupported;
  int memoryPoolsSupported;
  int gpuDirectRDMASupported;
  unsigned gpuDirectRDMAFlushWritesOptions;
  int gpuDirectRDMAWritesOrdering;
  unsigned memoryPoolSupportedHandleTypes;
  int deferredMappingHipArraySupported;
  int ipcEventSupported;
  int clusterLaunch;
  int unifiedFunctionPointers;
  int reserved[63];
  int hipReserved[32];
  char gcnArchName[256];
  std::size_t maxSharedMemoryPerMultiProcessor;
  int clockInstructionRate;
  DeviceArch arch;
  unsigned *hdpMemFlushCntl;
  unsigned *hdpRegFlushCntl;
  int cooperativeMultiDeviceUnmatchedFunc;
  int cooperativeMultiDeviceUnmatchedGridDim;
  int cooperativeMultiDeviceUnmatchedBlockDim;
  int cooperativeMultiDeviceUnmatchedSharedMem;
  int isLargeBar;
  int asicRevision;
};
static_assert(offsetof(DevicePropertiesR0600, totalGlobalMem) == 288);
static_assert(offsetof(DevicePropertiesR0600, gcnArchName) == 1160);
static_assert(sizeof(DevicePropertiesR0600) == 1472);

// What both layouts say, and the attributes, come from here.
namespace mi355x {
inline constexpr char kName[] = "AMD Instinct MI355X";
inline constexpr char kTargetId[] = "gfx950:sramecc+:xnack-";
inline constexpr std::size_t kMemoryBytes = std::size_t{288} << 30;
inline constexpr int kLdsBytes = 160 * 1024; // of a compute unit, and what a workgroup may have
inline constexpr int kComputeUnits = 256;
inline constexpr int kXcds = 8;
inline constexpr int kSimdsPerComputeUnit = 4;
inline constexpr int kVgprsPerLane = 512; // arch and accumulation VGPRs share them
inline constexpr int kWavesPerSimd = 8;
inline constexpr int kWaveSize = 64;
inline constexpr int kMaxThreadsPerBlock = 1024;
inline constexpr int kMaxThreadsPerComputeUnit = kWavesPerSimd * kSimdsPerComputeUnit * kWaveSize;
inline constexpr int kMaxBlocksPerComputeUnit = kWavesPerSimd * kSimdsPerComputeUnit;
inline constexpr int kMaxGrid[3] = {0x7fffffff, 65536, 65536};
inline constexpr int kRegistersPerBlock = 65536;
inline constexpr int kClockKhz = 2400000;
inline constexpr int kMemoryClockKhz = 2000000; // HBM3E: 8 Gbit/s per pin, four bits a clock
inline constexpr int kMemoryBusBits = 8192;
inline constexpr int kTimerKhz = 100000;
inline constexpr int kL2Bytes = 4 << 20; // per XCD
inline constexpr int kMajor = 9, kMinor = 5;
inline constexpr int kMaxTexture1D = 16384, kMaxTexture2D = 16384, kMaxTexture3D = 8192;
inline constexpr int kTextureAlignment = 256;
inline constexpr int kMaxPitch = 0x7fffffff;
inline constexpr int kPciBusOfFirst = 5; // the n-th device has bus 5 + 16 n, as in an 8-GPU node
inline constexpr int kPciBusStep = 16;
} // namespace mi355x

inline int pciBus(int device) {
  return mi355x::kPciBusOfFirst + mi355x::kPciBusStep * device;
}

void fill(DevicePropertiesR0000 &properties, int device);
void fill(DevicePropertiesR0600 &properties, int device);
void fillUuid(char (&uuid)[16], int device);

} // namespace gemmsmith::hipemu
