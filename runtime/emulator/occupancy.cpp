#include "runtime/emulator/occupancy.h"

#include <algorithm>

namespace gemmsmith::emulator {
namespace {

template <typename T> T roundUp(T value, T granule) {
  return (value + granule - 1) / granule * granule;
}

} // namespace

int wavesPerSimd(int vgprs) {
  return std::min(kWavesPerSimd, kVgprsPerLane / roundUp(std::max(vgprs, 1), kVgprGranule));
}

int workgroupsByLds(std::int64_t lds_bytes) {
  return static_cast<int>(kLdsPerComputeUnit / roundUp(lds_bytes, kLdsGranule));
}

int workgroupsPerComputeUnit(const KernelDescriptor &kernel, int threads, std::int64_t lds_bytes) {
  // A workgroup's waves are dealt to the SIMDs in turn.
  int waves = std::max(1, (threads + 63) / 64);
  int groups = wavesPerSimd(kernel.vgprs()) * kSimdsPerComputeUnit / waves;
  return lds_bytes > 0 ? std::min(groups, workgroupsByLds(lds_bytes)) : groups;
}

std::uint64_t residentWorkgroups(const KernelDescriptor &kernel, const Dim3 &block,
                                 std::uint32_t lds_bytes) {
  auto threads = static_cast<int>(block.x * block.y * block.z);
  return static_cast<std::uint64_t>(kComputeUnits) *
         static_cast<std::uint64_t>(workgroupsPerComputeUnit(kernel, threads, lds_bytes));
}

} // namespace gemmsmith::emulator
