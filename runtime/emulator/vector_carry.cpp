// Sums and products that are wider than a register: carries in and out as lane masks, and the
// 64-bit multiply-add (CDNA4 ISA 12.8, 12.11).
#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

#include <limits>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

// Sums with carry out and, where there is one, carry in. F(a, b, carry) is 33 bits wide, and
// `saturated` is what CLAMP makes of a result that carries.
template <auto F, bool carry_in, u32 saturated> void carry(Wave &w, const Instruction &i) {
  u64 in = carry_in ? w.scalarMask(i, i.src[2], w.exec) : 0;
  Source<u32> a(w, i, 0), b(w, i, 1);
  LaneBuffer out;
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l) {
    u64 r = F(u64{a[l]}, u64{b[l]}, in >> l & 1);
    bool carries = r >> 32 & 1;
    out.v[l] = i.clamp && carries ? saturated : static_cast<u32>(r);
    mask |= u64{carries} << l;
  }
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

// {carry, D} are the 65 bits of S0 * S1 + S2; of the signed form the top one is the sign. CLAMP
// saturates D.
template <typename T> void mad64(Wave &w, const Instruction &i) {
  using Wide = std::conditional_t<std::is_signed_v<T>, i64, u64>;
  Source<T> a(w, i, 0), b(w, i, 1);
  u64 undefined_high = 0;
  Source<u64> c(w, i, 2, &undefined_high);
  alignas(64) u64 r[kLanes];
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l) {
    Wide addend = static_cast<Wide>(c[l]), sum;
    bool overflow = __builtin_add_overflow(Wide{a[l]} * b[l], addend, &sum);
    bool top = overflow;
    Wide limit = std::numeric_limits<Wide>::max();
    if constexpr (std::is_signed_v<T>) { // a sum that overflows has the sign of its addend
      top = (overflow ? addend : sum) < 0;
      if (top)
        limit = std::numeric_limits<Wide>::min();
    }
    if (i.clamp && overflow)
      sum = limit;
    r[l] = static_cast<u64>(sum);
    mask |= u64{top} << l;
  }
  writeSum(w, i, r, undefined_high);
  w.setScalar64(i, i.sdst, mask & w.exec, ~undefined_high);
}

// Shifts by more than 4 are unsupported and taken as 0.
void lshlAdd64(Wave &w, const Instruction &i) {
  u64 undefined_high = 0;
  Source<u64> a(w, i, 0, &undefined_high), c(w, i, 2, &undefined_high);
  Source<u32> b(w, i, 1);
  alignas(64) u64 r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = (a[l] << ((b[l] & 7) <= 4 ? b[l] & 7 : 0)) + c[l];
  writeSum(w, i, r, undefined_high);
}

constexpr auto kAdd = [](u64 a, u64 b, u64 c) { return a + b + c; };
constexpr auto kSub = [](u64 a, u64 b, u64 c) { return a - b - c; };
constexpr auto kSubRev = [](u64 a, u64 b, u64 c) { return b - a - c; };

const Semantics kTable[] = {
    {"v_add_co_u32", carry<kAdd, false, ~0u>, 2},
    {"v_sub_co_u32", carry<kSub, false, 0>, 2},
    {"v_subrev_co_u32", carry<kSubRev, false, 0>, 2},
    {"v_addc_co_u32", carry<kAdd, true, ~0u>, 3},
    {"v_subb_co_u32", carry<kSub, true, 0>, 3},
    {"v_subbrev_co_u32", carry<kSubRev, true, 0>, 3},
    {"v_mad_u64_u32", mad64<u32>, 3},
    {"v_mad_i64_i32", mad64<i32>, 3},
    {"v_lshl_add_u64", lshlAdd64, 3},
};

} // namespace

std::span<const Semantics> vectorCarrySemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
