// Lane permutations through the LDS crossbar; no memory is touched (CDNA4 ISA 12.12).
#include "runtime/emulator/lds.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

void bpermute(Wave &w, const Instruction &i) {
  u32 at[kLanes], data[kLanes];
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  u64 read = 0;
  forLanes(w.exec,
           [&](int l) { read |= u64{1} << ((at[l] + static_cast<u32>(i.offset)) / 4 % kLanes); });
  // A disabled source lane reads as zero (CDNA4 ISA 12.12, DS_BPERMUTE_B32).
  std::memcpy(data, w.readVgpr(i, i.data, read & w.exec), sizeof data);
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) {
    u32 source = (at[l] + static_cast<u32>(i.offset)) / 4 % kLanes;
    to[l] = w.exec >> source & 1 ? data[source] : 0;
  });
  pendLdsRead(w, i, 1);
}
void permute(Wave &w, const Instruction &i) {
  u32 at[kLanes], result[kLanes] = {};
  std::memcpy(at, w.readVgpr(i, i.address, w.exec), sizeof at);
  const u32 *data = w.readVgpr(i, i.data, w.exec);
  forLanes(w.exec,
           [&](int l) { result[(at[l] + static_cast<u32>(i.offset)) / 4 % kLanes] = data[l]; });
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) { to[l] = result[l]; });
  pendLdsRead(w, i, 1);
}
// The lane that lane `l` reads; every mode stays within 32 lanes (CDNA4 ISA 12.12,
// DS_SWIZZLE_B32).
u32 swizzleSource(u32 pattern, u32 l) {
  u32 low = pattern & 31, middle = pattern >> 5 & 31, high = pattern >> 10 & 31, in = l & 31;
  if (pattern >= 0xe000) { // FFT: the bits in reverse, except those of the mask
    u32 reversed = 0;
    for (int b = 0; b < 5; ++b)
      reversed |= (in >> b & 1) << (4 - b);
    return (l & 32) | (reversed >> std::popcount(low)) | (in & low);
  }
  if (pattern >= 0xc000) { // rotation, by the middle field to the left or to the right
    u32 rotated = pattern >> 10 & 1 ? in - middle : in + middle;
    return (l & 32) | (in & low) | (rotated & 31 & ~low);
  }
  if (pattern >> 15) // any of four: 2 bits for each of them
    return (l & ~3u) | (pattern >> (l & 3) * 2 & 3);
  return (l & 32) | (((in & low) | middle) ^ high);
}
void swizzle(Wave &w, const Instruction &i) {
  u32 data[kLanes], source[kLanes];
  u64 read = 0;
  forLanes(w.exec, [&](int l) {
    source[l] = swizzleSource(static_cast<u32>(i.offset), static_cast<u32>(l));
    read |= u64{1} << source[l];
  });
  std::memcpy(data, w.readVgpr(i, i.address, read & w.exec), sizeof data);
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  // A disabled source lane reads as zero.
  forLanes(w.exec, [&](int l) { to[l] = w.exec >> source[l] & 1 ? data[source[l]] : 0; });
  pendLdsRead(w, i, 1);
}

// Counts like every DS instruction.
void nop(Wave &w, const Instruction &i) {
  pendLdsWrite(w, i);
}

const Semantics kTable[] = {
    {"ds_nop", nop},
    {"ds_bpermute_b32", bpermute},
    {"ds_permute_b32", permute},
    {"ds_swizzle_b32", swizzle},
};

} // namespace

std::span<const Semantics> ldsLaneSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
