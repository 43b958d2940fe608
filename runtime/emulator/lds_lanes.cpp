// Lane permutations through the LDS crossbar; no memory is touched (CDNA4 ISA 12.13).
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
  // A disabled source lane reads as zero (CDNA4 ISA 12.13, DS_BPERMUTE_B32).
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
void swizzle(Wave &w, const Instruction &i) {
  auto pattern = static_cast<u32>(i.offset);
  auto source = [&](int l) -> int {
    if (pattern >> 15) // quad mode: 2 bits per lane of four
      return (l & ~3) | static_cast<int>(pattern >> (l & 3) * 2 & 3);
    int in = l & 31;
    int s = ((in & static_cast<int>(pattern & 31)) | static_cast<int>(pattern >> 5 & 31)) ^
            static_cast<int>(pattern >> 10 & 31);
    return (l & ~31) | s;
  };
  if (pattern >= 0xc000)
    w.fault(i, "the rotate and FFT modes of ds_swizzle are not emulated");
  u32 data[kLanes];
  u64 read = 0;
  forLanes(w.exec, [&](int l) { read |= u64{1} << source(l); });
  std::memcpy(data, w.readVgpr(i, i.address, read & w.exec), sizeof data);
  u32 *to = w.loadVgpr(i, i.dst, w.exec, false);
  forLanes(w.exec, [&](int l) {
    int s = source(l);
    to[l] = w.exec >> s & 1 ? data[s] : 0;
  });
  pendLdsRead(w, i, 1);
}

void nop(Wave &, const Instruction &) {}

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
