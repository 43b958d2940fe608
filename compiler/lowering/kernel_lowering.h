// Lowers one tile.kernel to a kernel function of scf, arith, LLVM and ROCDL operations.
//
// The parts are in files of their own, by what they deal with: lower_kernel.cpp walks the program,
// lower_placement.cpp finds where the workgroup stands, lower_copies.cpp fills the rings,
// lower_fragments.cpp reads and multiplies, lower_reductions.cpp adds up across waves and
// workgroups, lower_epilogue.cpp adds the bias and writes C.
//
// Addresses leave here reduced: per operand one descriptor, and in the loop only the offsets that
// change with the K-tile or the slot, as scalars.
#pragma once

#include "compiler/lowering/arithmetic.h"
#include "configs/launch.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <array>

namespace gemmsmith::lowering {

class KernelLowering {
public:
  KernelLowering(mlir::OpBuilder &builder, tile::KernelOp kernel);

  // Builds the function before the kernel. Fails, with a diagnostic, on operations outside the tile
  // dialect that a tile program should not contain.
  mlir::LogicalResult run();

private:
  using Values = llvm::SmallVector<Value>;

  // A strip of A or B: see lower_copies.cpp.
  struct Strip {
    Value buffer;
    Value stride_bytes; // from one row to the next
    Value end_k;        // elements: K, or where this workgroup's share ends
    std::int64_t tile_columns;
    std::int64_t cache_bits;
  };

  // What this lane copies, one entry per copy instruction.
  struct CopyLanes {
    Values offsets; // bytes from the start of the strip, at K = 0
    Values columns; // first column within the K-tile
  };

  // lower_kernel.cpp
  void buildFunction();
  mlir::LogicalResult lowerBlock(mlir::Block &block);
  mlir::LogicalResult lowerOperation(mlir::Operation &op);
  mlir::LogicalResult lowerLoop(mlir::scf::ForOp loop);
  // Runs `body` for begin, begin + 1, ... while that is below `end`, but at least once, carrying
  // values. Testing behind the body keeps the carried registers in place. A workgroup with no share
  // of K goes through once as well: what it copies from past the end is zeros.
  Values countingLoop(Value begin, Value end, Values inits,
                      llvm::function_ref<Values(Value index, mlir::ValueRange carried)> body);
  Value argument(ArgumentId id) const { return arguments_[static_cast<std::size_t>(id)]; }
  Value scalar(Value tile_value) const { return scalars_.at(tile_value); }
  // Runs `build` only in the waves that hold sums: all, or those with K index 0 after slice-K.
  void inOwningWaves(llvm::function_ref<void()> build);

  // lower_placement.cpp
  void lower(tile::OutputTileOp op);
  void lower(tile::KRangeOp op);
  Value tilesAlong(ArgumentId extent, std::int64_t tile);

  // lower_copies.cpp
  void lower(tile::GlobalOp op);
  void lower(tile::AdvanceOp op);
  void lower(tile::CopyAsyncOp op);
  void lower(tile::CopyOp op);
  void lower(tile::WaitOp op);
  void lower(tile::BarrierOp op);
  void barrier();
  // Until at most `outstanding` loads, stores and copies of this wave are in flight.
  void waitForMemory(std::int64_t outstanding);
  // Computed once for each strip and ring, before the loops that copy.
  const CopyLanes &copyLanes(Value source, tile::RingType ring);
  // What a row's chunks are moved by.
  Value swizzleKey(Value row, tile::XorSwizzleAttr swizzle);
  // Elements of K from `k_tile` on, negative past the end, and the byte offset of that K-tile in a
  // row, zero past the end.
  std::pair<Value, Value> remaining(const Strip &strip, Value k_tile);
  // Byte offset in LDS of `slot` of `ring`.
  Value slotOffset(mlir::TypedValue<tile::RingType> ring, Value slot);

  // lower_fragments.cpp
  void lower(tile::ReadFragmentsOp op);
  void lower(tile::ZeroOp op);
  void lower(tile::MmaOp op);
  Value fragmentBase(tile::ReadFragmentsOp op);

  // lower_reductions.cpp
  void lower(tile::SliceReduceOp op);
  mlir::LogicalResult lower(tile::SplitReduceOp op);
  Value loadSum(Value pointer);
  Value laneSums(std::size_t count);
  Values addPartials(std::size_t count, Value splits, llvm::function_ref<Value(Value)> partialOf,
                     Value in_partial);

  // lower_epilogue.cpp
  void lower(tile::AddBiasOp op);
  void lower(tile::StoreOp op);

  Arithmetic a_;
  tile::KernelOp kernel_;
  const KernelConfig config_;

  mlir::LLVM::LLVMFuncOp function_;
  std::array<Value, 16> arguments_;
  Value lds_;    // base of all LDS of the workgroup
  Value thread_; // thread in the workgroup
  Value lane_;   // thread in the wave
  Value wave_;   // wave in the workgroup, uniform
  Value wave_m_; // its coordinates in the wave grid, uniform
  Value wave_n_;
  Value wave_k_;
  bool only_owners_hold_sums_ = false;

  llvm::DenseMap<Value, Value> scalars_; // i32 values of the tile program
  llvm::DenseMap<Value, Strip> strips_;  // tile.global
  llvm::DenseMap<std::pair<Value, mlir::Type>, CopyLanes> copy_lanes_;
  llvm::DenseMap<Value, Values> fragments_; // fragments and sums, one vector each
  llvm::DenseMap<std::pair<Value, std::int64_t>, Value> fragment_bases_;
  // Alias scopes that tell LLVM not to wait for every copy before a read: insert-waits has taken
  // care of that. Between barriers copies and reads indeed touch different slots, and the fences of
  // barrier() keep LLVM from moving them across.
  mlir::ArrayAttr copy_scope_;
  mlir::ArrayAttr read_scope_;
};

} // namespace gemmsmith::lowering
