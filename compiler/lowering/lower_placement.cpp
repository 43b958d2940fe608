//===- lower_placement.cpp - which tile and which K-tiles are mine --------===//

#include "compiler/lowering/kernel_lowering.h"

namespace gemmsmith::lowering {

namespace {
// XCDs of an MI355X; consecutive workgroups are dispatched to them in turn (GFX950.md).
constexpr std::int64_t kXcds = 8;
} // namespace

Value KernelLowering::tilesAlong(ArgumentId extent, std::int64_t tile) {
  const char *name = extent == ArgumentId::kM   ? "tiles_m"
                     : extent == ArgumentId::kN ? "tiles_n"
                                                : "tiles_k";
  return a_.named(name, a_.ceilDiv(argument(extent), tile));
}

void KernelLowering::lower(tile::OutputTileOp op) {
  Value id = a_.named("tile", mlir::ROCDL::BlockIdXOp::create(a_.b, a_.loc, a_.b.getI32Type(),
                                                              mlir::LLVM::ConstantRangeAttr()));
  Value tiles_m = tilesAlong(ArgumentId::kM, config_.tile.m);
  Value tiles_n = tilesAlong(ArgumentId::kN, config_.tile.n);
  auto place = [&](Value row, Value column) {
    scalars_[op.getRow()] = a_.named("tile_row", row);
    scalars_[op.getColumn()] = a_.named("tile_column", column);
  };

  if (op.getGroupM() == 0) {
    Value row = a_.uniform(a_.div(id, tiles_n));
    return place(row, a_.sub(id, a_.mul(row, tiles_n)));
  }

  // XCD x gets the workgroups x, x + 8, ... of the first split: renumber them so that its own are
  // consecutive. The first `count % 8` XCDs have one more than the others. Later splits start at
  // another XCD unless the count divides by 8; the numbering stays a permutation.
  Value count = a_.mul(tiles_m, tiles_n);
  Value xcd = a_.named("xcd", a_.rem(id, kXcds));
  Value first = a_.add(a_.mul(xcd, a_.div(count, kXcds)), a_.min(xcd, a_.rem(count, kXcds)));
  Value position = a_.named("position", a_.add(first, a_.div(id, kXcds)));

  // Walk `height` tile rows together, column by column; the last group may be lower.
  Value group_size = a_.mul(tiles_n, static_cast<std::int64_t>(op.getGroupM()));
  Value group = a_.named("group", a_.uniform(a_.div(position, group_size)));
  Value in_group = a_.named("in_group", a_.sub(position, a_.mul(group, group_size)));
  Value first_row = a_.named("group_row", a_.mul(group, static_cast<std::int64_t>(op.getGroupM())));
  Value height =
      a_.named("group_height", a_.min(a_.sub(tiles_m, first_row),
                                      a_.i32(static_cast<std::int64_t>(op.getGroupM()))));
  Value column = a_.uniform(a_.div(in_group, height));
  place(a_.add(first_row, a_.sub(in_group, a_.mul(column, height))), column);
}

void KernelLowering::lower(tile::KRangeOp op) {
  Value tiles = tilesAlong(ArgumentId::kK, static_cast<std::int64_t>(op.getColumns()));
  if (!op.getSplit()) {
    scalars_[op.getBegin()] = a_.i32(0);
    scalars_[op.getEnd()] = tiles;
    return;
  }
  // The first `tiles % splits` splits take one tile more than the others.
  Value split = a_.named("split", mlir::ROCDL::BlockIdYOp::create(a_.b, a_.loc, a_.b.getI32Type(),
                                                                  mlir::LLVM::ConstantRangeAttr()));
  Value splits = argument(ArgumentId::kSplits);
  Value share = a_.named("share", a_.uniform(a_.div(tiles, splits)));
  Value longer = a_.named("longer", a_.sub(tiles, a_.mul(share, splits)));
  Value before = a_.named("longer_before", a_.min(split, longer));
  Value begin = a_.named("first_k_tile", a_.add(a_.mul(split, share), before));
  Value extra = a_.select(a_.less(split, longer), a_.i32(1), a_.i32(0));
  scalars_[op.getBegin()] = begin;
  scalars_[op.getEnd()] = a_.named("end_k_tile", a_.add(begin, a_.add(share, extra)));
}

} // namespace gemmsmith::lowering
