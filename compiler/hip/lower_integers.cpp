//===- lower_integers.cpp - indices, sizes and conditions -----------------===//
//
// Unsigned throughout: wrapping is what the IR means, and only comparisons that
// are signed there cast. A negative constant is subtracted.
//===----------------------------------------------------------------------===//

#include "compiler/hip/hip_lowering.h"

#include "llvm/ADT/TypeSwitch.h"

#include <fmt/format.h>

namespace gemmsmith::hip {

namespace arith = mlir::arith;
namespace emitc = mlir::emitc;
namespace ROCDL = mlir::ROCDL;

namespace {

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

bool HipLowering::lowerInteger(mlir::Operation &op) {
  // The unsigned C++ operator of the same name, on all operands.
  auto binary = [&]<typename EmitCOp>(auto known, EmitCOp) {
    bindExpression(known, EmitCOp::create(w_.b, w_.loc, emitcType(known.getType()),
                                          get(known.getLhs()), get(known.getRhs())));
    return true;
  };
  return llvm::TypeSwitch<mlir::Operation *, bool>(&op)
      .Case<arith::ConstantIntOp>([&](auto constant) {
        const unsigned bits = constant.getType().getIntOrFloatBitWidth();
        const auto value = static_cast<std::uint64_t>(constant.value());
        bind(constant,
             w_.number(constant.getType(), bits == 64 ? value : value & ((1ull << bits) - 1)));
        return true;
      })
      .Case<arith::AddIOp, arith::CmpIOp>([&](auto known) {
        lower(known);
        return true;
      })
      .Case<arith::SubIOp>([&](auto known) { return binary(known, emitc::SubOp()); })
      .Case<arith::MulIOp>([&](auto known) { return binary(known, emitc::MulOp()); })
      .Case<arith::DivUIOp>([&](auto known) { return binary(known, emitc::DivOp()); })
      .Case<arith::RemUIOp>([&](auto known) { return binary(known, emitc::RemOp()); })
      .Case<arith::ShRUIOp, arith::AndIOp>([&](auto known) {
        lower(known);
        return true;
      })
      .Case<arith::OrIOp>([&](auto known) { return binary(known, emitc::BitwiseOrOp()); })
      .Case<arith::XOrIOp>([&](auto known) { return binary(known, emitc::BitwiseXorOp()); })
      .Case<arith::MinUIOp>([&](auto known) {
        define(known, "smaller({}, {})", {get(known.getLhs()), get(known.getRhs())});
        return true;
      })
      .Case<arith::SelectOp>([&](auto known) {
        bindExpression(known, emitc::ConditionalOp::create(w_.b, w_.loc, emitcType(known.getType()),
                                                           get(known.getCondition()),
                                                           get(known.getTrueValue()),
                                                           get(known.getFalseValue())));
        return true;
      })
      .Case<arith::ExtUIOp, arith::TruncIOp>([&](auto known) {
        const llvm::StringRef text = StatementWriter::textOf(get(known.getIn()));
        if (!text.empty()) {
          bind(known, w_.literal(known.getType(), "(" + spelling(known.getType()) + ")" + text));
          return true;
        }
        bindExpression(known, emitc::CastOp::create(w_.b, w_.loc, emitcType(known.getType()),
                                                    get(known.getIn())));
        return true;
      })
      .Case<ROCDL::ReadfirstlaneOp>([&](auto known) {
        define(known, "uniform({})", get(known.getSrc()));
        return true;
      })
      .Case<ROCDL::ThreadIdXOp>([&](auto known) {
        define(known, "__builtin_amdgcn_workitem_id_x()", {});
        return true;
      })
      .Case<ROCDL::BlockIdXOp>([&](auto known) {
        define(known, "__builtin_amdgcn_workgroup_id_x()", {});
        return true;
      })
      .Case<ROCDL::BlockIdYOp>([&](auto known) {
        define(known, "__builtin_amdgcn_workgroup_id_y()", {});
        return true;
      })
      .Default(false);
}

// A shift by a constant reads better as a division, and a mask of low bits as a remainder.
void HipLowering::lower(arith::ShRUIOp op) {
  const mlir::Type type = emitcType(op.getType());
  llvm::APInt bits;
  if (mlir::matchPattern(op.getRhs(), mlir::m_ConstantInt(&bits)))
    return bindExpression(
        op, emitc::DivOp::create(w_.b, w_.loc, type, get(op.getLhs()),
                                 w_.number(op.getType(), std::uint64_t{1} << bits.getZExtValue())));
  bindExpression(op, emitc::BitwiseRightShiftOp::create(w_.b, w_.loc, type, get(op.getLhs()),
                                                        get(op.getRhs())));
}

void HipLowering::lower(arith::AndIOp op) {
  const mlir::Type type = emitcType(op.getType());
  llvm::APInt mask;
  if (mlir::matchPattern(op.getRhs(), mlir::m_ConstantInt(&mask)) && mask.isMask())
    return bindExpression(op,
                          emitc::RemOp::create(w_.b, w_.loc, type, get(op.getLhs()),
                                               w_.number(op.getType(), mask.getZExtValue() + 1)));
  bindExpression(
      op, emitc::BitwiseAndOp::create(w_.b, w_.loc, type, get(op.getLhs()), get(op.getRhs())));
}

void HipLowering::lower(arith::AddIOp op) {
  const mlir::Type type = emitcType(op.getType());
  llvm::APInt addend;
  if (mlir::matchPattern(op.getRhs(), mlir::m_ConstantInt(&addend)) && addend.isNegative())
    return bindExpression(op,
                          emitc::SubOp::create(w_.b, w_.loc, type, get(op.getLhs()),
                                               w_.number(op.getType(), (-addend).getZExtValue())));
  bindExpression(op, emitc::AddOp::create(w_.b, w_.loc, type, get(op.getLhs()), get(op.getRhs())));
}

void HipLowering::lower(arith::CmpIOp op) {
  bindExpression(op, compare(op, get(op.getLhs()), get(op.getRhs())));
}

Value HipLowering::compare(arith::CmpIOp op, Value lhs, Value rhs) {
  using enum arith::CmpIPredicate;
  const arith::CmpIPredicate predicate = op.getPredicate();
  const bool is_signed =
      predicate == slt || predicate == sle || predicate == sgt || predicate == sge;
  auto makeSigned = [&](Value value, Value source) -> Value {
    const mlir::Type type = w_.b.getIntegerType(value.getType().getIntOrFloatBitWidth(), true);
    llvm::APInt constant;
    if (mlir::matchPattern(source, mlir::m_ConstantInt(&constant)))
      return emitc::ConstantOp::create(w_.b, w_.loc, type,
                                       w_.b.getIntegerAttr(type, constant.getSExtValue()));
    return emitc::CastOp::create(w_.b, w_.loc, type, value);
  };
  if (is_signed) {
    lhs = makeSigned(lhs, op.getLhs());
    rhs = makeSigned(rhs, op.getRhs());
  }
  return emitc::CmpOp::create(w_.b, w_.loc, w_.b.getI1Type(), operatorOf(predicate), lhs, rhs);
}

} // namespace gemmsmith::hip
