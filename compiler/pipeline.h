// The one list of passes from gemm.kernel to the LLVM dialect.
#pragma once

#include "compiler/compile.h"

#include "mlir/Pass/PassManager.h"

namespace gemmsmith {

// Adds the passes that lead to `stage`; Stage::kLlvm and later need all of them.
void addPasses(mlir::OpPassManager &passes, Stage stage);

// The dialects that the passes read and write.
void registerDialects(mlir::DialectRegistry &registry);

} // namespace gemmsmith
