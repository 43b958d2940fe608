//===- ring.cpp - the S-stage LDS ring ------------------------------------===//
//
//   ring A [S slots of TM x TK]   ring B [S slots of TN x TK]
//
//   for each K-tile of this workgroup's share:
//     copy the strips of A and B -> one slot of each ring
//     for each K-step of 32 in this wave's share of TK:
//       read fragments of A and of B from the slot; multiply into the sums
//   add the sums of the waves along K                          (slice-K)
//   leave them to the last workgroup of this output tile       (split-K)
//   add bias, round, store
//
// Covers every tile shape that is legal: waves along all three dimensions, any
// number of stages from 2, both row alignments.
//===----------------------------------------------------------------------===//

#include "templates/templates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace gemmsmith::templates {
namespace {

using mlir::Value;

// Where a K-tile of one operand comes from and where it is put.
struct Staged {
  tile::Operand operand;
  Value strip;            // tile.global
  Value ring;             // tile.ring
  std::int64_t fragments; // per wave and K-step
};

class RingBuilder {
public:
  RingBuilder(mlir::OpBuilder &builder, mlir::Location loc, const KernelConfig &config)
      : b_(builder), loc_(loc), c_(config) {}

  void build() {
    const mlir::Type i32 = b_.getI32Type();
    auto place = tile::OutputTileOp::create(b_, loc_, i32, i32, c_.group_m);
    auto range = tile::KRangeOp::create(b_, loc_, i32, i32, c_.tile.k, c_.split == Split::kReduce);

    const std::int64_t ring_a_bytes =
        std::int64_t{c_.stages} * c_.tile.m * c_.tile.k * sizeInBytes(c_.in_type);
    Staged a = stage(tile::Operand::A, c_.tile.m, c_.waves.m, 0, place.getRow(), range.getEnd());
    Staged b = stage(tile::Operand::B, c_.tile.n, c_.waves.n, ring_a_bytes, place.getColumn(),
                     range.getEnd());

    Value sums = multiply(a, b, range);
    if (c_.waves.k > 1)
      sums = tile::SliceReduceOp::create(b_, loc_, sums.getType(), sums);
    if (c_.split == Split::kReduce) {
      auto reduce = tile::SplitReduceOp::create(b_, loc_, sums);
      mlir::Block &body = reduce.getBody().emplaceBlock();
      sums = body.addArgument(sums.getType(), loc_);
      b_.setInsertionPointToStart(&body);
    }
    if (c_.bias)
      sums = tile::AddBiasOp::create(b_, loc_, sums.getType(), sums, place.getColumn());
    tile::StoreOp::create(b_, loc_, sums, place.getRow(), place.getColumn());
  }

private:
  Staged stage(tile::Operand operand, std::int64_t rows, int waves, std::int64_t offset,
               Value tile_index, Value end) {
    mlir::MLIRContext *context = b_.getContext();
    auto global = tile::GlobalType::get(context, rows, c_.tile.k);
    auto ring = tile::RingType::get(context, c_.stages, rows, c_.tile.k,
                                    tile::conflictFreeSwizzle(context, c_.tile.k));
    return {operand, tile::GlobalOp::create(b_, loc_, global, operand, tile_index, end),
            tile::RingOp::create(b_, loc_, ring, offset), rows / waves / tile::kFragmentRows};
  }

  // The K loop: returns the sums of this wave.
  Value multiply(const Staged &a, const Staged &b, tile::KRangeOp range) {
    auto sums_type = tile::AccumulatorType::get(b_.getContext(), a.fragments, b.fragments);
    Value zero = tile::ZeroOp::create(b_, loc_, sums_type);
    Value first_slot = mlir::arith::ConstantIntOp::create(b_, loc_, 0, 32);
    Value one = mlir::arith::ConstantIntOp::create(b_, loc_, 1, 32);
    auto loop = mlir::scf::ForOp::create(
        b_, loc_, range.getBegin(), range.getEnd(), one, mlir::ValueRange{zero, first_slot},
        [&](mlir::OpBuilder &, mlir::Location, Value k_tile, mlir::ValueRange carried) {
          Value sums = carried[0];
          Value slot = carried[1];
          copy(a, k_tile, slot);
          copy(b, k_tile, slot);
          const int steps = c_.tile.k / c_.waves.k / static_cast<int>(tile::kFragmentK);
          for (int step = 0; step < steps; ++step)
            sums = tile::MmaOp::create(b_, loc_, sums_type, read(a, slot, step),
                                       read(b, slot, step), sums);
          Value next = tile::AdvanceOp::create(b_, loc_, slot.getType(), slot, c_.stages);
          mlir::scf::YieldOp::create(b_, loc_, mlir::ValueRange{sums, next});
        });
    return loop.getResult(0);
  }

  void copy(const Staged &s, Value k_tile, Value slot) {
    if (c_.alignment == RowAlignment::k16Bytes)
      tile::CopyAsyncOp::create(b_, loc_, s.strip, k_tile, s.ring, slot);
    else
      tile::CopyOp::create(b_, loc_, s.strip, k_tile, s.ring, slot);
  }

  Value read(const Staged &s, Value slot, int step) {
    auto type = tile::FragmentsType::get(b_.getContext(), s.fragments);
    return tile::ReadFragmentsOp::create(b_, loc_, type, s.operand, s.ring, slot, step);
  }

  mlir::OpBuilder &b_;
  mlir::Location loc_;
  const KernelConfig &c_;
};

} // namespace

void buildRing(mlir::OpBuilder &builder, mlir::Location loc, const KernelConfig &config) {
  RingBuilder(builder, loc, config).build();
}

} // namespace gemmsmith::templates
