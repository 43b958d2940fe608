// Vector comparisons: VOPC, with the same opcodes in VOP3 (CDNA4 ISA 12.10).
#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

#include <cmath>

namespace gemmsmith::emulator {
namespace {

template <auto F, bool sets_exec, typename A, typename B>
void compareOf(Wave &w, const Instruction &i, bool (*)(A, B)) {
  Source<A> a(w, i, 0);
  Source<B> b(w, i, 1);
  std::uint8_t r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = F(a[l], b[l]);
  u64 mask = 0;
  for (int l = 0; l < kLanes; ++l)
    mask |= u64{r[l]} << l;
  mask &= w.exec; // inactive lanes give 0
  w.setScalar64(i, i.sdst, mask);
  if constexpr (sets_exec)
    w.exec = mask;
}
template <auto F, bool x> void compare(Wave &w, const Instruction &i) {
  compareOf<F, x>(w, i, +F);
}

// v_cmp_class: bit n of S1 asks for class n of S0.
template <typename T> u32 classOf(T f) {
  bool negative = std::signbit(f);
  if (f != f) {
    bool quiet;
    if constexpr (sizeof(T) == 4)
      quiet = std::bit_cast<u32>(f) >> 22 & 1;
    else
      quiet = std::bit_cast<u64>(f) >> 51 & 1;
    return quiet ? 2 : 1;
  }
  switch (std::fpclassify(f)) {
  case FP_INFINITE:
    return negative ? 1u << 2 : 1u << 9;
  case FP_NORMAL:
    return negative ? 1u << 3 : 1u << 8;
  case FP_SUBNORMAL:
    return negative ? 1u << 4 : 1u << 7;
  default:
    return negative ? 1u << 5 : 1u << 6;
  }
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
    {"v_cmp_class_f32", compare<[](float a, u32 m) { return (classOf(a) & m) != 0; }, false>},
    {"v_cmpx_class_f32", compare<[](float a, u32 m) { return (classOf(a) & m) != 0; }, true>},
    {"v_cmp_class_f64", compare<[](double a, u32 m) { return (classOf(a) & m) != 0; }, false>},
    {"v_cmpx_class_f64", compare<[](double a, u32 m) { return (classOf(a) & m) != 0; }, true>},
};
// clang-format on

} // namespace

std::span<const Semantics> compareSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
