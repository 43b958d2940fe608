//===- lower_to_hip.cpp - from the low-level IR to C++ --------------------===//
//
//   llvm.func @name(%a: !llvm.ptr<1>, ...) { scf, arith, rocdl }
//     =>
//   emitc.func @name_workgroup(%a: !emitc.opaque<"global_ptr __restrict__">, ...,
//                              %lds_copies, %lds) { emitc }
//
// The work is in compiler/hip/, and so is the source text around the function,
// which has the kernel itself. The function apart from it is for two pointers to
// the same LDS that are declared not to alias: see lower_memory.cpp there.
//===----------------------------------------------------------------------===//

#include "compiler/hip/hip_lowering.h"
#include "compiler/hip/hip_source.h"
#include "compiler/passes/passes.h"
#include "configs/kernel_name.h"

#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace gemmsmith {

#define GEN_PASS_DEF_LOWERTOHIP
#include "compiler/passes/passes.h.inc"

namespace {

namespace emitc = mlir::emitc;
namespace LLVM = mlir::LLVM;

// What nobody uses would become a variable that a compiler warns of.
void eraseDeadOperations(LLVM::LLVMFuncOp kernel) {
  kernel.walk<mlir::WalkOrder::PostOrder, mlir::ReverseIterator>([](mlir::Operation *op) {
    if (mlir::isOpTriviallyDead(op))
      op->erase();
  });
}

mlir::LogicalResult lower(LLVM::LLVMFuncOp kernel) {
  const Expected<KernelConfig> config = parseKernelName(kernel.getSymName());
  if (!config)
    return kernel.emitError("is no kernel of ours");
  eraseDeadOperations(kernel);
  mlir::OpBuilder b(kernel);
  std::vector<std::string> names;
  llvm::SmallVector<mlir::Type> types;
  for (const hip::Parameter &parameter : hip::workgroupParameters(*config)) {
    names.push_back(parameter.name);
    types.push_back(emitc::OpaqueType::get(b.getContext(), parameter.type));
  }
  auto function = emitc::FuncOp::create(b, kernel.getLoc(), hip::workgroupFunction(*config),
                                        b.getFunctionType(types, {}));
  function.setSpecifiersAttr(b.getStrArrayAttr({"DEVICE"}));
  b.setInsertionPointToStart(function.addEntryBlock());
  if (mlir::failed(hip::HipLowering(b, kernel, names).run()))
    return mlir::failure();
  emitc::ReturnOp::create(b, kernel.getLoc(), mlir::Value());
  kernel.erase();
  return mlir::success();
}

struct LowerToHip : impl::LowerToHipBase<LowerToHip> {
  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (mlir::failed(lower(kernel)))
        return signalPassFailure();
    for (auto lds : llvm::make_early_inc_range(getOperation().getOps<LLVM::GlobalOp>()))
      lds.erase(); // declared by the kernel
  }
};

} // namespace
} // namespace gemmsmith
