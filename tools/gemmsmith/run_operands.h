// The operands of a GEMM in the memory of a HIP device, and what a launch has made of C.
//
// Promises: the padding between the rows of A and B is NaN; every byte of C is poisoned before it
// is written; every element of C is compared with the float64 reference, and whatever else the
// launch wrote between the rows is counted.
#pragma once

#include "configs/error.h"
#include "configs/problem.h"
#include "tools/gemmsmith/hip_device.h"
#include "tools/verify/compare.h"
#include "tools/verify/inputs.h"

#include <cstdint>
#include <string>

namespace gemmsmith {

struct RunVerdict {
  verify::Comparison comparison;
  std::uint64_t unwritten = 0;   // elements of C that are still poisoned
  std::uint64_t stray_bytes = 0; // written between the rows of C

  // The first thing that is wrong, as a sentence; empty if nothing is.
  std::string failure() const;
};

class RunOperands {
public:
  // Makes the inputs and copies them to the device, which must outlive the result.
  static Expected<RunOperands> upload(const HipDevice &device, const Problem &problem,
                                      verify::Inputs inputs, std::uint64_t seed);

  gs_pointers pointers() const;
  Expected<void> poison() const;
  // Of C as it is now.
  Expected<RunVerdict> judge() const;

private:
  const HipDevice *device_ = nullptr;
  Problem problem_;
  verify::Inputs inputs_ = verify::Inputs::kExactIntegers;
  verify::Operands operands_;
  DeviceMemory a_, b_, bias_, c_;
};

// Bytes of host memory that all of this takes at its most, with what the device itself takes of it
// when it is emulated. A floating-point number: what is asked for may be any size.
double hostBytesOf(const Problem &problem, bool emulated);

// Nothing when the host has the memory, else kFailed with both numbers.
Expected<void> checkHostMemory(const Problem &problem, bool emulated);

} // namespace gemmsmith
