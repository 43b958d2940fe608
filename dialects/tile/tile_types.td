//===- tile_types.td - what a tile program computes with ------------------===//

#ifndef GEMMSMITH_DIALECTS_TILE_TYPES_TD
#define GEMMSMITH_DIALECTS_TILE_TYPES_TD

include "dialects/tile/tile_base.td"

class Tile_Type<string name, string typeMnemonic> : TypeDef<Tile_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Tile_GlobalType : Tile_Type<"Global", "global"> {
  let summary = "a strip of A or B in memory: `rows` rows, all of K, read in steps of `columns`";
  let parameters = (ins "int64_t":$rows, "int64_t":$columns);
  let assemblyFormat = "`<` $rows `rows` `,` $columns `columns` `>`";
}

def Tile_RingType : Tile_Type<"Ring", "ring"> {
  let summary = "`slots` tiles of `rows` x `columns` bf16 elements in LDS";
  let parameters = (ins "int64_t":$slots, "int64_t":$rows, "int64_t":$columns,
                        "XorSwizzleAttr":$swizzle);
  let assemblyFormat = "`<` $slots `slots` `,` $rows `rows` `,` $columns `columns` `,` $swizzle `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// 16-byte chunks in a row.
    int64_t chunksPerRow() const { return getColumns() / 8; }
    int64_t rowBytes() const { return getColumns() * 2; }
    int64_t slotBytes() const { return getRows() * rowBytes(); }
    int64_t bytes() const { return getSlots() * slotBytes(); }
  }];
}

def Tile_FragmentsType : Tile_Type<"Fragments", "fragments"> {
  let summary = "a wave's `count` MFMA input fragments, each 16 rows by 32 of K, in bf16";
  let description = [{
    Lane l holds row l % 16 and columns (l / 16) * 8 .. + 7 of each fragment
    (CDNA4 ISA, V_MFMA_F32_16X16X32_BF16).
  }];
  let parameters = (ins "int64_t":$count);
  let assemblyFormat = "`<` $count `>`";
}

def Tile_AccumulatorType : Tile_Type<"Accumulator", "accumulator"> {
  let summary = "a wave's `rows` x `columns` fragments of 16x16 fp32 partial sums of C";
  let description = [{
    Fragment (i, j) covers rows 16 i .. + 15 and columns 16 j .. + 15 of the wave's part of the
    output tile. Lane l holds row l % 16 and the four columns (l / 16) * 4 .. + 3: the transpose of
    what the MFMA calls its result, because B is passed as the instruction's first matrix. Four
    neighbouring columns in one lane make 8- or 16-byte stores.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns);
  let assemblyFormat = "`<` $rows `by` $columns `>`";
}

#endif // GEMMSMITH_DIALECTS_TILE_TYPES_TD
