// gemmsmith-opt: mlir-opt with our dialects and passes, for tests and for looking at single passes.
#include "compiler/passes/passes.h"
#include "compiler/pipeline.h"

#include "mlir/Dialect/EmitC/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  gemmsmith::registerDialects(registry);
  registry.insert<mlir::func::FuncDialect>(); // for tests of types and single operations
  gemmsmith::registerGemmsmithPasses();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::emitc::registerFormExpressionsPass();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Gemmsmith's dialects and passes\n", registry));
}
