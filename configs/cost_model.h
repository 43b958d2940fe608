// An estimate of how long a launch takes on an MI355X.
//
// The model: a compute unit works through its workgroups in rounds; the time of a round is that of
// its slowest pipe (MFMA, LDS reads, loads from the caches, the latency of the ring), the launch
// can be no faster than its operands come from HBM or from the last-level cache, and splits add the
// traffic and the latency of their reduction. It ranks candidates; it does not predict a profile.
// On the 1,573 public gfx950 rows with a tile the logarithms of estimate and measurement correlate
// with 0.997. That is no proof of its ranking: three constants were chosen on those same rows,
// which other kernels were measured for, and much of the correlation is the range of their sizes.
// Constants and their sources stand in cost_model.cpp.
#pragma once

#include "configs/kernel_config.h"
#include "configs/problem.h"

namespace gemmsmith {

// Microseconds; finite and positive for a legal configuration and a problem of positive extents.
double estimateMicroseconds(const KernelConfig &config, const Problem &problem, int splits);

} // namespace gemmsmith
