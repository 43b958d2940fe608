// Scalar operands whose bits may be undefined.
//
// Undefined bits: moves, selections, bitwise operations and shifts carry them along exactly; sums
// and products are undefined from the lowest undefined bit of an operand upwards, which is how
// compilers compute with narrow integers in wide registers; every other operation makes its whole
// result undefined. They become a fault where they decide something: a branch, an address, EXEC, a
// vector operand.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/wave.h"

namespace gemmsmith::emulator {

template <typename T> struct ScalarValue {
  T v = 0;
  T defined = 0;
  bool whole() const { return defined == static_cast<T>(~T{0}); }
};

template <typename T> ScalarValue<T> readScalar(Wave &w, const Instruction &i, std::uint16_t code) {
  ScalarValue<T> r;
  if constexpr (sizeof(T) == 8)
    r.v = w.rawScalar64(i, code, r.defined);
  else
    r.v = w.rawScalar32(i, code, r.defined);
  return r;
}

template <typename T> void writeScalar(Wave &w, const Instruction &i, ScalarValue<T> r) {
  if constexpr (sizeof(T) == 8)
    w.setScalar64(i, i.dst, r.v, r.defined);
  else
    w.setScalar32(i, i.dst, r.v, r.defined);
}

// What is defined of a sum, difference or product: a bit depends on the bits at and below it.
template <typename T> T definedLowBits(T a, T b) {
  T both = a & b;
  return both & static_cast<T>(~(both + 1));
}

inline bool needScc(Wave &w, const Instruction &i) {
  if (!w.scc_defined)
    w.fault(i, "SCC is read, but its value depends on undefined registers");
  return w.scc != 0;
}
inline void setScc(Wave &w, bool value, bool defined) {
  w.scc = value;
  w.scc_defined = defined;
}
// SCC = (result != 0): known as soon as one defined bit is set.
template <typename T> void sccNonZero(Wave &w, ScalarValue<T> r) {
  setScc(w, r.v != 0, r.whole() || (r.v & r.defined) != 0);
}

} // namespace gemmsmith::emulator
