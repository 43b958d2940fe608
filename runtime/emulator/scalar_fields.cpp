// Scalar shifts, bit fields, reversals and packing: each bit of a result comes from one bit of an
// operand, and undefined bits move along with the others (CDNA4 ISA 12.1, 12.3).
#include "runtime/emulator/scalar_value.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

enum class Scc { kKeep, kNonZero };

// The second operand says where bits go: if it is undefined, so is everything.
template <typename T, auto F, Scc scc> void place(Wave &w, const Instruction &i) {
  auto a = readScalar<T>(w, i, i.src[0]);
  auto b = readScalar<u32>(w, i, i.src[1]);
  ScalarValue<T> r = F(a, b.v);
  if (!b.whole())
    r.defined = 0;
  writeScalar(w, i, r);
  if constexpr (scc == Scc::kNonZero)
    sccNonZero(w, r);
}

template <typename T> T lowBits(u32 n) {
  return n >= sizeof(T) * 8 ? static_cast<T>(~T{0}) : static_cast<T>((T{1} << n) - 1);
}
template <typename T> u32 shiftCount(u32 n) {
  return n & (sizeof(T) * 8 - 1);
}

template <typename T> ScalarValue<T> shiftLeft(ScalarValue<T> a, u32 b) {
  u32 n = shiftCount<T>(b);
  return {a.v << n, a.defined << n | lowBits<T>(n)};
}
template <typename T> ScalarValue<T> shiftRight(ScalarValue<T> a, u32 b) {
  u32 n = shiftCount<T>(b);
  return {a.v >> n, a.defined >> n | ~(static_cast<T>(~T{0}) >> n)};
}
// The sign moves down with its definedness.
template <typename T> ScalarValue<T> shiftRightSigned(ScalarValue<T> a, u32 b) {
  using Signed = std::make_signed_t<T>;
  u32 n = shiftCount<T>(b);
  return {static_cast<T>(static_cast<Signed>(a.v) >> n),
          static_cast<T>(static_cast<Signed>(a.defined) >> n)};
}
// The lowest `width` bits, extended by zeros or by their sign.
template <typename T> ScalarValue<T> keepLow(ScalarValue<T> a, u32 width) {
  T field = lowBits<T>(width);
  return {a.v & field, a.defined | static_cast<T>(~field)};
}
template <typename T> ScalarValue<T> extendSign(ScalarValue<T> a, u32 width) {
  if (width == 0 || width >= sizeof(T) * 8)
    return keepLow(a, width);
  using Signed = std::make_signed_t<T>;
  u32 n = static_cast<u32>(sizeof(T) * 8) - width;
  return {static_cast<T>(static_cast<Signed>(a.v << n) >> n),
          static_cast<T>(static_cast<Signed>(a.defined << n) >> n)};
}
// S1 = {width [22:16], offset [5:0]}. The shift is arithmetic in the signed form.
template <typename T> ScalarValue<T> field(ScalarValue<T> a, u32 b) {
  return keepLow(shiftRight(a, b), b >> 16 & 127);
}
template <typename T> ScalarValue<T> signedField(ScalarValue<T> a, u32 b) {
  return extendSign(shiftRightSigned(a, b), b >> 16 & 127);
}

template <int width> void extend(Wave &w, const Instruction &i) {
  writeScalar(w, i, extendSign(readScalar<u32>(w, i, i.src[0]), width));
}

template <typename T> T reversed(T a) {
  constexpr int kBits = sizeof(T) * 8;
  T r = 0;
  for (int n = 0; n < kBits; ++n)
    r |= (a >> n & 1) << (kBits - 1 - n);
  return r;
}
template <typename T> void reverse(Wave &w, const Instruction &i) {
  auto a = readScalar<T>(w, i, i.src[0]);
  writeScalar(w, i, ScalarValue<T>{reversed(a.v), reversed(a.defined)});
}

