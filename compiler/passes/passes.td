//===- passes.td - every pass of the compiler -----------------------------===//
//
// One pass, one file of the same name. Their order is compiler/pipeline.cpp.
//
//===----------------------------------------------------------------------===//

include "mlir/Pass/PassBase.td"

def BuildTileProgram : Pass<"build-tile-program", "::mlir::ModuleOp"> {
  let summary = "replace each gemm.kernel by the tile program of its family's template";
  let dependentDialects = ["::gemmsmith::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def PipelineCopies : Pass<"pipeline-copies", "::gemmsmith::tile::KernelOp"> {
  let summary = "start the copies of a K-tile as many iterations early as the ring has slots to spare";
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def InsertWaits : Pass<"insert-waits", "::gemmsmith::tile::KernelOp"> {
  let summary = "place the waits and barriers that make copied tiles safe to read and to overwrite";
}

def LowerTile : Pass<"lower-tile", "::mlir::ModuleOp"> {
  let summary = "turn tile programs into kernels of scf, arith and ROCDL operations";
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::ROCDL::ROCDLDialect",
                           "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def LowerToHip : Pass<"lower-to-hip", "::mlir::ModuleOp"> {
  let summary = "turn lowered kernels into functions of C++ statements and expressions";
  let dependentDialects = ["::mlir::emitc::EmitCDialect"];
}
