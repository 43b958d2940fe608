//===- lower_fragments.cpp - from LDS to the matrix cores -----------------===//
//
// Lane l of a fragment reads row l % 16 of it and 16-byte chunk l / 16 of the
// K-step. With the swizzle, chunk c of a row is at position c ^ key(row). The
// key lies within a window of chunks, so positions of K-steps a whole number
// of windows apart differ by a constant, and so do those of fragments: their
// rows are a multiple of 16 apart, and every swizzle period divides 16. One
// lane address per K-step of a window serves them all.
//===----------------------------------------------------------------------===//

#include "compiler/lowering/kernel_lowering.h"

namespace gemmsmith::lowering {

namespace LLVM = mlir::LLVM;

namespace {
// Chunks of 8 in a K-step of 32.
constexpr std::int64_t kChunksPerStep = tile::kFragmentK / tile::kChunkElements;
// Lanes that hold different rows of a fragment.
constexpr std::int64_t kRowLanes = tile::kFragmentRows;

std::int64_t firstChunk(tile::ReadFragmentsOp op) {
  return static_cast<std::int64_t>(op.getStep()) * kChunksPerStep;
}
} // namespace

// Byte offset, from the start of a slot, of what this lane reads of the wave's first fragment at
// the K-step that stands where that of `op` does, but in the first window.
Value KernelLowering::fragmentBase(tile::ReadFragmentsOp op) {
  const std::int64_t chunk_in_window =
      firstChunk(op) % op.getRing().getType().getSwizzle().getWindow();
  Value &base = fragment_bases_[{op.getRing(), chunk_in_window}];
  if (base)
    return base;
  const tile::RingType ring = op.getRing().getType();
  const bool is_a = op.getOperand() == tile::Operand::A;
  const std::int64_t wave_rows = ring.getRows() / (is_a ? config_.waves.m : config_.waves.n);
  const std::int64_t wave_chunks = ring.chunksPerRow() / config_.waves.k;

  Value row_in_fragment = a_.named("fragment_row", a_.rem(lane_, kRowLanes));
  Value row = a_.add(a_.mul(is_a ? wave_m_ : wave_n_, wave_rows), row_in_fragment);
  Value chunk =
      a_.add(a_.add(a_.mul(wave_k_, wave_chunks), a_.div(lane_, kRowLanes)), chunk_in_window);
  Value key = swizzleKey(row_in_fragment, ring.getSwizzle());
  base = a_.named("fragment_offset", a_.add(a_.mul(row, ring.rowBytes()),
                                            a_.mul(a_.bitXor(chunk, key), tile::kChunkBytes)));
  return base;
}

void KernelLowering::lower(tile::ReadFragmentsOp op) {
  const tile::RingType ring = op.getRing().getType();
  const std::int64_t windows = firstChunk(op) / ring.getSwizzle().getWindow();
  const std::int64_t window_bytes = ring.getSwizzle().getWindow() * tile::kChunkBytes;
  Value base = a_.add(slotOffset(op.getRing(), scalar(op.getSlot())), fragmentBase(op));
  const llvm::StringRef name = op.getOperand() == tile::Operand::A ? "a" : "b";
  Value lane_address = a_.named(name + "_lane", a_.offset(lds_, base));
  const auto type = mlir::VectorType::get(tile::kChunkElements, a_.b.getBF16Type());
  Values &fragments = fragments_[op.getResult()];
  for (std::int64_t i = 0; i < op.getResult().getType().getCount(); ++i) {
    Value address =
        a_.offset(lane_address, i * tile::kFragmentRows * ring.rowBytes() + windows * window_bytes);
    auto load = LLVM::LoadOp::create(a_.b, a_.loc, type, address, tile::kChunkBytes);
    load.setAliasScopesAttr(read_scope_);
    load.setNoaliasScopesAttr(copy_scope_);
    fragments.push_back(a_.named(name + "_fragment", load));
  }
}

void KernelLowering::lower(tile::ZeroOp op) {
  const auto type = mlir::VectorType::get(4, a_.b.getF32Type());
  Value zero = mlir::arith::ConstantOp::create(a_.b, a_.loc, a_.b.getZeroAttr(type));
  const tile::AccumulatorType sums = op.getResult().getType();
  fragments_[op.getResult()] = Values(sums.getRows() * sums.getColumns(), zero);
}

void KernelLowering::lower(tile::MmaOp op) {
  const Values &a = fragments_.at(op.getA());
  const Values &b = fragments_.at(op.getB());
  Values sums = fragments_.at(op.getSums());
  Value none = a_.i32(0);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) {
      Value &sum = sums[i * b.size() + j];
      sum = mlir::ROCDL::mfma_f32_16x16x32_bf16::create(
          a_.b, a_.loc, sum.getType(), mlir::ValueRange{b[j], a[i], sum, none, none, none});
    }
  fragments_[op.getResult()] = std::move(sums);
}

} // namespace gemmsmith::lowering
