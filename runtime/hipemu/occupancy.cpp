#include "runtime/hipemu/occupancy.h"

#include "runtime/hipemu/device_properties.h"

#include <algorithm>

namespace gemmsmith::hipemu {
namespace {

using namespace mi355x;

std::size_t roundUp(std::size_t value, std::size_t granule) {
  return (value + granule - 1) / granule * granule;
}

} // namespace

int wavesPerSimd(const Function &function) {
  int vgprs = static_cast<int>(
      roundUp(static_cast<std::size_t>(function.kernel->descriptor.vgprs()), kVgprGranule));
  return std::clamp(kVgprsPerLane / std::max(vgprs, 1), 1, kWavesPerSimd);
}

int residentBlocks(const Function &function, int threads, std::size_t dynamic_lds_bytes) {
  if (threads < 1 || threads > function.maxThreads())
    return 0;
  int waves = (threads + kWaveSize - 1) / kWaveSize;
  int blocks = wavesPerSimd(function) * kSimdsPerComputeUnit / waves;
  std::size_t lds = function.kernel->descriptor.group_segment_bytes + dynamic_lds_bytes;
  if (lds > kLdsBytes)
    return 0;
  if (lds > 0)
    blocks = std::min(blocks, static_cast<int>(kLdsBytes / roundUp(lds, kLdsGranule)));
  return blocks;
}

BlockSize bestBlockSize(const Function &function, std::size_t dynamic_lds_bytes, int limit) {
  int most = limit > 0 ? std::min(limit, function.maxThreads()) : function.maxThreads();
  BlockSize best;
  int resident = 0;
  for (int threads = most; threads > 0;
       threads = threads % kWaveSize ? threads - threads % kWaveSize : threads - kWaveSize) {
    int blocks = residentBlocks(function, threads, dynamic_lds_bytes);
    if (blocks * threads > resident) {
      resident = blocks * threads;
      best = {threads, blocks * kComputeUnits};
    }
  }
  return best;
}

} // namespace gemmsmith::hipemu
