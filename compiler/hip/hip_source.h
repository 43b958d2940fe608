// The HIP C++ source of one kernel: the text around the function that lower-to-hip made.
//
// Promises: the text needs no header and no device library, and compiles by itself with hiprtc,
// hipcc or `clang -x hip` for the configuration's target, to a code object with one kernel that has
// the name, the arguments and the launch of the configuration. The same configuration gives the
// same text.
#pragma once

#include "configs/kernel_config.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace gemmsmith::hip {

struct Parameter {
  std::string type;
  std::string name;
};

// The function that does the work of a workgroup takes the kernel's arguments, then pointers to all
// of its LDS: see lower_memory.cpp.
std::string workgroupFunction(const KernelConfig &config);
inline constexpr const char *kLdsCopies = "lds_copies";
inline constexpr const char *kLds = "lds";
std::vector<Parameter> workgroupParameters(const KernelConfig &config);

// Fails, with a diagnostic, on a module that lower-to-hip and form-expressions have not been over.
mlir::FailureOr<std::string> printHipSource(mlir::ModuleOp module, const KernelConfig &config);

} // namespace gemmsmith::hip
