//===- build_tile_program.cpp - let the family's template write the kernel ===//
//
//   gemm.kernel @name #gemm.config<name>   =>   tile.kernel @name #gemm.config<name> { ... }
//
//===----------------------------------------------------------------------===//

#include "compiler/passes/passes.h"
#include "templates/templates.h"

namespace gemmsmith {

#define GEN_PASS_DEF_BUILDTILEPROGRAM
#include "compiler/passes/passes.h.inc"

namespace {

struct BuildTileProgram : impl::BuildTileProgramBase<BuildTileProgram> {
  void runOnOperation() override {
    mlir::OpBuilder builder(&getContext());
    for (gemm::KernelOp kernel :
         llvm::make_early_inc_range(getOperation().getOps<gemm::KernelOp>())) {
      templates::build(builder, kernel);
      kernel.erase();
    }
  }
};

} // namespace
} // namespace gemmsmith
