//===- lower_regions.cpp - loops and branches -----------------------------===//
//
//   %r:2 = scf.while (%k = %begin, %sum = %zero)      uint32_t k = begin;
//     %s = mfma(%sum)                                 f32x4 sum = f32x4{};
//     %next = arith.addi %k, %c1                 =>   do {
//     %more = arith.cmpi slt, %next, %end               sum = mfma(sum);
//     scf.condition(%more) %next, %s                    k = k + 1;
//   do { yield }                                      } while ((int32_t) k < (int32_t) end);
//
// Loops are not to be unrolled: their bodies are what the generator wants them
// to be.
//===----------------------------------------------------------------------===//

#include "compiler/hip/hip_lowering.h"

#include <utility>

namespace gemmsmith::hip {

namespace emitc = mlir::emitc;
namespace scf = mlir::scf;

namespace {

// Whether the expression reads one of the variables. There is no text that reads one, but its name.
bool reads(Value expression, mlir::ValueRange variables) {
  const std::string text = StatementWriter::textOf(expression);
  if (!text.empty())
    return llvm::any_of(variables,
                        [&](Value variable) { return StatementWriter::textOf(variable) == text; });
  return llvm::any_of(expression.getDefiningOp()->getOperands(),
                      [&](Value operand) { return reads(operand, variables); });
}

} // namespace

void HipLowering::assign(mlir::ValueRange variables, mlir::ValueRange sources) {
  llvm::SmallVector<std::pair<Value, Value>> assignments;
  Values assigned; // before the one at hand
  for (auto [variable, source] : llvm::zip(variables, sources)) {
    Value value = get(source);
    if (StatementWriter::textOf(value) == StatementWriter::textOf(variable))
      continue;
    if (reads(value, assigned))
      value = w_.define(source.getType(), nameOf(source), "{}", value);
    assignments.emplace_back(variable, value);
    assigned.push_back(variable);
  }
  for (auto [variable, value] : assignments)
    w_.write(StatementWriter::textOf(variable) + " = {};", value);
}

mlir::LogicalResult HipLowering::lower(scf::WhileOp loop) {
  mlir::Block &body = loop.getBefore().front();
  auto condition = mlir::cast<scf::ConditionOp>(body.getTerminator());
  auto more = condition.getCondition().getDefiningOp<mlir::arith::CmpIOp>();
  // The test may look at what the next iteration starts with, and at what is outside.
  auto isKnownAtTheEnd = [&](Value operand) {
    return llvm::is_contained(condition.getArgs(), operand) ||
           !loop.getBefore().isAncestor(operand.getParentRegion());
  };
  const bool tests_at_its_end =
      more && more->hasOneUse() && more->getBlock() == &body &&
      llvm::all_of(more->getOperands(), isKnownAtTheEnd) &&
      llvm::equal(loop.getAfter().front().getTerminator()->getOperands(), loop.getAfterArguments());
  if (!tests_at_its_end)
    return loop.emitError("is not a loop that tests at its end whether to go on");

  Values variables;
  for (auto [argument, init] : llvm::zip(body.getArguments(), loop.getInits())) {
    Value variable = w_.declare(argument.getType(), nameOf(argument), "{}", get(init));
    bind(argument, variable);
    variables.push_back(variable);
  }

  w_.write("#pragma clang loop unroll(disable)");
  auto repeat = emitc::DoOp::create(w_.b, w_.loc);
  mlir::OpBuilder::InsertionGuard guard(w_.b);
  w_.b.setInsertionPointToEnd(&repeat.getBodyRegion().emplaceBlock());
  mlir::Operation *const outer_test = std::exchange(loop_test_, more.getOperation());
  for (mlir::Operation &op : body.without_terminator())
    if (&op != more.getOperation() && mlir::failed(lowerOperation(op)))
      return mlir::failure();
  loop_test_ = outer_test;
  assign(variables, condition.getArgs());

  // From here on the variables hold what the next iteration, or what follows, starts with.
  for (auto [source, result, variable] :
       llvm::zip(condition.getArgs(), loop.getResults(), variables)) {
    if (source.getParentBlock() == &body)
      bind(source, variable);
    bind(result, variable);
  }
  w_.b.setInsertionPointToEnd(&repeat.getConditionRegion().emplaceBlock());
  const Values operands = {get(more.getLhs()), get(more.getRhs())};
  auto test = emitc::ExpressionOp::create(w_.b, w_.loc, w_.b.getI1Type(), operands, false);
  emitc::YieldOp::create(w_.b, w_.loc, test.getResult());
  w_.b.setInsertionPointToEnd(&test.createBody());
  Value once_more = compare(more, test.getRegion().getArgument(0), test.getRegion().getArgument(1));
  emitc::YieldOp::create(w_.b, w_.loc, once_more);
  return mlir::success();
}

mlir::LogicalResult HipLowering::lower(scf::IfOp branch) {
  mlir::Block *otherwise = branch.elseBlock();
  Values variables;
  if (branch.getNumResults() > 0) {
    if (!otherwise->without_terminator().empty())
      return branch.emitError("computes what it yields otherwise");
    for (auto [result, value] :
         llvm::zip(branch.getResults(), otherwise->getTerminator()->getOperands())) {
      Value variable = get(value);
      const bool taken = llvm::is_contained(variables, variable);
      if (!w_.isVariable(variable) || taken || usedAfter(branch, value))
        variable = w_.declare(result.getType(), nameOf(result), "{}", variable);
      bind(result, variable);
      variables.push_back(variable);
    }
  }
  const bool has_else = branch.getNumResults() == 0 && otherwise;
  auto lowered = emitc::IfOp::create(w_.b, w_.loc, get(branch.getCondition()), true, has_else);
  mlir::OpBuilder::InsertionGuard guard(w_.b);
  auto lowerInto = [&](mlir::Block &from, mlir::Block &to) {
    w_.b.setInsertionPointToStart(&to);
    if (mlir::failed(lowerBlock(from)))
      return mlir::failure();
    assign(variables, from.getTerminator()->getOperands());
    emitc::YieldOp::create(w_.b, w_.loc);
    return mlir::success();
  };
  if (mlir::failed(lowerInto(*branch.thenBlock(), lowered.getThenRegion().front())))
    return mlir::failure();
  return has_else ? lowerInto(*otherwise, lowered.getElseRegion().front()) : mlir::success();
}

} // namespace gemmsmith::hip
