// The `gemm` dialect: which kernel is to be built.
#pragma once

#include "configs/kernel_config.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/Hashing.h"

namespace gemmsmith {
// For MLIR's attribute uniquer.
llvm::hash_code hash_value(const KernelConfig &config);
} // namespace gemmsmith

#include "dialects/gemm/gemm_dialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/gemm/gemm_attrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/gemm/gemm_ops.h.inc"
