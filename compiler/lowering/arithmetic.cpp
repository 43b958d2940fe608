#include "compiler/lowering/arithmetic.h"

#include "llvm/Support/MathExtras.h"

namespace gemmsmith::lowering {

Value Arithmetic::div(Value x, std::int64_t y) {
  if (llvm::isPowerOf2_64(static_cast<std::uint64_t>(y)))
    return shr(x, llvm::Log2_64(y));
  return mlir::arith::DivUIOp::create(b, loc, x, constantLike(x, y));
}

Value Arithmetic::rem(Value x, std::int64_t y) {
  if (llvm::isPowerOf2_64(static_cast<std::uint64_t>(y)))
    return bitAnd(x, y - 1);
  return mlir::arith::RemUIOp::create(b, loc, x, constantLike(x, y));
}

Value Arithmetic::named(const llvm::Twine &name, Value x) {
  const mlir::Location location = mlir::NameLoc::get(mlir::StringAttr::get(x.getContext(), name));
  if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(x)) {
    argument.setLoc(location); // it came with that of its initial value
    return x;
  }
  mlir::Operation *op = x.getDefiningOp();
  if (!mlir::isa<mlir::NameLoc>(x.getLoc()) && op->getNumResults() == 1 &&
      !op->hasTrait<mlir::OpTrait::ConstantLike>())
    op->setLoc(location);
  return x;
}

Value Arithmetic::offset(Value pointer, Value bytes) {
  return mlir::LLVM::GEPOp::create(b, loc, pointer.getType(), b.getI8Type(), pointer,
                                   llvm::ArrayRef<mlir::LLVM::GEPArg>{bytes});
}

Value Arithmetic::offset(Value pointer, std::int64_t bytes) {
  if (bytes == 0)
    return pointer;
  return mlir::LLVM::GEPOp::create(
      b, loc, pointer.getType(), b.getI8Type(), pointer,
      llvm::ArrayRef<mlir::LLVM::GEPArg>{static_cast<std::int32_t>(bytes)});
}

Value Arithmetic::buffer(Value base, Value bytes) {
  Value no_stride = mlir::arith::ConstantIntOp::create(b, loc, 0, 16);
  return mlir::ROCDL::MakeBufferRsrcOp::create(
      b, loc, mlir::LLVM::LLVMPointerType::get(b.getContext(), kBufferSpace), base, no_stride,
      wide(bytes), i32(kRawBufferFlags));
}

Value Arithmetic::loadBuffer(mlir::Type type, Value buffer, Value bytes, Value uniform_bytes,
                             std::int64_t cache_bits) {
  return mlir::ROCDL::RawPtrBufferLoadOp::create(b, loc, type, buffer, bytes, uniform_bytes,
                                                 i32(cache_bits), mlir::ArrayAttr(),
                                                 mlir::ArrayAttr(), mlir::ArrayAttr());
}

void Arithmetic::storeBuffer(Value data, Value buffer, Value bytes) {
  mlir::ROCDL::RawPtrBufferStoreOp::create(b, loc, data, buffer, bytes, i32(0), i32(0),
                                           mlir::ArrayAttr(), mlir::ArrayAttr(), mlir::ArrayAttr());
}

} // namespace gemmsmith::lowering
