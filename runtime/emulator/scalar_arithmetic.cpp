// Scalar arithmetic, bit counts and comparisons (CDNA4 ISA 12.1-12.4). Shifts and bit fields are in
// scalar_fields.cpp.
#include "runtime/emulator/scalar_value.h"
#include "runtime/emulator/semantics.h"

#include <bit>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

struct Out {
  u32 v;
  bool scc;
};
template <auto F> void sum(Wave &w, const Instruction &i) {
  auto a = readScalar<u32>(w, i, i.src[0]);
  auto b = readScalar<u32>(w, i, i.src[1]);
  Out r = F(a.v, b.v);
  writeScalar(w, i, ScalarValue<u32>{r.v, definedLowBits(a.defined, b.defined)});
  setScc(w, r.scc, a.whole() && b.whole());
}
// SCC says whether S0 was taken.
template <auto F> void extremum(Wave &w, const Instruction &i) {
  auto a = readScalar<u32>(w, i, i.src[0]);
  auto b = readScalar<u32>(w, i, i.src[1]);
  bool defined = a.whole() && b.whole(), first = F(a.v, b.v);
  writeScalar(w, i, ScalarValue<u32>{first ? a.v : b.v, defined ? ~0u : 0});
  setScc(w, first, defined);
}
template <auto F> void carrySum(Wave &w, const Instruction &i) {
  auto a = readScalar<u32>(w, i, i.src[0]);
  auto b = readScalar<u32>(w, i, i.src[1]);
  Out r = F(a.v, b.v, w.scc);
  u32 defined = w.scc_defined ? definedLowBits(a.defined, b.defined) : 0;
  writeScalar(w, i, ScalarValue<u32>{r.v, defined});
  setScc(w, r.scc, a.whole() && b.whole() && w.scc_defined);
}
void multiply(Wave &w, const Instruction &i) {
  auto a = readScalar<u32>(w, i, i.src[0]);
  auto b = readScalar<u32>(w, i, i.src[1]);
  writeScalar(w, i, ScalarValue<u32>{a.v * b.v, definedLowBits(a.defined, b.defined)});
}

// F of operands that must be defined as a whole; what happens to SCC is the second parameter.
enum class Scc { kKeep, kNonZero };

template <auto F, Scc scc, typename T, typename A, typename B>
void binaryOf(Wave &w, const Instruction &i, T (*)(A, B)) {
  using UA = std::make_unsigned_t<A>;
  using UB = std::make_unsigned_t<B>;
  using UT = std::make_unsigned_t<T>;
  auto a = readScalar<UA>(w, i, i.src[0]);
  auto b = readScalar<UB>(w, i, i.src[1]);
  bool defined = a.whole() && b.whole();
  ScalarValue<UT> r{static_cast<UT>(F(static_cast<A>(a.v), static_cast<B>(b.v))),
                    defined ? static_cast<UT>(~UT{0}) : UT{0}};
  writeScalar(w, i, r);
  if constexpr (scc == Scc::kNonZero)
    sccNonZero(w, r);
}
template <auto F, Scc scc = Scc::kKeep> void binary(Wave &w, const Instruction &i) {
  binaryOf<F, scc>(w, i, +F);
}
template <auto F, Scc scc, typename T, typename A>
void unaryOf(Wave &w, const Instruction &i, T (*)(A)) {
  using UA = std::make_unsigned_t<A>;
  using UT = std::make_unsigned_t<T>;
  auto a = readScalar<UA>(w, i, i.src[0]);
  ScalarValue<UT> r{static_cast<UT>(F(static_cast<A>(a.v))),
                    a.whole() ? static_cast<UT>(~UT{0}) : UT{0}};
  writeScalar(w, i, r);
  if constexpr (scc == Scc::kNonZero)
    sccNonZero(w, r);
}
template <auto F, Scc scc = Scc::kKeep> void unary(Wave &w, const Instruction &i) {
  unaryOf<F, scc>(w, i, +F);
}

void addk(Wave &w, const Instruction &i) {
  auto d = readScalar<u32>(w, i, i.dst);
  u32 k = static_cast<u32>(i.offset), r = d.v + k;
  setScc(w, (~(d.v ^ k) & (d.v ^ r)) >> 31, d.whole());
  writeScalar(w, i, ScalarValue<u32>{r, definedLowBits(d.defined, ~0u)});
}
void mulk(Wave &w, const Instruction &i) {
  auto d = readScalar<u32>(w, i, i.dst);
  writeScalar(w, i,
              ScalarValue<u32>{d.v * static_cast<u32>(i.offset), definedLowBits(d.defined, ~0u)});
}