u64 doubled(u32 a) {
  u64 r = 0;
  for (int n = 0; n < 32; ++n)
    r |= (u64{a} >> n & 1) * 3 << 2 * n;
  return r;
}
void replicate(Wave &w, const Instruction &i) {
  auto a = readScalar<u32>(w, i, i.src[0]);
  writeScalar(w, i, ScalarValue<u64>{doubled(a.v), doubled(a.defined)});
}

// A half of S0 below a half of S1.
template <bool high0, bool high1> void pack(Wave &w, const Instruction &i) {
  auto a = readScalar<u32>(w, i, i.src[0]), b = readScalar<u32>(w, i, i.src[1]);
  auto join = [](u32 x, u32 y) {
    return (high0 ? x >> 16 : x & 0xffff) | (high1 ? y & 0xffff0000 : y << 16);
  };
  writeScalar(w, i, ScalarValue<u32>{join(a.v, b.v), join(a.defined, b.defined)});
}

// --- groups of four bits: whether any of them is set

template <typename T> bool groupSet(T v, int group) {
  return (v >> 4 * group & 15) != 0;
}
template <typename T> ScalarValue<T> quads(ScalarValue<T> a) {
  ScalarValue<T> r;
  constexpr int kGroups = sizeof(T) * 2;
  r.defined = static_cast<T>(~lowBits<T>(kGroups));
  for (int n = 0; n < kGroups; ++n) {
    r.v |= T{groupSet(a.v, n)} << n;
    bool known = (a.defined >> 4 * n & 15) == 15 || groupSet(static_cast<T>(a.v & a.defined), n);
    r.defined |= T{known} << n;
  }
  return r;
}
template <typename T> void quadMask(Wave &w, const Instruction &i) {
  auto r = quads(readScalar<T>(w, i, i.src[0]));
  writeScalar(w, i, r);
  sccNonZero(w, r);
}
template <typename T> void wholeQuads(Wave &w, const Instruction &i) {
  auto q = quads(readScalar<T>(w, i, i.src[0]));
  ScalarValue<T> r;
  for (int n = 0; n < static_cast<int>(sizeof(T) * 2); ++n) {
    r.v |= (q.v >> n & 1) * 15 << 4 * n;
    r.defined |= (q.defined >> n & 1) * 15 << 4 * n;
  }
  writeScalar(w, i, r);
  sccNonZero(w, r);
}

const Semantics kTable[] = {
    {"s_lshl_b32", place<u32, shiftLeft<u32>, Scc::kNonZero>},
    {"s_lshl_b64", place<u64, shiftLeft<u64>, Scc::kNonZero>},
    {"s_lshr_b32", place<u32, shiftRight<u32>, Scc::kNonZero>},
    {"s_lshr_b64", place<u64, shiftRight<u64>, Scc::kNonZero>},
    {"s_ashr_i32", place<u32, shiftRightSigned<u32>, Scc::kNonZero>},
    {"s_ashr_i64", place<u64, shiftRightSigned<u64>, Scc::kNonZero>},
    {"s_bfe_u32", place<u32, field<u32>, Scc::kNonZero>},
    {"s_bfe_u64", place<u64, field<u64>, Scc::kNonZero>},
    {"s_bfe_i32", place<u32, signedField<u32>, Scc::kNonZero>},
    {"s_bfe_i64", place<u64, signedField<u64>, Scc::kNonZero>},
    {"s_sext_i32_i8", extend<8>},
    {"s_sext_i32_i16", extend<16>},
    {"s_brev_b32", reverse<u32>},
    {"s_brev_b64", reverse<u64>},
    {"s_bitreplicate_b64_b32", replicate},
    {"s_pack_ll_b32_b16", pack<false, false>},
    {"s_pack_lh_b32_b16", pack<false, true>},
    {"s_pack_hh_b32_b16", pack<true, true>},
    {"s_quadmask_b32", quadMask<u32>},
    {"s_quadmask_b64", quadMask<u64>},
    {"s_wqm_b32", wholeQuads<u32>},
    {"s_wqm_b64", wholeQuads<u64>},
};

} // namespace

std::span<const Semantics> scalarFieldSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
