// Kernel families: from a configuration to the tile program of one workgroup.
//
// A template says what is copied, multiplied, reduced and stored, one K-tile at a time and in the
// plain order. When copies start early, where waits and barriers stand and what an address looks
// like is decided by the passes of compiler/.
#pragma once

#include "dialects/tile/tile.h"

namespace gemmsmith::templates {

// The tile program of `kernel`, in its place. `kernel` is legal, as its verifier ensures.
tile::KernelOp build(mlir::OpBuilder &builder, gemm::KernelOp kernel);

// Family::kRing: A and B tiles pass through S-slot rings in LDS.
void buildRing(mlir::OpBuilder &builder, mlir::Location loc, const KernelConfig &config);

} // namespace gemmsmith::templates
