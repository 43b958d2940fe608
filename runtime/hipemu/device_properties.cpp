#include "runtime/hipemu/device_properties.h"

#include <algorithm>
#include <cstring>

namespace gemmsmith::hipemu {
namespace {

using namespace mi355x;

// Everything but surfaces and dynamic parallelism (bits 14 and 16), which no AMD device offers.
constexpr DeviceArch kArch = {0x0bfff};

template <typename P> void fillCommon(P &p, int device) {
  p = {};
  std::strncpy(p.name, kName, sizeof p.name - 1);
  std::strncpy(p.gcnArchName, kTargetId, sizeof p.gcnArchName - 1);
  p.totalGlobalMem = kMemoryBytes;
  p.sharedMemPerBlock = kLdsBytes;
  p.maxSharedMemoryPerMultiProcessor = kLdsBytes;
  p.regsPerBlock = kRegistersPerBlock;
  p.warpSize = kWaveSize;
  p.maxThreadsPerBlock = kMaxThreadsPerBlock;
  std::fill_n(p.maxThreadsDim, 3, kMaxThreadsPerBlock);
  std::copy_n(kMaxGrid, 3, p.maxGridSize);
  p.clockRate = kClockKhz;
  p.memoryClockRate = kMemoryClockKhz;
  p.memoryBusWidth = kMemoryBusBits;
  p.totalConstMem = kMaxPitch; // constants are plain memory
  p.major = kMajor;
  p.minor = kMinor;
  p.multiProcessorCount = kComputeUnits;
  p.l2CacheSize = kL2Bytes;
  p.maxThreadsPerMultiProcessor = kMaxThreadsPerComputeUnit;
  p.clockInstructionRate = kTimerKhz;
  p.arch = kArch;
  p.concurrentKernels = 1;
  p.pciBusID = pciBus(device);
  p.canMapHostMemory = 1;
  p.cooperativeLaunch = 1;
  p.cooperativeMultiDeviceLaunch = 0;
  p.maxTexture1DLinear = kMaxTexture1D;
  p.maxTexture1D = kMaxTexture1D;
  std::fill_n(p.maxTexture2D, 2, kMaxTexture2D);
  std::fill_n(p.maxTexture3D, 3, kMaxTexture3D);
  p.memPitch = kMaxPitch;
  p.textureAlignment = kTextureAlignment;
  p.texturePitchAlignment = kTextureAlignment;
  p.ECCEnabled = 1; // as the target ID says: sramecc+
  p.isLargeBar = 1;
  p.managedMemory = 1;
  p.directManagedMemAccessFromHost = 1;
  p.concurrentManagedAccess = 1;
}

} // namespace

void fill(DevicePropertiesR0000 &p, int device) {
  fillCommon(p, device);
  p.gcnArch = 950;
}

void fill(DevicePropertiesR0600 &p, int device) {
  fillCommon(p, device);
  fillUuid(p.uuid, device);
  p.deviceOverlap = 1;
  p.asyncEngineCount = kXcds;
  p.unifiedAddressing = 1;
  p.streamPrioritiesSupported = 1;
  p.globalL1CacheSupported = 1;
  p.localL1CacheSupported = 1;
  p.sharedMemPerMultiprocessor = kLdsBytes;
  p.regsPerMultiprocessor = kVgprsPerLane * kWaveSize * kSimdsPerComputeUnit;
  p.hostNativeAtomicSupported = 1;
  p.canUseHostPointerForRegisteredMem = 1;
  p.sharedMemPerBlockOptin = kLdsBytes;
  p.maxBlocksPerMultiProcessor = kMaxBlocksPerComputeUnit;
  p.hostRegisterSupported = 1;
  p.memoryPoolsSupported = 1;
}

void fillUuid(char (&uuid)[16], int device) {
  std::memcpy(uuid, "gemmsmith-gfx950", sizeof uuid);
  uuid[9] = static_cast<char>('0' + device % 10);
  uuid[8] = static_cast<char>('0' + device / 10 % 10);
}

} // namespace gemmsmith::hipemu
