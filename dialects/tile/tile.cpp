#include "dialects/tile/tile.h"

#include "configs/legality.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include "dialects/tile/tile_dialect.cpp.inc"
#include "dialects/tile/tile_enums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/tile/tile_attrs.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/tile/tile_types.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/tile/tile_ops.cpp.inc"

namespace gemmsmith::tile {

void TileDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/tile/tile_attrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/tile/tile_types.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/tile/tile_ops.cpp.inc"
      >();
}

XorSwizzleAttr conflictFreeSwizzle(mlir::MLIRContext *context, std::int64_t columns) {
  const std::int64_t chunks = columns / kChunkElements;
  const std::int64_t power_of_two_part = chunks & -chunks;
  const std::int64_t window = std::min<std::int64_t>(power_of_two_part, 16);
  const std::int64_t rows_per_128_bytes = std::max<std::int64_t>(1, 8 / window);
  return XorSwizzleAttr::get(context, window, llvm::Log2_64(rows_per_128_bytes));
}

llvm::LogicalResult XorSwizzleAttr::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                           std::int64_t window, std::int64_t shift) {
  if (window < 1 || !llvm::isPowerOf2_64(static_cast<std::uint64_t>(window)))
    return emitError() << "window must be a power of two, not " << window;
  if (shift < 0 || shift > 31)
    return emitError() << "shift must be in [0, 31], not " << shift;
  return llvm::success();
}

llvm::LogicalResult RingType::verify(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                     std::int64_t slots, std::int64_t rows, std::int64_t columns,
                                     XorSwizzleAttr swizzle) {
  if (slots < 2)
    return emitError() << "a ring needs at least 2 slots, not " << slots;
  if (rows <= 0 || rows % kFragmentRows != 0)
    return emitError() << "rows must be a multiple of " << kFragmentRows << ", not " << rows;
  if (columns <= 0 || columns % kFragmentK != 0)
    return emitError() << "columns must be a multiple of " << kFragmentK << ", not " << columns;
  if (columns / kChunkElements % swizzle.getWindow() != 0)
    return emitError() << "a swizzle window of " << swizzle.getWindow() << " does not divide the "
                       << columns / kChunkElements << " chunks of a row";
  return llvm::success();
}

llvm::LogicalResult RingOp::verify() {
  const std::int64_t offset = static_cast<std::int64_t>(getOffset());
  if (offset % kChunkBytes != 0)
    return emitOpError("must start at a multiple of 16 bytes, not at ") << offset;
  const std::int64_t capacity = ldsCapacity(Target::kGfx950);
  const std::int64_t end = offset + getResult().getType().bytes();
  if (end > capacity)
    return emitOpError("ends at byte ") << end << " of LDS, which has " << capacity;
  return llvm::success();
}

namespace {
template <typename Copy> llvm::LogicalResult verifyCopy(Copy copy) {
  GlobalType source = copy.getSource().getType();
  RingType ring = copy.getRing().getType();
  if (source.getRows() != ring.getRows() || source.getColumns() != ring.getColumns())
    return copy.emitOpError("copies tiles of ")
           << source.getRows() << " x " << source.getColumns() << " into slots of "
           << ring.getRows() << " x " << ring.getColumns();
  return llvm::success();
}
} // namespace

llvm::LogicalResult CopyAsyncOp::verify() {
  return verifyCopy(*this);
}

llvm::LogicalResult CopyOp::verify() {
  return verifyCopy(*this);
}

llvm::LogicalResult WaitOp::verify() {
  if (getOutstanding() > static_cast<std::uint64_t>(kMaxOutstanding))
    return emitOpError("can leave at most ")
           << kMaxOutstanding << " copies in flight, not " << getOutstanding();
  return llvm::success();
}

llvm::LogicalResult MmaOp::verify() {
  AccumulatorType sums = getSums().getType();
  if (getA().getType().getCount() != sums.getRows() ||
      getB().getType().getCount() != sums.getColumns())
    return emitOpError("multiplies ")
           << getA().getType().getCount() << " fragments of A and " << getB().getType().getCount()
           << " of B into sums of " << sums.getRows() << " by " << sums.getColumns();
  return llvm::success();
}

llvm::LogicalResult SplitReduceOp::verify() {
  mlir::Block &body = getBody().front();
  if (body.getNumArguments() != 1 || body.getArgument(0).getType() != getSums().getType())
    return emitOpError("body must take the total, of type ") << getSums().getType();
  return llvm::success();
}

} // namespace gemmsmith::tile
