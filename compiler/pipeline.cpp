//===- pipeline.cpp - the story of a kernel -------------------------------===//

#include "compiler/pipeline.h"

#include "compiler/passes/passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/EmitC/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"

namespace gemmsmith {

void addPasses(mlir::OpPassManager &passes, Stage stage) {
  if (stage == Stage::kGemm)
    return;

  // The family's template writes what one workgroup does, in the plain order.
  passes.addPass(createBuildTileProgram());
  if (stage == Stage::kTile)
    return;

  // Copies start as early as the ring allows, and waits and barriers make that safe.
  passes.addNestedPass<tile::KernelOp>(createPipelineCopies());
  passes.addNestedPass<tile::KernelOp>(createInsertWaits());
  if (stage == Stage::kScheduled)
    return;

  // Tiles become threads, addresses and instructions.
  passes.addPass(createLowerTile());
  passes.addPass(mlir::createCSEPass());
  if (stage == Stage::kHip) {
    // For hiprtc: statements and expressions of C++.
    passes.addPass(createLowerToHip());
    passes.addPass(mlir::emitc::createFormExpressionsPass());
    return;
  }

  // Loops and branches become a control-flow graph, and everything the LLVM dialect.
  passes.addPass(mlir::createSCFToControlFlowPass());
  passes.addPass(mlir::createArithToLLVMConversionPass());
  passes.addPass(mlir::createConvertControlFlowToLLVMPass());
}

void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<gemm::GemmDialect, tile::TileDialect, mlir::LLVM::LLVMDialect,
                  mlir::ROCDL::ROCDLDialect, mlir::arith::ArithDialect, mlir::scf::SCFDialect,
                  mlir::cf::ControlFlowDialect, mlir::emitc::EmitCDialect>();
}

} // namespace gemmsmith
