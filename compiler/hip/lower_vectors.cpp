//===- lower_vectors.cpp - fragments and sums -----------------------------===//

#include "compiler/hip/hip_lowering.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <fmt/format.h>

namespace gemmsmith::hip {

namespace arith = mlir::arith;
namespace LLVM = mlir::LLVM;
namespace ROCDL = mlir::ROCDL;

bool HipLowering::lowerVector(mlir::Operation &op) {
  return llvm::TypeSwitch<mlir::Operation *, bool>(&op)
      .Case<arith::ConstantOp>([&](auto constant) { // integers are dealt with
        if (!mlir::isa<mlir::VectorType>(constant.getType()) ||
            !mlir::matchPattern(constant.getResult(), mlir::m_PosZeroFloat()))
          return false;
        bind(constant, w_.literal(constant.getType(), spelling(constant.getType()) + "{}"));
        return true;
      })
      .Case<arith::AddFOp>([&](auto add) {
        if (add.getFastmath() != arith::FastMathFlags::none)
          return false;
        defineOrUpdate(add, add.getLhs(), "{} + {}", {get(add.getLhs()), get(add.getRhs())});
        return true;
      })
      .Case<arith::ExtFOp>([&](auto extend) {
        bindText(extend, extend.getIn(), "(" + spelling(extend.getType()) + ")", "");
        return true;
      })
      .Case<arith::TruncFOp>([&](auto round) {
        bindText(round, round.getIn(), "__builtin_convertvector(",
                 ", " + spelling(round.getType()) + ")");
        return mlir::isa<mlir::VectorType>(round.getType());
      })
      .Case<LLVM::BitcastOp>([&](auto cast) {
        bindText(cast, cast.getArg(), "__builtin_bit_cast(" + spelling(cast.getType()) + ", ", ")");
        return true;
      })
      .Case<LLVM::PoisonOp>([](auto) { return true; }) // declared where something is put into it
      .Case<ROCDL::mfma_f32_16x16x32_bf16, LLVM::InsertElementOp, LLVM::ExtractElementOp>(
          [&](auto known) { return lower(known); })
      .Default(false);
}

bool HipLowering::lower(ROCDL::mfma_f32_16x16x32_bf16 op) {
  const mlir::ValueRange arguments = op.getArgs();
  // Neither broadcasts nor permutations.
  if (!llvm::all_of(arguments.drop_front(3), [](Value x) { return constantOf(x) == 0; }))
    return false;
  defineOrUpdate(op, arguments[2], "__builtin_amdgcn_mfma_f32_16x16x32_bf16({}, {}, {}, 0, 0, 0)",
                 {get(arguments[0]), get(arguments[1]), get(arguments[2])});
  return true;
}

bool HipLowering::lower(LLVM::InsertElementOp op) {
  const std::optional<std::int64_t> position = constantOf(op.getPosition());
  if (!position)
    return false;
  Value vector;
  if (op.getVector().getDefiningOp<LLVM::PoisonOp>())
    vector = w_.declare(op.getType(), nameOf(op), "", {});
  else if (!w_.isVariable(get(op.getVector())) || usedAfter(op, op.getVector()))
    vector = w_.declare(op.getType(), nameOf(op), "{}", get(op.getVector()));
  else
    vector = get(op.getVector());
  w_.write(fmt::format("{}[{}] = ", StatementWriter::textOf(vector), *position) + "{};",
           get(op.getValue()));
  bind(op, vector);
  return true;
}

bool HipLowering::lower(LLVM::ExtractElementOp op) {
  const std::optional<std::int64_t> position = constantOf(op.getPosition());
  if (!position)
    return false;
  bindText(op, op.getVector(), "", fmt::format("[{}]", *position));
  return true;
}

} // namespace gemmsmith::hip
