//===- hip_lowering.cpp - the walk through the kernel ---------------------===//

#include "compiler/hip/hip_lowering.h"

#include "llvm/ADT/TypeSwitch.h"

namespace gemmsmith::hip {

namespace LLVM = mlir::LLVM;
namespace scf = mlir::scf;

llvm::StringRef nameOf(Value source) {
  auto name = mlir::dyn_cast<mlir::NameLoc>(source.getLoc());
  return name ? name.getName().getValue() : "t";
}

bool hasName(Value source) {
  return mlir::isa<mlir::NameLoc>(source.getLoc());
}

bool usedAfter(mlir::Operation *op, Value value) {
  for (;; op = op->getParentOp()) {
    mlir::Block *block = op->getBlock();
    for (mlir::Operation *user : value.getUsers())
      if (mlir::Operation *there = block->findAncestorOpInBlock(*user))
        if (op->isBeforeInBlock(there))
          return true;
    if (value.getParentBlock() == block)
      return false;
    if (mlir::isa<scf::WhileOp>(op->getParentOp()))
      return true; // by the next iteration
  }
}

HipLowering::HipLowering(mlir::OpBuilder &builder, LLVM::LLVMFuncOp kernel,
                         llvm::ArrayRef<std::string> arguments)
    : w_(builder, kernel.getLoc()), kernel_(kernel) {
  for (auto [argument, name] : llvm::zip(kernel.getArguments(), arguments))
    bind(argument, w_.literal(argument.getType(), w_.unusedName(name)));
}

mlir::LogicalResult HipLowering::run() {
  return lowerBlock(kernel_.getBody().front());
}

mlir::LogicalResult HipLowering::lowerBlock(mlir::Block &block) {
  for (mlir::Operation &op : block)
    if (!op.hasTrait<mlir::OpTrait::IsTerminator>() && mlir::failed(lowerOperation(op)))
      return mlir::failure();
  return mlir::success();
}

mlir::LogicalResult HipLowering::lowerOperation(mlir::Operation &op) {
  if (lowerInteger(op) || lowerVector(op) || lowerMemory(op))
    return mlir::success();
  return llvm::TypeSwitch<mlir::Operation *, mlir::LogicalResult>(&op)
      .Case<scf::WhileOp, scf::IfOp>([&](auto region) { return lower(region); })
      .Default([](mlir::Operation *other) { return other->emitError("has no form in HIP C++"); });
}

void HipLowering::bindExpression(Value source, Value expression) {
  const auto uses = llvm::count_if(source.getUsers(), [&](mlir::Operation *user) {
    return user != loop_test_; // reads the variable that the value is assigned to
  });
  const bool inline_it =
      !hasName(source) && uses == 1 && llvm::all_of(source.getUsers(), [&](mlir::Operation *user) {
        return user->getBlock() == source.getParentBlock();
      });
  bind(source, inline_it || !StatementWriter::textOf(expression).empty()
                   ? expression
                   : w_.define(source.getType(), nameOf(source), "{}", expression));
}

void HipLowering::define(Value source, const llvm::Twine &format, mlir::ValueRange arguments) {
  bind(source, w_.define(source.getType(), nameOf(source), format, arguments));
}

void HipLowering::defineOrUpdate(Value source, Value old, const llvm::Twine &format,
                                 mlir::ValueRange arguments) {
  if (!isVariable(get(old)) || usedAfter(source.getDefiningOp(), old))
    return define(source, format, arguments);
  w_.write(StatementWriter::textOf(get(old)) + " = " + format + ";", arguments);
  bind(source, get(old));
}

std::string HipLowering::operand(Value lowered) {
  const llvm::StringRef text = StatementWriter::textOf(lowered);
  return text.empty() || text.contains(' ') ? "({})" : "{}";
}

} // namespace gemmsmith::hip
