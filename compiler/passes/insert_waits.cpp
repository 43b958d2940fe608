//===- insert_waits.cpp - make copied tiles safe to read and to overwrite -===//
//
//   scf.for ...                                 scf.for ...
//     tile.copy_async ... to %ring[%free]         tile.wait outstanding = 5
//     tile.read_fragments %ring[%slot]     =>     tile.barrier
//                                                 tile.copy_async ... to %ring[%free]
//                                                 tile.read_fragments %ring[%slot]
//   tile.slice_reduce                           tile.wait outstanding = 0
//                                               tile.barrier
//                                               tile.slice_reduce
//
// One wait and one barrier at the top of a loop iteration serve both directions: the tile about to
// be read has arrived for every wave, and no wave still reads the slot about to be overwritten.
//
// `outstanding` is what may still be in flight there: the copy instructions a wave has issued after
// those of the tile about to be read. The pass finds it by running the program on slot numbers: the
// copies before the loop, then enough iterations for every slot to come round again. On the way it
// checks that the one barrier is enough, and fails if an iteration overwrites what it has read.
//
// Behind the loop everything has arrived: late copies must not land in LDS that has found another
// use, or another workgroup.
//===----------------------------------------------------------------------===//

#include "compiler/passes/passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

#include <optional>

namespace gemmsmith {

#define GEN_PASS_DEF_INSERTWAITS
#include "compiler/passes/passes.h.inc"

namespace {

using mlir::Value;
namespace scf = mlir::scf;

struct Slot {
  Value ring;
  std::int64_t index;
  bool operator==(const Slot &) const = default;
};

// Copy instructions that each wave issues for one tile.copy_async; 0 for tile.copy, whose data
// passes through registers and is in LDS by the next barrier.
std::int64_t instructionsPerWave(mlir::Operation *copy, const KernelConfig &config) {
  auto async = mlir::dyn_cast<tile::CopyAsyncOp>(copy);
  if (!async)
    return 0;
  const tile::RingType ring = async.getRing().getType();
  return ring.getRows() * ring.chunksPerRow() / threadCount(config);
}

// Slots of the largest ring that `loop` reads; 0 if it reads none.
std::int64_t slotsOf(scf::ForOp loop) {
  std::int64_t slots = 0;
  for (tile::ReadFragmentsOp read : loop.getOps<tile::ReadFragmentsOp>())
    slots = std::max(slots, read.getRing().getType().getSlots());
  return slots;
}

// Follows which copies are in flight while the program runs on concrete slot numbers.
class CopySimulator {
public:
  explicit CopySimulator(const KernelConfig &config) : config_(config) {}

  // Runs what precedes `loop` in its block, then `loop` for as many iterations as its rings need to
  // come round. Returns how many instructions may be outstanding at the top of each iteration.
  mlir::FailureOr<std::int64_t> run(scf::ForOp loop) {
    for (mlir::Operation &op : loop->getBlock()->getOperations()) {
      if (&op == loop.getOperation())
        break;
      if (mlir::failed(step(&op)))
        return mlir::failure();
    }
    for (auto [argument, init] : llvm::zip(loop.getRegionIterArgs(), loop.getInitArgs()))
      slots_[argument] = constantOf(init);
    for (std::int64_t i = 0; i < 2 * slotsOf(loop); ++i)
      if (mlir::failed(iterate(loop)))
        return mlir::failure();
    return allowed_.value_or(0);
  }

private:
  struct Issued {
    Slot slot;
    std::int64_t instructions;
  };

  mlir::LogicalResult iterate(scf::ForOp loop) {
    at_barrier_ = issued_.size();
    read_since_barrier_.clear();
    for (mlir::Operation &op : loop.getBody()->without_terminator())
      if (mlir::failed(step(&op)))
        return mlir::failure();
    llvm::SmallVector<std::optional<std::int64_t>> next;
    for (Value yielded : loop.getYieldedValues())
      next.push_back(constantOf(yielded));
    for (auto [argument, slot] : llvm::zip(loop.getRegionIterArgs(), next))
      slots_[argument] = slot;
    return mlir::success();
  }

