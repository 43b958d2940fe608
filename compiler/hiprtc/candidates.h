// Where on this machine a hiprtc may be.
//
// Promises: the order is the order of preference, and the same on every call. Does not: load
// anything; a soname that is listed need not exist.
#pragma once

#include "compiler/hiprtc/hiprtc_description.h"

#include <filesystem>
#include <vector>

namespace gemmsmith {

struct CandidateSources {
  // A library or a ROCm directory. Who names one means that one: nothing else is looked for.
  std::filesystem::path given;     // $GEMMSMITH_HIPRTC
  std::filesystem::path rocm_path; // $ROCM_PATH
  std::filesystem::path opt = "/opt";
};

CandidateSources candidateSourcesFromEnvironment();

// `given`, or else $ROCM_PATH, /opt/rocm, /opt/rocm-* from the newest, and the sonames of ROCm 10
// down to 5. Where a directory has a libhiprtc it is that; in ROCm 5 hiprtc is part of libamdhip64.
std::vector<HiprtcCandidate> findCandidates(const CandidateSources &sources);

} // namespace gemmsmith
