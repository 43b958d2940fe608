//===- lower_copies.cpp - from memory into the LDS rings ------------------===//
//
// A copy moves one K-tile of a strip, 16 bytes per lane and instruction. The
// destination is linear: chunk q of the slot is written by thread q % T in
// instruction q / T (the LDS-DMA instruction allows nothing else). The swizzle
// is therefore applied to the source: chunk q holds row q / C and, at position
// p = q % C of it, the columns of chunk p ^ key(row).
//
// Rows past the end of the matrix are past the end of its buffer, which gives
// zeros. Columns past the end are not, so lanes whose chunk starts there ask
// for an offset that is past the end of every buffer (planLaunch sees to that).
//===----------------------------------------------------------------------===//

#include "compiler/lowering/kernel_lowering.h"

#include <numeric>

namespace gemmsmith::lowering {

namespace LLVM = mlir::LLVM;
namespace ROCDL = mlir::ROCDL;

namespace {

constexpr std::int64_t kElementBytes = 2;

// The `aux` operand of buffer instructions on gfx940 and later (LLVM, SIDefines.h, CPol).
std::int64_t cacheBits(const CachePolicy &policy) {
  return (policy.sc0 ? 1 : 0) | (policy.nt ? 2 : 0) | (policy.sc1 ? 16 : 0);
}

// s_waitcnt operand that waits for vmcnt and lgkmcnt to fall to these counts, and for no expcnt:
// vmcnt[3:0], expcnt[6:4], lgkmcnt[11:8], vmcnt[15:14] (CDNA4 ISA 4.4).
std::int64_t waitcnt(std::int64_t vmcnt, std::int64_t lgkmcnt) {
  return (vmcnt & 15) | 7 << 4 | lgkmcnt << 8 | (vmcnt >> 4) << 14;
}

constexpr std::int64_t kNoLgkmWait = 15;
constexpr std::int64_t kNoVmWait = 63;

} // namespace

void KernelLowering::lower(tile::GlobalOp op) {
  const bool is_a = op.getOperand() == tile::Operand::A;
  const std::int64_t rows = op.getResult().getType().getRows();
  const std::int64_t columns = op.getResult().getType().getColumns();
  Value matrix = argument(is_a ? ArgumentId::kA : ArgumentId::kB);
  Value extent = argument(is_a ? ArgumentId::kM : ArgumentId::kN);
  Value stride = argument(is_a ? ArgumentId::kLda : ArgumentId::kLdb);

  // The descriptor covers the rows of this strip that exist, up to the last element of the last
  // one.
  Value first_row = a_.named(is_a ? "row" : "column", a_.mul(scalar(op.getTile()), rows));
  const llvm::Twine prefix(is_a ? "a" : "b");
  Value base =
      a_.named(prefix + "_strip",
               a_.offset(matrix, a_.mul(a_.mul(a_.wide(first_row), stride), kElementBytes)));
  Value stride_bytes = a_.named(prefix + "_stride", a_.mul(a_.narrow(stride), kElementBytes));
  Value last_row = a_.named(is_a ? "last_row" : "last_column",
                            a_.min(a_.sub(a_.sub(extent, first_row), a_.i32(1)), a_.i32(rows - 1)));
  Value bytes =
      a_.add(a_.mul(last_row, stride_bytes), a_.mul(argument(ArgumentId::kK), kElementBytes));

  Strip strip;
  strip.buffer = a_.named(prefix + "_buffer", a_.buffer(base, bytes));
  strip.stride_bytes = stride_bytes;
  strip.end_k =
      a_.named("end_k", a_.min(argument(ArgumentId::kK), a_.mul(scalar(op.getEnd()), columns)));
  strip.tile_columns = columns;
  strip.cache_bits = cacheBits(is_a ? config_.cache_a : config_.cache_b);
  strips_[op.getResult()] = std::move(strip);
}

const KernelLowering::CopyLanes &KernelLowering::copyLanes(Value source, tile::RingType ring) {
  CopyLanes &lanes = copy_lanes_[{source, ring}];
  if (!lanes.offsets.empty())
    return lanes;
  Value stride_bytes = strips_.at(source).stride_bytes;
  const std::int64_t chunks_per_row = ring.chunksPerRow();
  const std::int64_t threads = threadCount(config_);
  const std::int64_t instructions = ring.getRows() * chunks_per_row / threads;
  const tile::XorSwizzleAttr swizzle = ring.getSwizzle();
  const std::int64_t swizzle_period = swizzle.getWindow() << swizzle.getShift(); // in rows
  const std::int64_t rows_per_instruction = threads / chunks_per_row;
  const bool whole_rows = threads % chunks_per_row == 0;
  // Lanes a whole number of swizzle periods further down read the same columns.
  const std::int64_t period =
      whole_rows ? swizzle_period / std::gcd(swizzle_period, rows_per_instruction) : instructions;
  for (std::int64_t j = 0; j < instructions; ++j) {
    if (j >= period) {
      Value step = a_.mul(stride_bytes, period * rows_per_instruction);
      lanes.offsets.push_back(a_.named("copy_offset", a_.add(lanes.offsets[j - period], step)));
      lanes.columns.push_back(lanes.columns[j - period]);
      continue;
    }
    Value chunk = a_.add(thread_, j * threads);
    Value row = a_.named("copy_row", a_.div(chunk, chunks_per_row));
    Value position = a_.rem(chunk, chunks_per_row);
    Value column = a_.named(
        "copy_column", a_.mul(a_.bitXor(position, swizzleKey(row, swizzle)), tile::kChunkElements));
    lanes.offsets.push_back(
        a_.named("copy_offset", a_.add(a_.mul(row, stride_bytes), a_.mul(column, kElementBytes))));
    lanes.columns.push_back(column);
  }
  return lanes;
}

Value KernelLowering::swizzleKey(Value row, tile::XorSwizzleAttr swizzle) {
  return a_.bitAnd(a_.shr(row, swizzle.getShift()), swizzle.getWindow() - 1);
}

void KernelLowering::lower(tile::AdvanceOp op) {
  Value next = a_.add(scalar(op.getSlot()), 1);
  scalars_[op.getResult()] =
      a_.select(a_.equal(next, static_cast<std::int64_t>(op.getSlots())), a_.i32(0), next);
}

std::pair<Value, Value> KernelLowering::remaining(const Strip &strip, Value k_tile) {
  Value k = a_.named("copy_k", a_.mul(k_tile, strip.tile_columns));
  Value left = a_.named("k_left", a_.sub(strip.end_k, k));
  // A scalar offset past the end of the buffer would wrap the range check around.
  Value inside = a_.lessSigned(a_.i32(0), left);
  return {left, a_.named("k_bytes", a_.select(inside, a_.mul(k, kElementBytes), a_.i32(0)))};
}

Value KernelLowering::slotOffset(mlir::TypedValue<tile::RingType> ring, Value slot) {
  const auto start = static_cast<std::int64_t>(ring.getDefiningOp<tile::RingOp>().getOffset());
  return a_.named("slot_start", a_.add(a_.mul(slot, ring.getType().slotBytes()), start));
}

void KernelLowering::lower(tile::CopyAsyncOp op) {
  const Strip &strip = strips_.at(op.getSource());
  const CopyLanes &lanes = copyLanes(op.getSource(), op.getRing().getType());
  auto [left, k_bytes] = remaining(strip, scalar(op.getKTile()));
  Value slot = slotOffset(op.getRing(), scalar(op.getSlot()));
  Value wave_start =
      a_.named("copy_start", a_.add(slot, a_.mul(wave_, kWaveSize * tile::kChunkBytes)));
  Value size = a_.i32(tile::kChunkBytes);
  Value no_offset = a_.i32(0);
  Value cache = a_.i32(strip.cache_bits);
  for (auto [j, offset, column] : llvm::enumerate(lanes.offsets, lanes.columns)) {
    Value inside = a_.named("inside", a_.lessSigned(column, left));
    Value destination =
        a_.offset(lds_, a_.add(wave_start, static_cast<std::int64_t>(j) * threadCount(config_) *
                                               tile::kChunkBytes));
    ROCDL::RawPtrBufferLoadLdsOp::create(a_.b, a_.loc, strip.buffer, destination, size,
                                         a_.select(inside, offset, a_.i32(kOutOfRange)), k_bytes,
                                         no_offset, cache, copy_scope_, read_scope_,
                                         mlir::ArrayAttr());
  }
}

void KernelLowering::lower(tile::CopyOp op) {
  const Strip &strip = strips_.at(op.getSource());
  const CopyLanes &lanes = copyLanes(op.getSource(), op.getRing().getType());
  auto [left, k_bytes] = remaining(strip, scalar(op.getKTile()));
  Value slot = slotOffset(op.getRing(), scalar(op.getSlot()));
  Value thread_start = a_.named("copy_start", a_.add(slot, a_.mul(thread_, tile::kChunkBytes)));
  const mlir::Type i16 = a_.b.getI16Type();
  const auto chunk_type = mlir::VectorType::get(tile::kChunkElements, i16);
  for (auto [j, offset, column] : llvm::enumerate(lanes.offsets, lanes.columns)) {
    Value chunk = LLVM::PoisonOp::create(a_.b, a_.loc, chunk_type);
    for (std::int64_t e = 0; e < tile::kChunkElements; ++e) {
      Value inside = a_.lessSigned(a_.add(column, e), left);
      Value where = a_.add(a_.select(inside, offset, a_.i32(kOutOfRange)), e * kElementBytes);
      Value element = a_.loadBuffer(i16, strip.buffer, where, k_bytes, strip.cache_bits);
      chunk = LLVM::InsertElementOp::create(a_.b, a_.loc, chunk, element, a_.i32(e));
    }
    Value destination =
        a_.offset(a_.offset(lds_, thread_start),
                  static_cast<std::int64_t>(j) * threadCount(config_) * tile::kChunkBytes);
    LLVM::StoreOp::create(a_.b, a_.loc, chunk, destination, tile::kChunkBytes);
  }
}

void KernelLowering::lower(tile::WaitOp op) {
  waitForMemory(static_cast<std::int64_t>(op.getOutstanding()));
}

void KernelLowering::waitForMemory(std::int64_t outstanding) {
  ROCDL::SWaitcntOp::create(a_.b, a_.loc,
                            static_cast<std::int32_t>(waitcnt(outstanding, kNoLgkmWait)));
}

void KernelLowering::lower(tile::BarrierOp) {
  barrier();
}

void KernelLowering::barrier() {
  // This wave's LDS accesses are done before it says so. The fences emit nothing and only keep the
  // compiler from moving accesses across; a fence at workgroup scope would also drain the copies in
  // flight, which tile.wait accounts for.
  auto compilerFence = [&] {
    LLVM::FenceOp::create(a_.b, a_.loc, LLVM::AtomicOrdering::acq_rel, "singlethread");
  };
  compilerFence();
  ROCDL::SWaitcntOp::create(a_.b, a_.loc, static_cast<std::int32_t>(waitcnt(kNoVmWait, 0)));
  ROCDL::SBarrierOp::create(a_.b, a_.loc);
  compilerFence();
}

} // namespace gemmsmith::lowering
