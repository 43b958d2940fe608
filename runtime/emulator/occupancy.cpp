#include "runtime/emulator/occupancy.h"

#include <algorithm>

namespace gemmsmith::emulator {

std::uint32_t wavesPerSimd(std::uint32_t vgprs) {
  std::uint32_t allocated = std::max(8u, (vgprs + 7) / 8 * 8); // granule 8
  return std::min(kMaxWavesPerSimd, kVgprsPerSimd / allocated);
}

std::uint32_t workgroupsPerComputeUnit(const KernelDescriptor &kernel, std::uint32_t threads,
                                       std::uint32_t lds_bytes) {
  std::uint32_t waves = std::max(1u, (threads + 63) / 64);
  // A workgroup's waves are dealt to the SIMDs in turn.
  std::uint32_t slots =
      wavesPerSimd(static_cast<std::uint32_t>(kernel.vgprs())) * kSimdsPerComputeUnit;
  std::uint32_t groups = slots / waves;
  if (std::uint32_t granules = (lds_bytes + kLdsGranule - 1) / kLdsGranule)
    groups = std::min(groups, kLdsPerComputeUnit / kLdsGranule / granules);
  return groups;
}

std::uint64_t residentWorkgroups(const KernelDescriptor &kernel, const Dim3 &block,
                                 std::uint32_t lds_bytes) {
  std::uint32_t threads = block.x * block.y * block.z;
  return std::uint64_t{kComputeUnits} *
         std::max(1u, workgroupsPerComputeUnit(kernel, threads, lds_bytes));
}

} // namespace gemmsmith::emulator
