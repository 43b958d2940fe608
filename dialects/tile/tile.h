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
// ds_read_b128 serves eight lanes, 128 bytes, at a time (GFX950.md); eight lanes of a fragment are
// eight consecutive rows at one chunk. With eight or more chunks a row starts at bank 0, and the
// row number's low three bits must move the chunk. With fewer, 8 / chunks rows share 128 bytes, and
// only every so many rows need a new position.
XorSwizzleAttr conflictFreeSwizzle(mlir::MLIRContext *context, std::int64_t columns);

} // namespace gemmsmith::tile
