// Sums and products that are wider than a register: carries in and out as lane masks, and the
// 64-bit multiply-add (CDNA4 ISA 12.8, 12.11).
#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

// Sums with carry out and, where there is one, carry in. F(a, b, carry) is 33 bits wide.
template <auto F, bool carry_in> void carry(Wave &w, const Instruction &i) {
  u64 in = carry_in ? w.scalarMask(i, i.src[2], w.exec) : 0;
  Source<u32> a(w, i, 0), b(w, i, 1);
  LaneBuffer out;
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l) {
    u64 r = F(u64{a[l]}, u64{b[l]}, in >> l & 1);
    out.v[l] = static_cast<u32>(r);
    mask |= (r >> 32 & 1) << l;
  }
  if (i.clamp)
    w.fault(i, "clamp on a carry instruction is not emulated");
  writeLanes(w, i, i.dst, out.v);
  w.setScalar64(i, i.sdst, mask & w.exec);
}

// A 64-bit sum of which the low half does not depend on the high halves of the operands. LLVM
// multiplies and adds 32-bit integers this way with whatever lies beside the addend, so an
// undefined high half makes the high half of the result undefined, and the carry, but is no fault.
void writeSum(Wave &w, const Instruction &i, const u64 *sum, u64 undefined_high) {
  writeResult(w, i, sum);
  if (undefined_high)
    w.markUndefined(static_cast<u16>(i.dst + 1), undefined_high);
}

template <typename T> void mad64(Wave &w, const Instruction &i) {
  Source<T> a(w, i, 0), b(w, i, 1);
  u64 undefined_high = 0;
  Source<u64> c(w, i, 2, &undefined_high);
  alignas(64) u64 r[kLanes];
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l) {
    u64 product;
    bool overflow;
    if constexpr (std::is_signed_v<T>) {
      i64 p = i64{a[l]} * b[l], sum;
      overflow = __builtin_add_overflow(p, static_cast<i64>(c[l]), &sum);
      r[l] = static_cast<u64>(sum);
    } else {
      product = u64{a[l]} * b[l];
      overflow = __builtin_add_overflow(product, c[l], &r[l]);
    }
    mask |= u64{overflow} << l;
  }
  writeSum(w, i, r, undefined_high);
  w.setScalar64(i, i.sdst, mask & w.exec, ~undefined_high);
}

void lshlAdd64(Wave &w, const Instruction &i) {
  u64 undefined_high = 0;
  Source<u64> a(w, i, 0, &undefined_high), c(w, i, 2, &undefined_high);
  Source<u32> b(w, i, 1);
  alignas(64) u64 r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = (a[l] << (b[l] & 7)) + c[l];
  writeSum(w, i, r, undefined_high);
}

constexpr auto kAdd = [](u64 a, u64 b, u64 c) { return a + b + c; };
constexpr auto kSub = [](u64 a, u64 b, u64 c) { return a - b - c; };
constexpr auto kSubRev = [](u64 a, u64 b, u64 c) { return b - a - c; };

const Semantics kTable[] = {
    {"v_add_co_u32", carry<kAdd, false>, 2},
    {"v_sub_co_u32", carry<kSub, false>, 2},
    {"v_subrev_co_u32", carry<kSubRev, false>, 2},
    {"v_addc_co_u32", carry<kAdd, true>, 3},
    {"v_subb_co_u32", carry<kSub, true>, 3},
    {"v_subbrev_co_u32", carry<kSubRev, true>, 3},
    {"v_mad_u64_u32", mad64<u32>, 3},
    {"v_mad_i64_i32", mad64<i32>, 3},
    {"v_lshl_add_u64", lshlAdd64, 3},
};

} // namespace

std::span<const Semantics> vectorCarrySemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
