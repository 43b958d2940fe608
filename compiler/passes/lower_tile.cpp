//===- lower_tile.cpp - from tiles to threads -----------------------------===//
//
//   tile.kernel @name #gemm.config<name> { ... }
//     =>
//   llvm.mlir.global internal @name.lds() : !llvm.array<bytes x i8>
//   llvm.func amdgpu_kernelcc @name(%a: !llvm.ptr<1>, ...) { scf, arith, rocdl }
//
// The work is in compiler/lowering/.
//===----------------------------------------------------------------------===//

#include "compiler/lowering/kernel_lowering.h"

namespace gemmsmith {

#define GEN_PASS_DEF_LOWERTILE
#include "compiler/passes/passes.h.inc"

namespace {

struct LowerTile : impl::LowerTileBase<LowerTile> {
  void runOnOperation() override {
    mlir::OpBuilder builder(&getContext());
    for (tile::KernelOp kernel :
         llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (mlir::failed(lowering::KernelLowering(builder, kernel).run()))
        return signalPassFailure();
      kernel.erase();
    }
  }
};

} // namespace
} // namespace gemmsmith
