// Shorthand for building integer arithmetic and memory operations, folding what is constant.
#pragma once

#include "compiler/passes/passes.h"

#include "mlir/IR/Builders.h"

namespace gemmsmith::lowering {

using mlir::Value;

// Address spaces of the AMDGPU target (LLVM's AMDGPUUsage).
inline constexpr unsigned kGlobalSpace = 1;
inline constexpr unsigned kLdsSpace = 3;
inline constexpr unsigned kBufferSpace = 8;

// Word 3 of a buffer descriptor: 32-bit data format, no swizzle, raw addressing; what LLVM itself
// uses for raw buffers on gfx9.
inline constexpr std::int64_t kRawBufferFlags = 0x27000;

// An offset past the end of every buffer: planLaunch keeps their sizes below 2^31 bytes.
inline constexpr std::int64_t kOutOfRange = std::int64_t{1} << 31;

// All values are 32 bits wide unless the name says otherwise.
class Arithmetic {
public:
  explicit Arithmetic(mlir::OpBuilder &builder, mlir::Location loc) : b(builder), loc(loc) {}

  Value i32(std::int64_t v) { return mlir::arith::ConstantIntOp::create(b, loc, v, 32); }

  Value add(Value x, Value y) { return b.createOrFold<mlir::arith::AddIOp>(loc, x, y); }
  Value add(Value x, std::int64_t y) { return y ? add(x, constantLike(x, y)) : x; }
  Value sub(Value x, Value y) { return b.createOrFold<mlir::arith::SubIOp>(loc, x, y); }
  Value mul(Value x, Value y) { return b.createOrFold<mlir::arith::MulIOp>(loc, x, y); }
  Value mul(Value x, std::int64_t y) { return mul(x, constantLike(x, y)); }
  Value shr(Value x, std::int64_t bits) {
    return b.createOrFold<mlir::arith::ShRUIOp>(loc, x, constantLike(x, bits));
  }
  Value bitAnd(Value x, std::int64_t mask) {
    return b.createOrFold<mlir::arith::AndIOp>(loc, x, constantLike(x, mask));
  }
  Value bitXor(Value x, Value y) { return b.createOrFold<mlir::arith::XOrIOp>(loc, x, y); }
  // Unsigned division and remainder; by a power of two they become a shift and a mask.
  Value div(Value x, std::int64_t y);
  Value rem(Value x, std::int64_t y);
  Value div(Value x, Value y) { return mlir::arith::DivUIOp::create(b, loc, x, y); }
  Value ceilDiv(Value x, std::int64_t y) { return div(add(x, y - 1), y); }
  Value min(Value x, Value y) { return b.createOrFold<mlir::arith::MinUIOp>(loc, x, y); }

  Value less(Value x, Value y) { return compare(mlir::arith::CmpIPredicate::ult, x, y); }
  Value lessSigned(Value x, Value y) { return compare(mlir::arith::CmpIPredicate::slt, x, y); }
  Value equal(Value x, std::int64_t y) {
    return compare(mlir::arith::CmpIPredicate::eq, x, constantLike(x, y));
  }
  Value select(Value condition, Value yes, Value no) {
    return b.createOrFold<mlir::arith::SelectOp>(loc, condition, yes, no);
  }

  // Zero-extended to 64 bits.
  Value wide(Value x) { return b.createOrFold<mlir::arith::ExtUIOp>(loc, b.getI64Type(), x); }
  // The low 32 bits.
  Value narrow(Value x) { return b.createOrFold<mlir::arith::TruncIOp>(loc, b.getI32Type(), x); }

  // Tells the code generator that `x` is the same in all lanes, so that it stays in scalar
  // registers.
  Value uniform(Value x) { return mlir::ROCDL::ReadfirstlaneOp::create(b, loc, x.getType(), x); }

  Value offset(Value pointer, Value bytes);
  Value offset(Value pointer, std::int64_t bytes);

  // A raw buffer descriptor over `bytes` bytes (32 bits, below 2^31) from `base` on.
  Value buffer(Value base, Value bytes);
  // Accesses at a lane's byte offset, plus one that is the same in all lanes, within a buffer.
  Value loadBuffer(mlir::Type type, Value buffer, Value bytes, Value uniform_bytes,
                   std::int64_t cache_bits);
  Value loadBuffer(mlir::Type type, Value buffer, Value bytes) {
    return loadBuffer(type, buffer, bytes, i32(0), 0);
  }
  void storeBuffer(Value data, Value buffer, Value bytes);

  // What the value is called in printed programs and in HIP sources (a NameLoc). Constants, one of
  // several results, and what has a name already stay as they are.
  static Value named(const llvm::Twine &name, Value x);

  mlir::OpBuilder &b;
  mlir::Location loc;

private:
  Value constantLike(Value x, std::int64_t v) {
    return mlir::arith::ConstantIntOp::create(b, loc, x.getType(), v);
  }
  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y) {
    return b.createOrFold<mlir::arith::CmpIOp>(loc, predicate, x, y);
  }
};

} // namespace gemmsmith::lowering