  mlir::LogicalResult step(mlir::Operation *op) {
    if (auto advance = mlir::dyn_cast<tile::AdvanceOp>(op)) {
      if (std::optional<std::int64_t> slot = constantOf(advance.getSlot()))
        slots_[advance.getResult()] = (*slot + 1) % static_cast<std::int64_t>(advance.getSlots());
      return mlir::success();
    }
    if (auto fill = mlir::dyn_cast<scf::ForOp>(op))
      return runThrough(fill);
    if (auto read = mlir::dyn_cast<tile::ReadFragmentsOp>(op))
      return noteRead(read);
    if (auto copy = mlir::dyn_cast<tile::CopyAsyncOp>(op))
      return noteCopy(op, copy.getRing(), copy.getSlot());
    if (auto copy = mlir::dyn_cast<tile::CopyOp>(op))
      return noteCopy(op, copy.getRing(), copy.getSlot());
    return mlir::success();
  }

  // A loop over slot numbers, such as the one that fills a ring.
  mlir::LogicalResult runThrough(scf::ForOp fill) {
    const std::optional<std::int64_t> begin = constantOf(fill.getLowerBound());
    const std::optional<std::int64_t> end = constantOf(fill.getUpperBound());
    if (!begin || !end || constantOf(fill.getStep()) != 1)
      return fill.emitError("must have constant bounds and a step of 1");
    for (std::int64_t i = *begin; i < *end; ++i) {
      slots_[fill.getInductionVar()] = i;
      for (mlir::Operation &op : fill.getBody()->without_terminator())
        if (mlir::failed(step(&op)))
          return mlir::failure();
    }
    return mlir::success();
  }

  mlir::LogicalResult noteCopy(mlir::Operation *op, Value ring, Value slot_value) {
    std::optional<std::int64_t> index = constantOf(slot_value);
    if (!index)
      return op->emitError("copies to a slot that does not advance regularly");
    const Slot slot{ring, *index};
    if (llvm::is_contained(read_since_barrier_, slot))
      return op->emitError("overwrites a slot that was read since the last barrier");
    issued_.push_back({slot, instructionsPerWave(op, config_)});
    return mlir::success();
  }

  mlir::LogicalResult noteRead(tile::ReadFragmentsOp read) {
    std::optional<std::int64_t> index = constantOf(read.getSlot());
    if (!index)
      return read.emitError("reads a slot that does not advance regularly");
    const Slot slot{read.getRing(), *index};
    read_since_barrier_.push_back(slot);
    std::int64_t later = 0;
    for (std::size_t i = issued_.size(); i-- > 0;) {
      if (issued_[i].slot == slot) {
        if (i >= at_barrier_)
          return read.emitError("reads a slot that was copied to since the last barrier");
        allowed_ = std::min(allowed_.value_or(later), later);
        return mlir::success();
      }
      if (i < at_barrier_)
        later += issued_[i].instructions;
    }
    return read.emitError("reads a slot that nothing was copied to");
  }

  std::optional<std::int64_t> constantOf(Value value) const {
    if (auto it = slots_.find(value); it != slots_.end())
      return it->second;
    llvm::APInt constant;
    if (mlir::matchPattern(value, mlir::m_ConstantInt(&constant)))
      return constant.getSExtValue();
    return std::nullopt;
  }

  const KernelConfig &config_;
  llvm::DenseMap<Value, std::optional<std::int64_t>> slots_;
  llvm::SmallVector<Issued> issued_;
  std::size_t at_barrier_ = 0;
  llvm::SmallVector<Slot> read_since_barrier_;
  std::optional<std::int64_t> allowed_;
};

struct InsertWaits : impl::InsertWaitsBase<InsertWaits> {
  void runOnOperation() override {
    tile::KernelOp kernel = getOperation();
    const KernelConfig &config = kernel.getConfig().getValue();
    for (scf::ForOp loop : kernel.getOps<scf::ForOp>()) {
      if (slotsOf(loop) == 0)
        continue;
      mlir::FailureOr<std::int64_t> outstanding = CopySimulator(config).run(loop);
      if (mlir::failed(outstanding))
        return signalPassFailure();
      mlir::OpBuilder b = mlir::OpBuilder::atBlockBegin(loop.getBody());
      tile::WaitOp::create(b, loop.getLoc(), *outstanding);
      tile::BarrierOp::create(b, loop.getLoc());
      b.setInsertionPointAfter(loop);
      tile::WaitOp::create(b, loop.getLoc(), 0);
    }
    for (auto reduce : kernel.getOps<tile::SliceReduceOp>()) {
      mlir::OpBuilder b(reduce);
      tile::BarrierOp::create(b, reduce.getLoc());
    }
  }
};

} // namespace
} // namespace gemmsmith
