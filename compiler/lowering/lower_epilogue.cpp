//===- lower_epilogue.cpp - add the bias, round once, write C -------------===//
//
// Each lane holds, per fragment, four neighbouring columns of one row
// (tile.accumulator). Where rows of C allow it they leave as one store;
// otherwise one by one. Rows and columns outside C have an offset past the end
// of its buffer, so their stores are dropped.
//===----------------------------------------------------------------------===//

#include "compiler/lowering/kernel_lowering.h"

namespace gemmsmith::lowering {

namespace LLVM = mlir::LLVM;
namespace ROCDL = mlir::ROCDL;
namespace arith = mlir::arith;
namespace scf = mlir::scf;

namespace {
constexpr std::int64_t kLaneColumns = 4;
constexpr std::int64_t kFragmentColumns = 16;
} // namespace

void KernelLowering::lower(tile::AddBiasOp op) {
  Values sums = fragments_.at(op.getSums());
  const tile::AccumulatorType shape = op.getSums().getType();
  const mlir::Type bf16 = a_.b.getBF16Type();
  const auto sum_type = mlir::VectorType::get(kLaneColumns, a_.b.getF32Type());

  // A buffer that ends with the bias gives zeros for columns outside C, which are not stored.
  Value first_column = a_.mul(scalar(op.getColumn()), std::int64_t{config_.tile.n});
  Value base = a_.named("bias_strip",
                        a_.offset(argument(ArgumentId::kBias), a_.mul(a_.wide(first_column), 2)));
  Value columns = a_.named("bias_columns", a_.min(a_.sub(argument(ArgumentId::kN), first_column),
                                                  a_.i32(config_.tile.n)));
  Value buffer = a_.named("bias_buffer", a_.buffer(base, a_.mul(columns, 2)));
  Value column = a_.add(a_.mul(wave_n_, shape.getColumns() * kFragmentColumns),
                        a_.mul(a_.div(lane_, kFragmentColumns), kLaneColumns));
  Value first_bytes = a_.mul(column, 2);
  for (std::int64_t j = 0; j < shape.getColumns(); ++j) {
    Value bias = LLVM::PoisonOp::create(a_.b, a_.loc, sum_type);
    for (std::int64_t e = 0; e < kLaneColumns; ++e) {
      Value where = a_.add(first_bytes, (j * kFragmentColumns + e) * 2);
      Value narrow = a_.named("bias_value", a_.loadBuffer(bf16, buffer, where));
      Value value = arith::ExtFOp::create(a_.b, a_.loc, a_.b.getF32Type(), narrow);
      bias =
          a_.named("addend", LLVM::InsertElementOp::create(a_.b, a_.loc, bias, value, a_.i32(e)));
    }
    for (std::int64_t i = 0; i < shape.getRows(); ++i) {
      Value &sum = sums[i * shape.getColumns() + j];
      sum = arith::AddFOp::create(a_.b, a_.loc, sum, bias);
    }
  }
  fragments_[op.getResult()] = std::move(sums);
}

void KernelLowering::lower(tile::StoreOp op) {
  const Values &sums = fragments_.at(op.getSums());
  const tile::AccumulatorType shape = op.getSums().getType();
  const std::int64_t element_bytes = sizeInBytes(config_.out_type);
  const bool narrow = config_.out_type == DataType::kBf16;
  const mlir::Type element =
      narrow ? mlir::Type(a_.b.getBF16Type()) : mlir::Type(a_.b.getF32Type());
  const mlir::Type element_bits = a_.b.getIntegerType(8 * element_bytes);
  const auto rounded_type = mlir::VectorType::get(kLaneColumns, element);
  const auto element_bits_type = mlir::VectorType::get(kLaneColumns, element_bits);
  const auto words_type =
      mlir::VectorType::get(kLaneColumns * element_bytes / 4, a_.b.getI32Type());

  Value first_row = a_.mul(scalar(op.getRow()), std::int64_t{config_.tile.m});
  Value first_column = a_.mul(scalar(op.getColumn()), std::int64_t{config_.tile.n});
  Value stride = argument(ArgumentId::kLdc);
  Value stride_bytes = a_.named("c_stride", a_.mul(a_.narrow(stride), element_bytes));
  Value base = a_.named(
      "c_tile", a_.offset(argument(ArgumentId::kC),
                          a_.mul(a_.add(a_.mul(a_.wide(first_row), stride), a_.wide(first_column)),
                                 element_bytes)));
  Value columns = a_.named("c_columns", a_.sub(argument(ArgumentId::kN), first_column));
  Value last_row =
      a_.named("last_row", a_.min(a_.sub(a_.sub(argument(ArgumentId::kM), first_row), a_.i32(1)),
                                  a_.i32(config_.tile.m - 1)));
  Value buffer = a_.named("c_buffer", a_.buffer(base, a_.add(a_.mul(last_row, stride_bytes),
                                                             a_.mul(columns, element_bytes))));

  Value row = a_.add(a_.mul(wave_m_, shape.getRows() * tile::kFragmentRows),
                     a_.rem(lane_, tile::kFragmentRows));
  Value column =
      a_.named("c_column", a_.add(a_.mul(wave_n_, shape.getColumns() * kFragmentColumns),
                                  a_.mul(a_.div(lane_, kFragmentColumns), kLaneColumns)));
  Value corner =
      a_.named("c_corner", a_.add(a_.mul(row, stride_bytes), a_.mul(column, element_bytes)));
  Value fragment_stride = a_.named("c_fragment_stride", a_.mul(stride_bytes, tile::kFragmentRows));
  auto rounded = [&](std::int64_t i, std::int64_t j) -> Value {
    Value sum = sums[i * shape.getColumns() + j];
    return narrow ? a_.named("rounded", arith::TruncFOp::create(a_.b, a_.loc, rounded_type, sum))
                  : sum;
  };
  auto store = [&](Value data, Value column_offset, std::int64_t i) {
    a_.storeBuffer(data, buffer, a_.add(column_offset, a_.mul(fragment_stride, i)));
  };
  // Where the lane's column `c` of its first fragment row goes.
  auto columnOffset = [&](std::int64_t c) {
    Value inside = a_.lessSigned(column, a_.add(columns, -c));
    return a_.named("c_offset",
                    a_.select(inside, a_.add(corner, c * element_bytes), a_.i32(kOutOfRange)));
  };

  // Whole groups of four columns: N, the stride and the address of C are multiples of four
  // elements.
  Value address =
      LLVM::PtrToIntOp::create(a_.b, a_.loc, a_.b.getI64Type(), argument(ArgumentId::kC));
  Value elements =
      mlir::arith::OrIOp::create(a_.b, a_.loc, a_.narrow(stride), argument(ArgumentId::kN));
  Value misaligned =
      mlir::arith::OrIOp::create(a_.b, a_.loc, a_.mul(elements, element_bytes), a_.narrow(address));
  Value whole = a_.named("whole_groups",
                         a_.equal(a_.bitAnd(misaligned, kLaneColumns * element_bytes - 1), 0));

  inOwningWaves([&] {
    auto by_alignment = scf::IfOp::create(a_.b, a_.loc, whole, /*withElseRegion=*/true);
    mlir::OpBuilder::InsertionGuard guard(a_.b);
    a_.b.setInsertionPointToStart(by_alignment.thenBlock());
    for (std::int64_t j = 0; j < shape.getColumns(); ++j) {
      Value offset = columnOffset(j * kFragmentColumns);
      for (std::int64_t i = 0; i < shape.getRows(); ++i)
        store(LLVM::BitcastOp::create(a_.b, a_.loc, words_type, rounded(i, j)), offset, i);
    }
    a_.b.setInsertionPointToStart(by_alignment.elseBlock());
    for (std::int64_t j = 0; j < shape.getColumns(); ++j)
      for (std::int64_t e = 0; e < kLaneColumns; ++e) {
        Value offset = columnOffset(j * kFragmentColumns + e);
        for (std::int64_t i = 0; i < shape.getRows(); ++i) {
          Value bits = LLVM::BitcastOp::create(a_.b, a_.loc, element_bits_type, rounded(i, j));
          a_.named("bits", bits);
          store(LLVM::ExtractElementOp::create(a_.b, a_.loc, bits, a_.i32(e)), offset, i);
        }
      }
  });
}

} // namespace gemmsmith::lowering
