//===- tile_ops.td - the operations of a tile program ---------------------===//

#ifndef GEMMSMITH_DIALECTS_TILE_OPS_TD
#define GEMMSMITH_DIALECTS_TILE_OPS_TD

include "dialects/gemm/gemm_base.td"
include "dialects/tile/tile_types.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// The kernel and where its workgroup stands
//===----------------------------------------------------------------------===//

def Tile_KernelOp : Tile_Op<"kernel", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "the program of each workgroup of a kernel";
  let arguments = (ins SymbolNameAttr:$sym_name, Gemm_ConfigAttr:$config);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name $config attr-dict-with-keyword $body";
}

def Tile_OutputTileOp : Tile_Op<"output_tile", [Pure]> {
  let summary = "row and column, in tiles, of this workgroup's tile of C";
  let description = [{
    With `group_m` = G > 0, workgroups are first dealt so that each XCD gets a contiguous run of
    them, then walk G tile rows together, so that neighbours share A and B in an XCD's L2. With 0
    they go row by row.
  }];
  let arguments = (ins I64Attr:$group_m);
  let results = (outs I32:$row, I32:$column);
  let assemblyFormat = "`group_m` `=` $group_m attr-dict";
}

def Tile_KRangeOp : Tile_Op<"k_range", [Pure]> {
  let summary = "first and one-past-last K-tile of this workgroup";
  let description = [{
    Without `split` all of ceil(K / columns). With it, the workgroup's share: contiguous, and at most
    one tile longer than any other's; possibly empty.
  }];
  let arguments = (ins I64Attr:$columns, UnitAttr:$split);
  let results = (outs I32:$begin, I32:$end);
  let assemblyFormat = "`columns` `=` $columns (`split` $split^)? attr-dict";
}

def Tile_GlobalOp : Tile_Op<"global", [Pure]> {
  let summary = "the strip of an operand that starts at row `tile * rows`";
  let description = [{
    Reading from K-tile `end` on, or past the last row or column of the matrix, gives zeros.
  }];
  let arguments = (ins Tile_OperandAttr:$operand, I32:$tile, I32:$end);
  let results = (outs Tile_GlobalType:$result);
  let assemblyFormat = "`` $operand `[` $tile `]` `to` $end attr-dict `:` type($result)";
}

//===----------------------------------------------------------------------===//
// LDS rings
//===----------------------------------------------------------------------===//

def Tile_RingOp : Tile_Op<"ring", [Pure]> {
  let summary = "a ring of tiles in LDS, at a byte offset";
  let arguments = (ins I64Attr:$offset);
  let results = (outs Tile_RingType:$result);
  let assemblyFormat = "`at` $offset attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_AdvanceOp : Tile_Op<"advance", [Pure]> {
  let summary = "the next slot of a ring: slot + 1, or 0 after the last";
  let arguments = (ins I32:$slot, I64Attr:$slots);
  let results = (outs I32:$result);
  let assemblyFormat = "$slot `of` $slots attr-dict";
}

class Tile_CopyBase<string mnemonic> : Tile_Op<mnemonic> {
  let arguments = (ins Tile_GlobalType:$source, I32:$k_tile, Tile_RingType:$ring, I32:$slot);
  let assemblyFormat = [{
    $source `[` $k_tile `]` `to` $ring `[` $slot `]` attr-dict `:` type($source) `to` type($ring)
  }];
  let hasVerifier = 1;
}

def Tile_CopyAsyncOp : Tile_CopyBase<"copy_async"> {
  let summary = "start copying K-tile `k_tile` into a slot, past the registers, 16 bytes a lane";
  let description = [{
    The data is in LDS only after a `tile.wait` of the wave that copied it, and visible to other waves
    only after a `tile.barrier` behind that. `insert-waits` places both.
  }];
}

def Tile_CopyOp : Tile_CopyBase<"copy"> {
  let summary = "copy K-tile `k_tile` into a slot through registers, element by element";
  let description = [{
    For rows that are not 16-byte aligned. Visible to other waves after the next `tile.barrier`.
  }];
}

