// The transposing LDS reads (CDNA4 ISA 11.4).
//
// In each group of 16 lanes the lanes' data, one after the other, are a matrix of 16 columns and as
// many rows as a lane has elements; lane m receives column m, from row 0 up. So a row comes from
// one lane, or is spread over 2 or 4 consecutive ones. The manual gives the shapes; the order of
// lanes is what AMD's kernel libraries rely on (composable_kernel, HipKittens).
#include "runtime/emulator/lds.h"
#include "runtime/emulator/semantics.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

// Copies element `from_n` of `from` to place `n` of `to`, which starts as zeros.
template <int bits> void copyElement(u32 *to, int n, const u32 *from, int from_n) {
  if constexpr (bits % 8 == 0) {
    constexpr int kBytes = bits / 8;
    std::memcpy(reinterpret_cast<std::byte *>(to) + n * kBytes,
                reinterpret_cast<const std::byte *>(from) + from_n * kBytes, kBytes);
  } else {
    // Elements of 6 bits may lie across two dwords.
    int source = from_n * bits, target = n * bits;
    u64 window = from[source / 32];
    if (source % 32 + bits > 32)
      window |= u64{from[source / 32 + 1]} << 32;
    u64 value = (window >> source % 32 & ((1u << bits) - 1)) << target % 32;
    to[target / 32] |= static_cast<u32>(value);
    if (target % 32 + bits > 32)
      to[target / 32 + 1] |= static_cast<u32>(value >> 32);
  }
}

// `alignment`: of the address; 96 bits need 16 bytes, which is why kernels pad 6-bit matrices.
template <int bits, int bytes, u32 alignment> void readTransposed(Wave &w, const Instruction &i) {
  constexpr int kRegisters = bytes / 4, kElements = bytes * 8 / bits, kLanesPerRow = 16 / kElements;
  if (w.exec != kAllLanes)
    w.fault(i, "EXEC must be all ones (CDNA4 ISA 11.4)");
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, kAllLanes), sizeof at);
  u32 *to[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), kAllLanes, false);
  u32 read[kLanes][kRegisters] = {};
  for (int l = 0; l < kLanes; ++l) {
    u32 address = at[l] + static_cast<u32>(i.offset);
    if (address % alignment)
      w.fault(i,
              fmt::format("the LDS address {} is not a multiple of {} (CDNA4 ISA 11.4)", address,
                          alignment),
              l);
    readLds<bytes>(w, i, address, l, read[l]);
  }
  for (int l = 0; l < kLanes; ++l) {
    int group = l & ~15, column = l & 15;
    u32 out[kRegisters] = {};
    for (int row = 0; row < kElements; ++row) {
      const u32 *from = read[group + row * kLanesPerRow + column / kElements];
      copyElement<bits>(out, row, from, column % kElements);
    }
    for (int r = 0; r < kRegisters; ++r)
      to[r][l] = out[r];
  }
  pendLdsRead(w, i, kRegisters);
}

const Semantics kTable[] = {
    {"ds_read_b64_tr_b16", readTransposed<16, 8, 8>},
    {"ds_read_b64_tr_b8", readTransposed<8, 8, 8>},
    {"ds_read_b64_tr_b4", readTransposed<4, 8, 8>},
    {"ds_read_b96_tr_b6", readTransposed<6, 12, 16>},
};

} // namespace

std::span<const Semantics> ldsTransposeSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
