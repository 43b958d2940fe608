#include "dialects/gemm/gemm.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "dialects/gemm/gemm_dialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/gemm/gemm_attrs.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/gemm/gemm_ops.cpp.inc"

namespace gemmsmith {

llvm::hash_code hash_value(const KernelConfig &config) {
  return llvm::hash_value(kernelName(config));
}

namespace gemm {

void GemmDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/gemm/gemm_attrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/gemm/gemm_ops.cpp.inc"
      >();
}

mlir::Attribute ConfigAttr::parse(mlir::AsmParser &parser, mlir::Type) {
  std::string name;
  llvm::SMLoc loc;
  if (parser.parseLess() ||
      (loc = parser.getCurrentLocation(), parser.parseKeywordOrString(&name)) ||
      parser.parseGreater())
    return {};
  Expected<KernelConfig> config = parseKernelName(name);
  if (!config) {
    parser.emitError(loc, config.error().str());
    return {};
  }
  return get(parser.getContext(), *config);
}

void ConfigAttr::print(mlir::AsmPrinter &printer) const {
  printer << '<' << kernelName(getValue()) << '>';
}

llvm::LogicalResult KernelOp::verify() {
  const KernelConfig &config = getConfig().getValue();
  if (getSymName() != kernelName(config))
    return emitOpError("must be named after its configuration, '") << kernelName(config) << "'";
  for (const std::string &issue : legalityIssues(config))
    emitOpError(issue);
  return llvm::success(isLegal(config));
}

} // namespace gemm
} // namespace gemmsmith
