//===- lower_vectors.cpp - fragments and sums -----------------------------===//

#include "compiler/hip/hip_lowering.h"

#include "llvm/ADT/TypeSwitch.h"

#include <fmt/format.h>

namespace gemmsmith::hip {

namespace arith = mlir::arith;
namespace LLVM = mlir::LLVM;
namespace ROCDL = mlir::ROCDL;

bool HipLowering::lowerVector(mlir::Operation &op) {
  // `format` around the only operand. Inline only what a variable's update cannot change before it
  // is written.
  auto convert = [&](auto known, Value from, const std::string &format) {
    const llvm::StringRef text = StatementWriter::textOf(get(from));
    if (known->hasOneUse() && !text.empty() && !isVariable(get(from)))
      bind(known, w_.literal(known.getType(), fmt::format(fmt::runtime(format), text.str())));
    else
      define(known, format, get(from));
    return true;
  };
  return llvm::TypeSwitch<mlir::Operation *, bool>(&op)
      .Case<arith::ConstantOp>([&](auto constant) { // integers are dealt with
        bind(constant, w_.literal(constant.getType(), spelling(constant.getType()) + "{}"));
        return true;
      })
      .Case<arith::AddFOp>([&](auto add) {
        defineOrUpdate(add, add.getLhs(), "{} + {}", {get(add.getLhs()), get(add.getRhs())});
        return true;
      })
      .Case<ROCDL::mfma_f32_16x16x32_bf16>([&](auto mfma) {
        const mlir::ValueRange matrices = mfma.getArgs().take_front(3);
        defineOrUpdate(mfma, matrices[2],
                       "__builtin_amdgcn_mfma_f32_16x16x32_bf16({}, {}, {}, 0, 0, 0)",
                       {get(matrices[0]), get(matrices[1]), get(matrices[2])});
        return true;
      })
      .Case<arith::ExtFOp>([&](auto known) { return convert(known, known.getIn(), "(float){}"); })
      .Case<arith::TruncFOp>([&](auto known) {
        return convert(known, known.getIn(),
                       "__builtin_convertvector({}, " + spelling(known.getType()) + ")");
      })
      .Case<LLVM::BitcastOp>([&](auto known) {
        return convert(known, known.getArg(),
                       "__builtin_bit_cast(" + spelling(known.getType()) + ", {})");
      })
      .Case<LLVM::PoisonOp>([](auto) { return true; }) // declared where something is put into it
      .Case<LLVM::InsertElementOp, LLVM::ExtractElementOp>([&](auto known) {
        lower(known);
        return true;
      })
      .Default(false);
}

void HipLowering::lower(LLVM::InsertElementOp op) {
  if (op.getVector().getDefiningOp<LLVM::PoisonOp>()) {
    Value variable = w_.declare(op.getType(), nameOf(op), "", {});
    variables_.insert(StatementWriter::textOf(variable));
    bind(op.getVector(), variable);
  }
  w_.write(StatementWriter::textOf(get(op.getVector())) + "[" +
               StatementWriter::textOf(get(op.getPosition())) + "] = {};",
           get(op.getValue()));
  bind(op, get(op.getVector()));
}

void HipLowering::lower(LLVM::ExtractElementOp op) {
  const auto element = StatementWriter::textOf(get(op.getVector())) + "[" +
                       StatementWriter::textOf(get(op.getPosition())) + "]";
  const std::string text = element.str();
  if (isVariable(get(op.getVector())))
    return define(op, text, {});
  bind(op, w_.literal(op.getType(), text));
}

} // namespace gemmsmith::hip
