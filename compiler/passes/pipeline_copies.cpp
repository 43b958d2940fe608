//===- pipeline_copies.cpp - start copies early ---------------------------===//
//
//                                             scf.for %i = 0 to 2
//                                               tile.copy %g[%lo + %i] to %ring[%i]
//   scf.for %k = %lo to %hi                   scf.for %k = %lo to %hi
//       iter_args(%slot = 0)                      iter_args(%slot = 0, %free = 2)
//     tile.copy %g[%k] to %ring[%slot]   =>     tile.copy %g[%k + 2] to %ring[%free]
//     tile.read_fragments %ring[%slot]          tile.read_fragments %ring[%slot]
//     %next = tile.advance %slot of 3           %next = tile.advance %slot of 3
//                                               %next_free = tile.advance %free of 3
//
// A ring of S slots lets copies run S - 1 tiles ahead. The loop keeps copying when nothing is left:
// reading past the end gives zeros and costs no memory traffic, and it keeps the number of copies
// in flight the same in every iteration, whatever the trip count, so that one wait serves all of
// them.
//===----------------------------------------------------------------------===//

#include "compiler/passes/passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace gemmsmith {

#define GEN_PASS_DEF_PIPELINECOPIES
#include "compiler/passes/passes.h.inc"

namespace {

using mlir::Value;
namespace arith = mlir::arith;
namespace scf = mlir::scf;

// The copies of a loop, which all run in step: same K-tile, same slot.
struct Copies {
  llvm::SmallVector<mlir::Operation *> ops;
  Value slot;
  std::int64_t slots = 0;
};

// The operand positions of tile.copy and tile.copy_async.
constexpr unsigned kKTileOperand = 1;
constexpr unsigned kRingOperand = 2;
constexpr unsigned kSlotOperand = 3;

mlir::FailureOr<Copies> findCopies(scf::ForOp loop) {
  Copies copies;
  for (mlir::Operation &op : loop.getBody()->getOperations()) {
    if (!mlir::isa<tile::CopyOp, tile::CopyAsyncOp>(op))
      continue;
    const auto ring = mlir::cast<tile::RingType>(op.getOperand(kRingOperand).getType());
    Value slot = op.getOperand(kSlotOperand);
    if (op.getOperand(kKTileOperand) != loop.getInductionVar())
      return op.emitError("must copy the K-tile of its iteration to be pipelined");
    if (copies.slot && (slot != copies.slot || ring.getSlots() != copies.slots))
      return op.emitError("must go to the same slot as the other copies of its loop");
    copies.slot = slot;
    copies.slots = ring.getSlots();
    copies.ops.push_back(&op);
  }
  return copies;
}

Value constant(mlir::OpBuilder &b, mlir::Location loc, std::int64_t value) {
  return arith::ConstantIntOp::create(b, loc, value, 32);
}

void pipeline(scf::ForOp loop, const Copies &copies) {
  mlir::OpBuilder b(loop);
  const mlir::Location loc = loop.getLoc();
  const std::int64_t ahead = copies.slots - 1;

  Value zero = constant(b, loc, 0);
  Value one = constant(b, loc, 1);
  Value distance = constant(b, loc, ahead);
  auto fill = scf::ForOp::create(b, loc, zero, distance, one);
  {
    mlir::OpBuilder inside(fill.getBody(), fill.getBody()->begin());
    mlir::IRMapping early;
    early.map(loop.getInductionVar(),
              arith::AddIOp::create(inside, loc, loop.getLowerBound(), fill.getInductionVar()));
    early.map(copies.slot, fill.getInductionVar());
    for (mlir::Operation *copy : copies.ops)
      inside.clone(*copy, early);
  }

  mlir::Operation *first_copy = copies.ops.front();
  auto copyAhead = [&](mlir::OpBuilder &at_yield, mlir::Location,
                       llvm::ArrayRef<mlir::BlockArgument> added) {
    mlir::BlockArgument free = added.front();
    mlir::OpBuilder at_copies(first_copy);
    Value early =
        arith::AddIOp::create(at_copies, loc, first_copy->getOperand(kKTileOperand), distance);
    for (mlir::Operation *copy : copies.ops) {
      copy->setOperand(kKTileOperand, early);
      copy->setOperand(kSlotOperand, free);
    }
    Value next = tile::AdvanceOp::create(at_yield, loc, free.getType(), free, copies.slots);
    return llvm::SmallVector<Value>{next};
  };
  mlir::IRRewriter rewriter(b);
  // Loops of the scf dialect always support further iteration arguments.
  (void)*loop.replaceWithAdditionalYields(rewriter, distance,
                                          /*replaceInitOperandUsesInLoop=*/false, copyAhead);
}

struct PipelineCopies : impl::PipelineCopiesBase<PipelineCopies> {
  void runOnOperation() override {
    llvm::SmallVector<scf::ForOp> loops(getOperation().getOps<scf::ForOp>());
    for (scf::ForOp loop : loops) {
      mlir::FailureOr<Copies> copies = findCopies(loop);
      if (mlir::failed(copies))
        return signalPassFailure();
      if (!copies->ops.empty())
        pipeline(loop, *copies);
    }
  }
};

} // namespace
} // namespace gemmsmith