template <auto F, typename A> void compareOf(Wave &w, const Instruction &i, bool (*)(A, A)) {
  using U = std::make_unsigned_t<A>;
  auto a = readScalar<U>(w, i, i.src[0]);
  auto b = readScalar<U>(w, i, i.src[1]);
  setScc(w, F(static_cast<A>(a.v), static_cast<A>(b.v)), a.whole() && b.whole());
}
template <auto F> void compare(Wave &w, const Instruction &i) {
  compareOf<F>(w, i, +F);
}
template <auto F, typename A> void comparekOf(Wave &w, const Instruction &i, bool (*)(A, A)) {
  auto a = readScalar<u32>(w, i, i.dst);
  // The constant is sign-extended for signed, zero-extended for unsigned comparisons.
  A k = std::is_signed_v<A> ? static_cast<A>(i.offset) : static_cast<A>(i.offset & 0xffff);
  setScc(w, F(static_cast<A>(a.v), k), a.whole());
}
template <auto F> void comparek(Wave &w, const Instruction &i) {
  comparekOf<F>(w, i, +F);
}

u32 lowBits(u32 n) {
  return n >= 32 ? ~0u : (1u << n) - 1;
}
u64 lowBits64(u32 n) {
  return n >= 64 ? ~u64{0} : (u64{1} << n) - 1;
}
constexpr Scc kNz = Scc::kNonZero;

