// How long the pipes of a compute unit need for one iteration of a kernel's main loop, and how many
// waves share it.
//
// Every pipe is reckoned alone, as if it never waited: the largest one bounds the loop from below.
// That is no prediction of time; latency is not in it.
#pragma once

#include "tools/gemmsmith/main_loop.h"
#include "tools/gemmsmith/object_file.h"

#include <string_view>

namespace gemmsmith {

struct Occupancy {
  int workgroups_per_cu = 0;
  double waves_per_simd = 0; // workgroups of fewer than four waves leave SIMDs uneven
  int waves_per_simd_by_vgprs = 0;
  int workgroups_by_lds = 0;
  std::string_view limited_by; // "vgprs", "lds" or "waves"
};

// Of a workgroup of `waves` waves. Zeros when the kernel does not fit at all.
Occupancy occupancyOf(const KernelResources &resources, int waves);

// Clocks per iteration for one workgroup alone on a compute unit.
struct LoopCycles {
  double mfma = 0; // on the SIMD with the most waves
  double valu = 0;
  double salu = 0;
  double lds = 0;  // reads, writes, and what global loads put there
  double vmem = 0; // L1
  double l2 = 0;   // if every load missed L1
  double hbm = 0;  // if nothing were found in any cache

  // The pipe of the compute unit itself (not l2, hbm) that takes longest.
  std::string_view bound() const;
};

LoopCycles cyclesOf(const LoopMix &mix, int waves);

} // namespace gemmsmith
