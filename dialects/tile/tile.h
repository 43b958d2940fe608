// The `tile` dialect: what one workgroup does, in tiles and fragments.
#pragma once

#include "dialects/gemm/gemm.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/tile/tile_dialect.h.inc"
#include "dialects/tile/tile_enums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/tile/tile_attrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/tile/tile_types.h.inc"

#define GET_OP_CLASSES
#include "dialects/tile/tile_ops.h.inc"

namespace gemmsmith::tile {

// MFMA fragment shape: V_MFMA_F32_16X16X32_BF16.
inline constexpr std::int64_t kFragmentRows = 16;
inline constexpr std::int64_t kFragmentK = 32;
// Elements of bf16 in the 16 bytes that one lane copies or reads at once.
inline constexpr std::int64_t kChunkElements = 8;
inline constexpr std::int64_t kChunkBytes = 16;
// vmcnt has six bits (CDNA4 ISA 4.4), so no more copies than this can be told apart.
inline constexpr std::int64_t kMaxOutstanding = 63;

// The swizzle that makes fragment reads of rows with `columns` bf16 elements free of bank
// conflicts.
//
// The lanes that ds_read_b128 serves together read one chunk of neighbouring rows. Two accounts of
// which lanes those are exist: 8 at a time over 128 bytes, or 16 at a time over the 64 banks, 256
// bytes, of gfx950. Both are free of conflicts when the chunk moves with the row number over as
// many positions as there are, up to 16, and rows shorter than 128 bytes share a position until 128
// bytes are full.
XorSwizzleAttr conflictFreeSwizzle(mlir::MLIRContext *context, std::int64_t columns);

} // namespace gemmsmith::tile