const Semantics kTable[] = {
    {"s_bcnt0_i32_b32", unary<[](u32 a) { return (static_cast<u32>(std::popcount(~a))); }, kNz>},
    {"s_bcnt0_i32_b64", unary<[](u64 a) { return (static_cast<u32>(std::popcount(~a))); }, kNz>},
    {"s_bcnt1_i32_b32", unary<[](u32 a) { return (static_cast<u32>(std::popcount(a))); }, kNz>},
    {"s_bcnt1_i32_b64", unary<[](u64 a) { return (static_cast<u32>(std::popcount(a))); }, kNz>},
    {"s_ff0_i32_b32", unary<[](u32 a) { return ~a ? std::countr_one(a) : -1; }>},
    {"s_ff0_i32_b64", unary<[](u64 a) { return ~a ? std::countr_one(a) : -1; }>},
    {"s_ff1_i32_b32", unary<[](u32 a) { return a ? std::countr_zero(a) : -1; }>},
    {"s_ff1_i32_b64", unary<[](u64 a) { return a ? std::countr_zero(a) : -1; }>},
    {"s_flbit_i32_b32", unary<[](u32 a) { return a ? std::countl_zero(a) : -1; }>},
    {"s_flbit_i32_b64", unary<[](u64 a) { return a ? std::countl_zero(a) : -1; }>},
    {"s_flbit_i32", unary<[](u32 a) {
       u32 b = (a >> 31) ? ~a : a;
       return b ? std::countl_zero(b) : -1;
     }>},
    {"s_flbit_i32_i64", unary<[](u64 a) {
       u64 b = (a >> 63) ? ~a : a;
       return b ? std::countl_zero(b) : -1;
     }>},
    {"s_abs_i32", unary<[](u32 a) { return (static_cast<i32>(a) < 0 ? 0u - a : a); }, kNz>},
    {"s_add_u32", sum<[](u32 a, u32 b) { return Out{a + b, a + b < a}; }>},
    {"s_sub_u32", sum<[](u32 a, u32 b) { return Out{(a - b), (b > a)}; }>},
    {"s_add_i32",
     sum<[](u32 a, u32 b) { return Out{(a + b), (((~(a ^ b) & (a ^ (a + b))) >> 31) != 0)}; }>},
    {"s_sub_i32",
     sum<[](u32 a, u32 b) { return Out{(a - b), ((((a ^ b) & (a ^ (a - b))) >> 31) != 0)}; }>},
    {"s_addc_u32",
     carrySum<[](u32 a, u32 b, u32 c) { return Out{(a + b + c), (u64{a} + b + c > 0xffffffff)}; }>},
    {"s_subb_u32",
     carrySum<[](u32 a, u32 b, u32 c) { return Out{(a - b - c), (u64{b} + c > a)}; }>},
    {"s_min_i32", extremum<[](u32 a, u32 b) { return static_cast<i32>(a) < static_cast<i32>(b); }>},
    {"s_min_u32", extremum<[](u32 a, u32 b) { return a < b; }>},
    {"s_max_i32",
     extremum<[](u32 a, u32 b) { return (static_cast<i32>(a) >= static_cast<i32>(b)); }>},
    {"s_max_u32", extremum<[](u32 a, u32 b) { return (a >= b); }>},
    {"s_bfm_b32", binary<[](u32 a, u32 b) { return lowBits(a & 31) << (b & 31); }>},
    {"s_bfm_b64", binary<[](u32 a, u32 b) { return lowBits64(a & 63) << (b & 63); }>},
    {"s_mul_i32", multiply},
    {"s_mul_hi_u32", binary<[](u32 a, u32 b) { return (static_cast<u32>(u64{a} * b >> 32)); }>},
    {"s_mul_hi_i32", binary<[](i32 a, i32 b) { return (static_cast<i32>(i64{a} * b >> 32)); }>},
    {"s_absdiff_i32", binary<[](u32 a, u32 b) {
       u32 d = a - b;
       return (static_cast<i32>(d) < 0 ? 0u - d : d);
     },
                             kNz>},
    {"s_lshl1_add_u32", sum<[](u32 a, u32 b) {
       u64 r = (u64{a} << 1) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_lshl2_add_u32", sum<[](u32 a, u32 b) {
       u64 r = (u64{a} << 2) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_lshl3_add_u32", sum<[](u32 a, u32 b) {
       u64 r = (u64{a} << 3) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_lshl4_add_u32", sum<[](u32 a, u32 b) {
       u64 r = (u64{a} << 4) + b;
       return Out{(static_cast<u32>(r)), (r > 0xffffffff)};
     }>},
    {"s_addk_i32", addk},
    {"s_mulk_i32", mulk},
    {"s_cmpk_eq_i32", comparek<[](i32 a, i32 b) { return a == b; }>},
    {"s_cmpk_lg_i32", comparek<[](i32 a, i32 b) { return a != b; }>},
    {"s_cmpk_gt_i32", comparek<[](i32 a, i32 b) { return (a > b); }>},
    {"s_cmpk_ge_i32", comparek<[](i32 a, i32 b) { return (a >= b); }>},
    {"s_cmpk_lt_i32", comparek<[](i32 a, i32 b) { return a < b; }>},
    {"s_cmpk_le_i32", comparek<[](i32 a, i32 b) { return a <= b; }>},
    {"s_cmpk_eq_u32", comparek<[](u32 a, u32 b) { return a == b; }>},
    {"s_cmpk_lg_u32", comparek<[](u32 a, u32 b) { return a != b; }>},
    {"s_cmpk_gt_u32", comparek<[](u32 a, u32 b) { return (a > b); }>},
    {"s_cmpk_ge_u32", comparek<[](u32 a, u32 b) { return (a >= b); }>},
    {"s_cmpk_lt_u32", comparek<[](u32 a, u32 b) { return a < b; }>},
    {"s_cmpk_le_u32", comparek<[](u32 a, u32 b) { return a <= b; }>},
    {"s_cmp_eq_i32", compare<[](i32 a, i32 b) { return a == b; }>},
    {"s_cmp_lg_i32", compare<[](i32 a, i32 b) { return a != b; }>},
    {"s_cmp_gt_i32", compare<[](i32 a, i32 b) { return (a > b); }>},
    {"s_cmp_ge_i32", compare<[](i32 a, i32 b) { return (a >= b); }>},
    {"s_cmp_lt_i32", compare<[](i32 a, i32 b) { return a < b; }>},
    {"s_cmp_le_i32", compare<[](i32 a, i32 b) { return a <= b; }>},
    {"s_cmp_eq_u32", compare<[](u32 a, u32 b) { return a == b; }>},
    {"s_cmp_lg_u32", compare<[](u32 a, u32 b) { return a != b; }>},
    {"s_cmp_gt_u32", compare<[](u32 a, u32 b) { return (a > b); }>},
    {"s_cmp_ge_u32", compare<[](u32 a, u32 b) { return (a >= b); }>},
    {"s_cmp_lt_u32", compare<[](u32 a, u32 b) { return a < b; }>},
    {"s_cmp_le_u32", compare<[](u32 a, u32 b) { return a <= b; }>},
    {"s_cmp_eq_u64", compare<[](u64 a, u64 b) { return a == b; }>},
    {"s_cmp_lg_u64", compare<[](u64 a, u64 b) { return a != b; }>},
};

} // namespace

std::span<const Semantics> scalarArithmeticSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