def Tile_WaitOp : Tile_Op<"wait"> {
  let summary = "wait until at most `outstanding` copy instructions of this wave are in flight";
  let arguments = (ins I64Attr:$outstanding);
  let assemblyFormat = "`outstanding` `=` $outstanding attr-dict";
  let hasVerifier = 1;
}

def Tile_BarrierOp : Tile_Op<"barrier"> {
  let summary = "wait for all waves of the workgroup; orders their LDS accesses";
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// Fragments and sums
//===----------------------------------------------------------------------===//

def Tile_ReadFragmentsOp : Tile_Op<"read_fragments"> {
  let summary = "this wave's fragments of one K-step of a slot";
  let description = [{
    The wave's rows are its share of the ring's rows (by waves.m for A, waves.n for B); its columns
    are those of K-step `step` within its share of the tile's K (by waves.k).
  }];
  let arguments = (ins Tile_OperandAttr:$operand, Tile_RingType:$ring, I32:$slot, I64Attr:$step);
  let results = (outs Tile_FragmentsType:$result);
  let assemblyFormat = [{
    `` $operand $ring `[` $slot `]` `step` $step attr-dict `:` type($ring) `->` type($result)
  }];
}

def Tile_ZeroOp : Tile_Op<"zero", [Pure]> {
  let summary = "sums that start at zero";
  let results = (outs Tile_AccumulatorType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Tile_MmaOp : Tile_Op<"mma", [Pure, AllTypesMatch<["sums", "result"]>]> {
  let summary = "sums + a * b^T, in fp32";
  let arguments = (ins Tile_FragmentsType:$a, Tile_FragmentsType:$b, Tile_AccumulatorType:$sums);
  let results = (outs Tile_AccumulatorType:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $sums attr-dict `:` type($a) `,` type($b) `,` type($sums)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reductions and the epilogue
//===----------------------------------------------------------------------===//

def Tile_SliceReduceOp : Tile_Op<"slice_reduce", [AllTypesMatch<["sums", "result"]>]> {
  let summary = "add the sums of the waves along K, in their order, through LDS";
  let description = [{
    Reuses LDS from byte 0. Afterwards the waves with K index 0 hold the result, and only they take
    part in what follows.
  }];
  let arguments = (ins Tile_AccumulatorType:$sums);
  let results = (outs Tile_AccumulatorType:$result);
  let assemblyFormat = "$sums attr-dict `:` type($sums)";
}

def Tile_SplitReduceOp : Tile_Op<"split_reduce", [SingleBlock, NoTerminator]> {
  let summary = "the last workgroup of an output tile to arrive adds all partial sums and goes on";
  let description = [{
    Each workgroup writes its sums to the workspace, releases them at agent scope and counts itself
    in. The one that finds all others counted acquires them, adds the partials in the order of the
    splits, runs the body on the total, and resets the counter. Nobody waits for anybody.
    Reuses the first four bytes of LDS.
  }];
  let arguments = (ins Tile_AccumulatorType:$sums);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sums attr-dict `:` type($sums) $body";
  let hasVerifier = 1;
}

def Tile_AddBiasOp : Tile_Op<"add_bias", [AllTypesMatch<["sums", "result"]>]> {
  let summary = "sums + bias of their columns, in fp32";
  let arguments = (ins Tile_AccumulatorType:$sums, I32:$column);
  let results = (outs Tile_AccumulatorType:$result);
  let assemblyFormat = "$sums `at` $column attr-dict `:` type($sums)";
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "round the sums to the output type, once, and store the part inside C";
  let arguments = (ins Tile_AccumulatorType:$sums, I32:$row, I32:$column);
  let assemblyFormat = "$sums `to` ` ` `[` $row `,` $column `]` attr-dict `:` type($sums)";
}

#endif // GEMMSMITH_DIALECTS_TILE_OPS_TD
