#include "runtime/hipemu/occupancy.h"

#include "runtime/emulator/occupancy.h"
#include "runtime/hipemu/device_properties.h"

#include <algorithm>

namespace gemmsmith::hipemu {
using namespace mi355x;

int residentBlocks(const Function &function, int threads, std::size_t dynamic_lds_bytes) {
  std::size_t lds = function.kernel->descriptor.group_segment_bytes + dynamic_lds_bytes;
  if (threads < 1 || threads > function.maxThreads() || lds > kLdsBytes)
    return 0;
  return static_cast<int>(emulator::workgroupsPerComputeUnit(function.kernel->descriptor,
                                                             static_cast<std::uint32_t>(threads),
                                                             static_cast<std::uint32_t>(lds)));
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
