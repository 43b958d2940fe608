// Vector comparisons: VOPC, with the same opcodes in VOP3 (CDNA4 ISA 12.10).
#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

#include <bit>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

template <bool sets_exec>
void writeMask(Wave &w, const Instruction &i, const std::uint8_t (&r)[kLanes]) {
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l)
    mask |= u64{r[l]} << l;
  mask &= w.exec; // inactive lanes give 0
  w.setScalar64(i, i.sdst, mask);
  if constexpr (sets_exec)
    w.exec = mask;
}

template <auto F, bool sets_exec, typename A, typename B>
void compareOf(Wave &w, const Instruction &i, bool (*)(A, B)) {
  Source<A> a(w, i, 0);
  Source<B> b(w, i, 1);
  std::uint8_t r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = F(a[l], b[l]);
  writeMask<sets_exec>(w, i, r);
}
template <auto F, bool x> void compare(Wave &w, const Instruction &i) {
  compareOf<F, x>(w, i, +F);
}

// v_cmp_class: bit n of S1 asks for class n of S0.
template <typename T> u32 classOf(T f) {
  using F = IeeeFormat<T>;
  auto bits = std::bit_cast<BitsOf<T>>(f);
  bool negative = bits & F::kSign;
  auto exponent = bits & F::kExponent, mantissa = bits & F::kMantissa;
  if (exponent == F::kExponent) {
    if (mantissa)
      return bits & F::kQuiet ? 1u << 1 : 1u << 0;
    return negative ? 1u << 2 : 1u << 9;
  }
  if (exponent)
    return negative ? 1u << 3 : 1u << 8;
  if (mantissa)
    return negative ? 1u << 4 : 1u << 7;
  return negative ? 1u << 5 : 1u << 6;
}
// A half's S1 has 16 bits.
template <typename T, bool sets_exec> void compareClass(Wave &w, const Instruction &i) {
  Source<T> value(w, i, 0, Denormals::kKept);
  Source<std::conditional_t<sizeof(T) == 2, u16, u32>> classes(w, i, 1);
  std::uint8_t r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = (classOf(value[l]) & classes[l]) != 0;
  writeMask<sets_exec>(w, i, r);
}

// clang-format off
#define FLOAT_COMPARES(S, T, P, X)                                                                 \
  {P "_f_" S, compare<[](T, T) { return false; }, X>},                                             \
  {P "_lt_" S, compare<[](T a, T b) { return a < b; }, X>},                                        \
  {P "_eq_" S, compare<[](T a, T b) { return a == b; }, X>},                                       \
  {P "_le_" S, compare<[](T a, T b) { return a <= b; }, X>},                                       \
  {P "_gt_" S, compare<[](T a, T b) { return (a > b); }, X>},                                        \
  {P "_lg_" S, compare<[](T a, T b) { return (a < b || a > b); }, X>},                               \
  {P "_ge_" S, compare<[](T a, T b) { return (a >= b); }, X>},                                       \
  {P "_o_" S, compare<[](T a, T b) { return a == a && b == b; }, X>},                              \
  {P "_u_" S, compare<[](T a, T b) { return a != a || b != b; }, X>},                              \
  {P "_nge_" S, compare<[](T a, T b) { return (!(a >= b)); }, X>},                                   \
  {P "_nlg_" S, compare<[](T a, T b) { return (!(a < b || a > b)); }, X>},                           \
  {P "_ngt_" S, compare<[](T a, T b) { return (!(a > b)); }, X>},                                    \
  {P "_nle_" S, compare<[](T a, T b) { return !(a <= b); }, X>},                                   \
  {P "_neq_" S, compare<[](T a, T b) { return !(a == b); }, X>},                                   \
  {P "_nlt_" S, compare<[](T a, T b) { return !(a < b); }, X>},                                    \
  {P "_tru_" S, compare<[](T, T) { return true; }, X>},
#define INTEGER_COMPARES(S, T, P, X)                                                               \
  {P "_f_" S, compare<[](T, T) { return false; }, X>},                                             \
  {P "_lt_" S, compare<[](T a, T b) { return a < b; }, X>},                                        \
  {P "_eq_" S, compare<[](T a, T b) { return a == b; }, X>},                                       \
  {P "_le_" S, compare<[](T a, T b) { return a <= b; }, X>},                                       \
  {P "_gt_" S, compare<[](T a, T b) { return (a > b); }, X>},                                        \
  {P "_ne_" S, compare<[](T a, T b) { return a != b; }, X>},                                       \
  {P "_ge_" S, compare<[](T a, T b) { return (a >= b); }, X>},                                       \
  {P "_t_" S, compare<[](T, T) { return true; }, X>},
#define BOTH(KIND, S, T) KIND(S, T, "v_cmp", false) KIND(S, T, "v_cmpx", true)

const Semantics kTable[] = {
    BOTH(FLOAT_COMPARES, "f32", float)
    BOTH(FLOAT_COMPARES, "f64", double)
    BOTH(FLOAT_COMPARES, "f16", Half)
    BOTH(INTEGER_COMPARES, "i16", i16)
    BOTH(INTEGER_COMPARES, "u16", u16)
    BOTH(INTEGER_COMPARES, "i32", i32)
    BOTH(INTEGER_COMPARES, "u32", u32)
    BOTH(INTEGER_COMPARES, "i64", i64)
    BOTH(INTEGER_COMPARES, "u64", u64)
    {"v_cmp_class_f32", compareClass<float, false>},
    {"v_cmpx_class_f32", compareClass<float, true>},
    {"v_cmp_class_f64", compareClass<double, false>},
    {"v_cmpx_class_f64", compareClass<double, true>},
    {"v_cmp_class_f16", compareClass<Half, false>},
    {"v_cmpx_class_f16", compareClass<Half, true>},
};
// clang-format on

} // namespace

std::span<const Semantics> compareSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
