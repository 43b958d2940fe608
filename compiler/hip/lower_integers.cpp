//===- lower_integers.cpp - indices, sizes and conditions -----------------===//
//
// Unsigned throughout: wrapping is what the IR means, and only comparisons that
// are signed there cast. A negative constant is subtracted. C++ computes in at
// least 32 bits, so narrower integers are not computed with.
//===----------------------------------------------------------------------===//

#include "compiler/hip/hip_lowering.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

namespace gemmsmith::hip {

namespace arith = mlir::arith;
namespace emitc = mlir::emitc;
namespace ROCDL = mlir::ROCDL;

namespace {

bool isComputedWith(mlir::Type type) {
  return type.isInteger(32) || type.isInteger(64);
}

emitc::CmpPredicate operatorOf(arith::CmpIPredicate predicate) {
  using enum arith::CmpIPredicate;
  switch (predicate) {
  case eq:
    return emitc::CmpPredicate::eq;
  case ne:
    return emitc::CmpPredicate::ne;
  case slt:
  case ult:
    return emitc::CmpPredicate::lt;
  case sle:
  case ule:
    return emitc::CmpPredicate::le;
  case sgt:
  case ugt:
    return emitc::CmpPredicate::gt;
  case sge:
  case uge:
    return emitc::CmpPredicate::ge;
  }
  llvm_unreachable("a predicate that arith does not have");
}

} // namespace

// Two literals of C++ would be computed as ints.
template <typename EmitCOp> bool HipLowering::lowerBinary(Value result, Value lhs, Value rhs) {
  if (!isComputedWith(result.getType()) || (constantOf(lhs) && constantOf(rhs)))
    return false;
  bindExpression(result,
                 EmitCOp::create(w_.b, w_.loc, emitcType(result.getType()), get(lhs), get(rhs)));
  return true;
}

bool HipLowering::lowerInteger(mlir::Operation &op) {
  auto builtin = [&](auto known, const char *call) {
    define(known, call, {});
    return true;
  };
  return llvm::TypeSwitch<mlir::Operation *, bool>(&op)
      .Case<arith::ConstantIntOp>([&](auto constant) {
        const auto value = mlir::cast<mlir::IntegerAttr>(constant.getValue()).getValue();
        bind(constant, w_.number(constant.getType(), value.getZExtValue()));
        return true;
      })
      .Case<arith::AddIOp, arith::CmpIOp, arith::ShRUIOp, arith::AndIOp, arith::SelectOp>(
          [&](auto known) { return lower(known); })
      .Case<arith::SubIOp>(
          [&](auto x) { return lowerBinary<emitc::SubOp>(x, x.getLhs(), x.getRhs()); })
      .Case<arith::MulIOp>(
          [&](auto x) { return lowerBinary<emitc::MulOp>(x, x.getLhs(), x.getRhs()); })
      .Case<arith::DivUIOp>(
          [&](auto x) { return lowerBinary<emitc::DivOp>(x, x.getLhs(), x.getRhs()); })
      .Case<arith::RemUIOp>(
          [&](auto x) { return lowerBinary<emitc::RemOp>(x, x.getLhs(), x.getRhs()); })
      .Case<arith::OrIOp>(
          [&](auto x) { return lowerBinary<emitc::BitwiseOrOp>(x, x.getLhs(), x.getRhs()); })
      .Case<arith::XOrIOp>(
          [&](auto x) { return lowerBinary<emitc::BitwiseXorOp>(x, x.getLhs(), x.getRhs()); })
      .Case<arith::MinUIOp>([&](auto min) {
        if (!min.getType().isInteger(32))
          return false;
        define(min, "smaller({}, {})", {get(min.getLhs()), get(min.getRhs())});
        return true;
      })
      .Case<arith::ExtUIOp, arith::TruncIOp>([&](auto cast) {
        if (!isComputedWith(cast.getType()) || !isComputedWith(cast.getIn().getType()))
          return false;
        Value from = get(cast.getIn());
        if (StatementWriter::textOf(from).empty())
          bindExpression(cast,
                         emitc::CastOp::create(w_.b, w_.loc, emitcType(cast.getType()), from));
        else if (w_.isVariable(from))
          define(cast, "(" + spelling(cast.getType()) + "){}", from);
        else // short enough to be repeated
          bind(cast, w_.literal(cast.getType(), "(" + spelling(cast.getType()) + ")" +
                                                    StatementWriter::textOf(from)));
        return true;
      })
      .Case<ROCDL::ReadfirstlaneOp>([&](auto read) {
        if (!read.getType().isInteger(32))
          return false;
        define(read, "uniform({})", get(read.getSrc()));
        return true;
      })
      .Case<ROCDL::ThreadIdXOp>(
          [&](auto id) { return builtin(id, "__builtin_amdgcn_workitem_id_x()"); })
      .Case<ROCDL::BlockIdXOp>(
          [&](auto id) { return builtin(id, "__builtin_amdgcn_workgroup_id_x()"); })
      .Case<ROCDL::BlockIdYOp>(
          [&](auto id) { return builtin(id, "__builtin_amdgcn_workgroup_id_y()"); })
      .Default(false);
}

// A shift by a constant reads better as a division, and a mask of low bits as a remainder.
bool HipLowering::lower(arith::ShRUIOp op) {
  const std::optional<std::int64_t> bits = constantOf(op.getRhs());
  if (!bits || *bits < 0 || *bits >= op.getType().getIntOrFloatBitWidth() ||
      !isComputedWith(op.getType()))
    return false;
  Value divisor = w_.number(op.getType(), std::uint64_t{1} << *bits);
  bindExpression(
      op, emitc::DivOp::create(w_.b, w_.loc, emitcType(op.getType()), get(op.getLhs()), divisor));
  return true;
}

bool HipLowering::lower(arith::AndIOp op) {
  llvm::APInt mask;
  if (!isComputedWith(op.getType()) ||
      !mlir::matchPattern(op.getRhs(), mlir::m_ConstantInt(&mask)) || !mask.isMask() ||
      mask.isAllOnes())
    return lowerBinary<emitc::BitwiseAndOp>(op, op.getLhs(), op.getRhs());
  Value divisor = w_.number(op.getType(), mask.getZExtValue() + 1);
  bindExpression(
      op, emitc::RemOp::create(w_.b, w_.loc, emitcType(op.getType()), get(op.getLhs()), divisor));
  return true;
}

bool HipLowering::lower(arith::AddIOp op) {
  llvm::APInt addend;
  if (!mlir::matchPattern(op.getRhs(), mlir::m_ConstantInt(&addend)) || !addend.isNegative())
    return lowerBinary<emitc::AddOp>(op, op.getLhs(), op.getRhs());
  if (!isComputedWith(op.getType()) || constantOf(op.getLhs()))
    return false;
  Value subtrahend = w_.number(op.getType(), (-addend).getZExtValue());
  bindExpression(op, emitc::SubOp::create(w_.b, w_.loc, emitcType(op.getType()), get(op.getLhs()),
                                          subtrahend));
  return true;
}

bool HipLowering::lower(arith::SelectOp op) {
  auto arm = [&](Value source) { // of two literals, one has to say that it is unsigned
    const std::optional<std::int64_t> value = constantOf(source);
    return value && op.getType().isInteger(32)
               ? w_.literal(op.getType(),
                            StatementWriter::textOf(get(source)) + (*value >= 0 ? "u" : ""))
               : get(source);
  };
  if (!isComputedWith(op.getType()))
    return false;
  bindExpression(op, emitc::ConditionalOp::create(w_.b, w_.loc, emitcType(op.getType()),
                                                  get(op.getCondition()), arm(op.getTrueValue()),
                                                  arm(op.getFalseValue())));
  return true;
}

bool HipLowering::lower(arith::CmpIOp op) {
  if (!isComputedWith(op.getLhs().getType()) ||
      (constantOf(op.getLhs()) && constantOf(op.getRhs())))
    return false;
  bindExpression(op, compare(op, get(op.getLhs()), get(op.getRhs())));
  return true;
}

Value HipLowering::compare(arith::CmpIOp op, Value lhs, Value rhs) {
  using enum arith::CmpIPredicate;
  const arith::CmpIPredicate predicate = op.getPredicate();
  auto makeSigned = [&](Value value, Value source) -> Value {
    const mlir::Type type = w_.b.getIntegerType(value.getType().getIntOrFloatBitWidth(), true);
    if (const std::optional<std::int64_t> constant = constantOf(source))
      return emitc::ConstantOp::create(w_.b, w_.loc, type, w_.b.getIntegerAttr(type, *constant));
    return emitc::CastOp::create(w_.b, w_.loc, type, value);
  };
  if (predicate == slt || predicate == sle || predicate == sgt || predicate == sge) {
    lhs = makeSigned(lhs, op.getLhs());
    rhs = makeSigned(rhs, op.getRhs());
  }
  return emitc::CmpOp::create(w_.b, w_.loc, w_.b.getI1Type(), operatorOf(predicate), lhs, rhs);
}

} // namespace gemmsmith::hip
