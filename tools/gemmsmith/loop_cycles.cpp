#include "tools/gemmsmith/loop_cycles.h"

#include "runtime/emulator/occupancy.h"
#include "tools/gemmsmith/gfx950_model.h"

#include <algorithm>
#include <utility>

namespace gemmsmith {

Occupancy occupancyOf(const KernelResources &resources, int waves) {
  using namespace emulator;
  Occupancy o;
  o.waves_per_simd_by_vgprs = wavesPerSimd(resources.vgprs);
  const int by_slots = kWavesPerSimd * kSimdsPerComputeUnit / waves;
  const int by_vgprs = o.waves_per_simd_by_vgprs * kSimdsPerComputeUnit / waves;
  o.workgroups_by_lds = resources.lds_bytes == 0 ? by_slots : workgroupsByLds(resources.lds_bytes);
  o.workgroups_per_cu = std::min({by_slots, by_vgprs, o.workgroups_by_lds});
  o.waves_per_simd = static_cast<double>(o.workgroups_per_cu * waves) / kSimdsPerComputeUnit;
  if (o.workgroups_by_lds < by_vgprs)
    o.limited_by = "lds";
  else
    o.limited_by = by_vgprs < by_slots ? "vgprs" : "waves";
  return o;
}

std::string_view LoopCycles::bound() const {
  const std::pair<double, std::string_view> pipes[] = {
      {mfma, "mfma"}, {valu, "valu"}, {salu, "salu"}, {lds, "lds"}, {vmem, "vmem"}};
  return std::ranges::max_element(pipes, {}, &std::pair<double, std::string_view>::first)->second;
}

LoopCycles cyclesOf(const LoopMix &mix, int waves) {
  using namespace gfx950;
  using enum InstructionClass;
  // The waves of a workgroup spread over the SIMDs; the fullest SIMD decides.
  const double per_simd =
      (waves + emulator::kSimdsPerComputeUnit - 1) / emulator::kSimdsPerComputeUnit;
  const auto scalar = mix[kSalu] + mix[kSmem];
  const double loads = static_cast<double>(mix.global_to_lds_bytes + mix.global_load_bytes) * waves;
  const double stores = static_cast<double>(mix.global_store_bytes) * waves;
  const double lds =
      static_cast<double>(mix.lds_read_bytes + mix.lds_write_bytes + mix.global_to_lds_bytes) *
      waves;
  LoopCycles cycles;
  cycles.mfma = static_cast<double>(mix.mfma_clocks) * per_simd;
  cycles.valu = mix[kValu] * kClocksPerIssue * per_simd;
  cycles.salu = scalar * kClocksPerIssue * per_simd;
  cycles.lds = lds / kLdsBytesPerClock;
  cycles.vmem = (loads + stores) / kL1BytesPerClock;
  cycles.l2 = (loads + stores) / kL2BytesPerClock;
  cycles.hbm = (loads + stores) / kHbmBytesPerClock;
  return cycles;
}

} // namespace gemmsmith
