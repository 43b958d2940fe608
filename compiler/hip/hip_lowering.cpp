//===- hip_lowering.cpp - the walk through the kernel ---------------------===//

#include "compiler/hip/hip_lowering.h"

#include "compiler/hip/prelude.h"

#include "mlir/IR/Matchers.h"
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

std::optional<std::int64_t> constantOf(Value source) {
  llvm::APInt constant;
  if (!mlir::matchPattern(source, mlir::m_ConstantInt(&constant)))
    return std::nullopt;
  return constant.getSExtValue();
}

HipLowering::HipLowering(mlir::OpBuilder &builder, LLVM::LLVMFuncOp kernel,
                         llvm::ArrayRef<std::string> parameters)
    : w_(builder, kernel.getLoc()), kernel_(kernel) {
  for (std::string_view name : preludeNames())
    w_.unusedName(name);
  for (const std::string &name : parameters)
    w_.unusedName(name);
  for (auto [argument, name] : llvm::zip(kernel.getArguments(), parameters))
    bind(argument, w_.literal(argument.getType(), name));
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
  llvm::SmallVector<mlir::Operation *> users;
  for (mlir::Operation *user : source.getUsers())
    if (user != loop_test_) // reads the variable that the value is assigned to
      users.push_back(user);
  const bool inline_it =
      !hasName(source) && users.size() == 1 &&
      llvm::all_of(
          source.getUsers(),
          [&](mlir::Operation *user) { return user->getBlock() == source.getParentBlock(); }) &&
      (!w_.readsVariable(expression) || users[0]->hasTrait<mlir::OpTrait::IsTerminator>());
  bind(source,
       inline_it ? expression : w_.define(source.getType(), nameOf(source), "{}", expression));
}

void HipLowering::define(Value source, const llvm::Twine &format, mlir::ValueRange arguments) {
  bind(source, w_.define(source.getType(), nameOf(source), format, arguments));
}

void HipLowering::defineOrUpdate(Value source, Value old, const llvm::Twine &format,
                                 mlir::ValueRange arguments) {
  if (!w_.isVariable(get(old)) || usedAfter(source.getDefiningOp(), old))
    return define(source, format, arguments);
  w_.write(StatementWriter::textOf(get(old)) + " = " + format + ";", arguments);
  bind(source, get(old));
}

void HipLowering::bindText(Value source, Value from, const std::string &before,
                           const std::string &after) {
  const std::string text = StatementWriter::textOf(get(from));
  if (source.hasOneUse() && !hasName(source) && !text.empty() && !w_.isVariable(get(from)))
    return bind(source, w_.literal(source.getType(), before + text + after));
  define(source, before + "{}" + after, get(from));
}

std::string HipLowering::operand(Value lowered) {
  const std::string text = StatementWriter::textOf(lowered);
  return text.empty() || text.find(' ') != text.npos ? "({})" : "{}";
}

} // namespace gemmsmith::hip
