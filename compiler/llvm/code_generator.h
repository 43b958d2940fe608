// AMDGPU code generation with the LLVM this program is linked with.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <string>

namespace llvm {
class LLVMContext;
class Module;
class Target;
} // namespace llvm

namespace gemmsmith {

inline constexpr const char *kTriple = "amdgcn-amd-amdhsa";

// LLVM's AMDGPU target, initialised on the first call.
Expected<const llvm::Target *> findTarget();

// LLVM IR of a lowered kernel, with the attributes and argument names its code object needs; null,
// with a diagnostic, if something in it has no translation.
std::unique_ptr<llvm::Module> translateToLlvm(mlir::ModuleOp module, const KernelConfig &config,
                                              llvm::LLVMContext &context);

enum class OutputFile { kAssembly, kObject };

// Machine code for `config.target`: assembly text or a relocatable ELF object. Not thread-safe.
Expected<llvm::SmallVector<char, 0>> generateCode(llvm::Module &module, const KernelConfig &config,
                                                  OutputFile file);

} // namespace gemmsmith
