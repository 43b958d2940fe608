//===- lower_reductions.cpp - add up across waves and across workgroups ---===//
//
// Partial sums travel as fragments, lane by lane, 16 bytes each: fragment f of
// wave w lies at ((w * F + f) * 64 + lane) * 16. Nobody but these operations
// sees that layout, and every access is a full cache line.
//===----------------------------------------------------------------------===//

#include "compiler/lowering/kernel_lowering.h"

namespace gemmsmith::lowering {

namespace LLVM = mlir::LLVM;
namespace ROCDL = mlir::ROCDL;
namespace arith = mlir::arith;
namespace scf = mlir::scf;

namespace {
constexpr std::int64_t kSumBytes = 16; // four fp32 values per lane and fragment
constexpr std::int64_t kFragmentSumBytes = kWaveSize * kSumBytes;

std::int64_t sumOffset(std::size_t fragment) {
  return static_cast<std::int64_t>(fragment) * kFragmentSumBytes;
}
} // namespace

Value KernelLowering::loadSum(Value pointer) {
  return a_.named("addend",
                  LLVM::LoadOp::create(a_.b, a_.loc, mlir::VectorType::get(4, a_.b.getF32Type()),
                                       pointer, kSumBytes));
}

// Where this lane's part of its wave's first fragment is, among the `count` of each wave of a
// slice.
Value KernelLowering::laneSums(std::size_t count) {
  Value wave_in_slice = a_.add(a_.mul(wave_m_, config_.waves.n), wave_n_);
  return a_.named("lane_sums",
                  a_.add(a_.mul(wave_in_slice, sumOffset(count)), a_.mul(lane_, kSumBytes)));
}

void KernelLowering::lower(tile::SliceReduceOp op) {
  const Values sums = fragments_.at(op.getSums());
  const std::int64_t slice_bytes =
      std::int64_t{config_.waves.m} * config_.waves.n * sumOffset(sums.size());

  Value in_slice = laneSums(sums.size());
  Value owner = a_.named("owner", a_.equal(wave_k_, 0));

  auto give =
      scf::IfOp::create(a_.b, a_.loc, a_.less(a_.i32(0), wave_k_), /*withElseRegion=*/false);
  {
    mlir::OpBuilder::InsertionGuard guard(a_.b);
    a_.b.setInsertionPointToStart(give.thenBlock());
    Value slice = a_.mul(a_.sub(wave_k_, a_.i32(1)), slice_bytes);
    Value mine = a_.named("given", a_.offset(lds_, a_.add(slice, in_slice)));
    for (auto [f, sum] : llvm::enumerate(sums))
      LLVM::StoreOp::create(a_.b, a_.loc, sum, a_.offset(mine, sumOffset(f)), kSumBytes);
  }
  barrier();

  auto take = scf::IfOp::create(a_.b, a_.loc, mlir::ValueRange(sums).getTypes(), owner,
                                /*addThenBlock=*/true, /*addElseBlock=*/true);
  {
    mlir::OpBuilder::InsertionGuard guard(a_.b);
    a_.b.setInsertionPointToStart(take.thenBlock());
    Value first = a_.named("taken", a_.offset(lds_, in_slice));
    Values totals = sums;
    for (int k = 1; k < config_.waves.k; ++k)
      for (auto [f, total] : llvm::enumerate(totals))
        total = arith::AddFOp::create(
            a_.b, a_.loc, total, loadSum(a_.offset(first, (k - 1) * slice_bytes + sumOffset(f))));
    scf::YieldOp::create(a_.b, a_.loc, totals);
    a_.b.setInsertionPointToStart(take.elseBlock());
    scf::YieldOp::create(a_.b, a_.loc, sums);
  }
  fragments_[op.getResult()] = Values(take.getResults());
  only_owners_hold_sums_ = true;
}

// The partials of all splits, added in their order.
KernelLowering::Values KernelLowering::addPartials(std::size_t count, Value splits,
                                                   llvm::function_ref<Value(Value)> partialOf,
                                                   Value in_partial) {
  const auto sum_type = mlir::VectorType::get(4, a_.b.getF32Type());
  Value zeros = arith::ConstantOp::create(a_.b, a_.loc, a_.b.getZeroAttr(sum_type));
  Value zero = a_.i32(0);
  return countingLoop(
      zero, splits, Values(count, zeros), [&](Value split, mlir::ValueRange carried) {
        Value partial = partialOf(a_.named("part", split));
        Values totals(carried);
        for (auto [f, total] : llvm::enumerate(totals)) {
          a_.named("total", total);
          Value addend = a_.named(
              "addend", a_.loadBuffer(sum_type, partial, a_.add(in_partial, sumOffset(f))));
          total = arith::AddFOp::create(a_.b, a_.loc, total, addend);
        }
        return totals;
      });
}

mlir::LogicalResult KernelLowering::lower(tile::SplitReduceOp op) {
  const Values sums = fragments_.at(op.getSums());
  const mlir::Type i32 = a_.b.getI32Type();
  const std::int64_t partial_bytes = std::int64_t{config_.tile.m} * config_.tile.n * 4;
  Value splits = argument(ArgumentId::kSplits);

  // The workspace: counters, then the partials of each tile, split by split (workspaceBytes). Tiles
  // are numbered as they were dispatched.
  Value tile_id = ROCDL::BlockIdXOp::create(a_.b, a_.loc, i32, LLVM::ConstantRangeAttr());
  Value split = ROCDL::BlockIdYOp::create(a_.b, a_.loc, i32, LLVM::ConstantRangeAttr());
  Value tiles = a_.mul(tilesAlong(ArgumentId::kM, config_.tile.m),
                       tilesAlong(ArgumentId::kN, config_.tile.n));
  Value counters = argument(ArgumentId::kWorkspace);
  Value counter_bytes =
      a_.mul(a_.wide(a_.ceilDiv(tiles, kCounterAlignment / kCounterBytes)), kCounterAlignment);
  Value partials = a_.named("partials", a_.offset(counters, counter_bytes));
  Value first_partial = a_.named(
      "tile_partials",
      a_.offset(partials, a_.mul(a_.mul(a_.wide(tile_id), a_.wide(splits)), partial_bytes)));
  Value my_partial =
      a_.named("partial", a_.offset(first_partial, a_.mul(a_.wide(split), partial_bytes)));
  Value in_partial = laneSums(sums.size());

  Value zero = a_.i32(0);
  auto partialBuffer = [&](Value partial) {
    return a_.named("partial_buffer", a_.buffer(partial, a_.i32(partial_bytes)));
  };
  inOwningWaves([&] {
    Value buffer = partialBuffer(my_partial);
    for (auto [f, sum] : llvm::enumerate(sums))
      a_.storeBuffer(sum, buffer, a_.add(in_partial, sumOffset(f)));
  });

  // Behind the barrier the partial has left every wave for the L2 of this XCD. One thread writes
  // that back for all of them, counts the workgroup in, and tells the others through LDS how many
  // were there before.
  waitForMemory(0);
  barrier();
  Value counter = a_.named("counter", a_.offset(counters, a_.mul(a_.wide(tile_id), kCounterBytes)));
  Value one_thread = a_.named("one_thread", a_.equal(thread_, 0));
  auto count = scf::IfOp::create(a_.b, a_.loc, one_thread, /*withElseRegion=*/false);
  {
    mlir::OpBuilder::InsertionGuard guard(a_.b);
    a_.b.setInsertionPointToStart(count.thenBlock());
    LLVM::FenceOp::create(a_.b, a_.loc, LLVM::AtomicOrdering::release, "agent");
    // The write-back counts on vmcnt. LLVM before 23 does not know that and drops the wait of its
    // own fence where nothing else is outstanding (llvm-project pull request 178316).
    waitForMemory(0);
    Value before = LLVM::AtomicRMWOp::create(a_.b, a_.loc, LLVM::AtomicBinOp::add, counter,
                                             a_.i32(1), LLVM::AtomicOrdering::monotonic, "agent");
    LLVM::StoreOp::create(a_.b, a_.loc, a_.named("before", before), lds_, kCounterBytes);
  }
  barrier();
  Value told = a_.named("told", LLVM::LoadOp::create(a_.b, a_.loc, i32, lds_, kCounterBytes));
  Value arrived = a_.named("arrived", a_.uniform(told));

  auto last = scf::IfOp::create(a_.b, a_.loc, a_.equal(a_.sub(splits, arrived), 1),
                                /*withElseRegion=*/false);
  mlir::OpBuilder::InsertionGuard guard(a_.b);
  a_.b.setInsertionPointToStart(last.thenBlock());
  LLVM::FenceOp::create(a_.b, a_.loc, LLVM::AtomicOrdering::acquire, "agent");

  mlir::LogicalResult body = mlir::success();
  inOwningWaves([&] {
    fragments_[op.getBody().getArgument(0)] = addPartials(
        sums.size(), splits,
        [&](Value s) {
          return partialBuffer(
              a_.named("partial", a_.offset(first_partial, a_.mul(a_.wide(s), partial_bytes))));
        },
        in_partial);
    body = lowerBlock(op.getBody().front());
  });

  // Ready for the next launch.
  auto reset = scf::IfOp::create(a_.b, a_.loc, one_thread, /*withElseRegion=*/false);
  a_.b.setInsertionPointToStart(reset.thenBlock());
  LLVM::StoreOp::create(a_.b, a_.loc, zero, counter, kCounterBytes, /*isVolatile=*/false,
                        /*isNonTemporal=*/false, /*isInvariantGroup=*/false,
                        LLVM::AtomicOrdering::monotonic, "agent");
  return body;
}

} // namespace gemmsmith::lowering
