//===- tile_base.td - the tile dialect ------------------------------------===//
//
// A program in the `tile` dialect is what one workgroup does: it copies tiles
// of A and B from memory into rings in LDS, reads fragments from there,
// multiplies them, and writes its tile of C.
//
//===----------------------------------------------------------------------===//

#ifndef GEMMSMITH_DIALECTS_TILE_BASE_TD
#define GEMMSMITH_DIALECTS_TILE_BASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::gemmsmith::tile";
  let summary = "the program of one workgroup, in tiles and fragments";
  let dependentDialects = ["::gemmsmith::gemm::GemmDialect"];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
}

def Tile_Operand : I32EnumAttr<"Operand", "which input matrix", [
  I32EnumAttrCase<"A", 0, "a">, I32EnumAttrCase<"B", 1, "b">]> {
  let cppNamespace = "::gemmsmith::tile";
  let genSpecializedAttr = 0;
}
def Tile_OperandAttr : EnumAttr<Tile_Dialect, Tile_Operand, "operand">;

def Tile_XorSwizzleAttr : AttrDef<Tile_Dialect, "XorSwizzle"> {
  let mnemonic = "xor_swizzle";
  let summary = "which 16-byte chunk of a row holds which columns";
  let description = [{
    Chunk `c` of row `r` is stored at position `c ^ ((r >> shift) & (window - 1))` of that row, which
    spreads the chunks that the lanes of a fragment read together over all LDS banks. `window` is
    a power of two that divides the number of chunks in a row. `conflictFreeSwizzle` of `tile.h` computes it.
  }];
  let parameters = (ins "int64_t":$window, "int64_t":$shift);
  let assemblyFormat = "`<` `window` `=` $window `,` `shift` `=` $shift `>`";
  let genVerifyDecl = 1;
}

#endif // GEMMSMITH_DIALECTS_TILE_BASE_TD
