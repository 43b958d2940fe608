// The transposing LDS reads (CDNA4 ISA 11.4).
//
// In each group of 16 lanes the lanes' data, one after the other, are a matrix of 16 columns and as
// many rows as a lane has elements; lane m receives column m, from row 0 up. So a row comes from
// one lane, or is spread over 2 or 4 consecutive ones. The manual gives the shapes; the order of
// lanes is what AMD's kernel libraries rely on (composable_kernel, HipKittens).
#include "runtime/emulator/lds.h"
#include "runtime/emulator/semantics.h"

#include <fmt/format.h>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

template <int bits> u32 element(const u32 *data, int n) {
  if constexpr (bits % 8 == 0) {
    std::conditional_t<bits == 16, u16, u8> value;
    std::memcpy(&value, reinterpret_cast<const std::byte *>(data) + n * bits / 8, bits / 8);
    return value;
  } else {
    int at = n * bits; // 6 bits may lie across two dwords
    u64 window = data[at / 32];
    if (at % 32 + bits > 32)
      window |= u64{data[at / 32 + 1]} << 32;
    return static_cast<u32>(window >> at % 32) & ((1u << bits) - 1);
  }
}

// `data` starts as zeros.
template <int bits> void setElement(u32 *data, int n, u32 value) {
  int at = n * bits;
  data[at / 32] |= value << at % 32;
  if (at % 32 + bits > 32)
    data[at / 32 + 1] |= value >> (32 - at % 32);
}

// `alignment`: of the address; 96 bits need 16 bytes, which is why kernels pad 6-bit matrices.
template <int bits, int bytes, u32 alignment> void readTransposed(Wave &w, const Instruction &i) {
  constexpr int kRegisters = bytes / 4, kElements = bytes * 8 / bits;
  if (w.exec != kAllLanes)
    w.fault(i, "EXEC must be all ones (CDNA4 ISA 11.4)");
  u32 at[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, kAllLanes), sizeof at);
  u32 *to[kRegisters];
  for (int r = 0; r < kRegisters; ++r)
    to[r] = w.loadVgpr(i, static_cast<u16>(i.dst + r), kAllLanes, false);
  u32 read[kLanes * kRegisters] = {};
  for (int l = 0; l < kLanes; ++l) {
    u32 address = at[l] + static_cast<u32>(i.offset);
    if (address % alignment)
      w.fault(i,
              fmt::format("the LDS address {} is not a multiple of {} (CDNA4 ISA 11.4)", address,
                          alignment),
              l);
    readLds<bytes>(w, i, address, l, read + l * kRegisters);
  }
  for (int l = 0; l < kLanes; ++l) {
    const u32 *matrix = read + (l & ~15) * kRegisters;
    u32 out[kRegisters] = {};
    for (int row = 0; row < kElements; ++row)
      setElement<bits>(out, row, element<bits>(matrix, row * 16 + l % 16));
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
