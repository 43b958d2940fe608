// Functions of one lane that several classes of vector instructions share.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gemmsmith::emulator {

// The quiet NaN that an operation makes of a NaN.
template <typename T> T quiet(T a) {
  return a + a;
}

// minNum and maxNum of IEEE 754-2008, with -0 below +0, as the manual's V_MIN_F32 in IEEE mode.
template <typename T> T minNum(T a, T b) {
  if (a != a)
    return b != b ? quiet(a) : b;
  if (b != b)
    return a;
  return a < b || (a == b && std::signbit(static_cast<float>(a))) ? a : b;
}
template <typename T> T maxNum(T a, T b) {
  if (a != a)
    return b != b ? quiet(a) : b;
  if (b != b)
    return a;
  return a > b || (a == b && !std::signbit(static_cast<float>(a))) ? a : b;
}
// minimum and maximum of IEEE 754-2019: NaN wins.
template <typename T> T minimum(T a, T b) {
  return a != a ? quiet(a) : b != b ? quiet(b) : minNum(a, b);
}
template <typename T> T maximum(T a, T b) {
  return a != a ? quiet(a) : b != b ? quiet(b) : maxNum(a, b);
}
template <typename T> T med3(T a, T b, T c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

inline u32 toBf16(float f) { // round to nearest even; NaN stays a quiet NaN
  auto v = std::bit_cast<u32>(f);
  u32 rounded = (v + 0x7fff + (v >> 16 & 1)) >> 16;
  return (v & 0x7fffffff) > 0x7f800000 ? (v >> 16) | 0x40 : rounded;
}
inline float fromBf16(u32 v) {
  return std::bit_cast<float>(v << 16);
}
inline u32 halfBits(Half h) {
  return std::bit_cast<u16>(h);
}
inline Half half(u32 bits) {
  return std::bit_cast<Half>(static_cast<u16>(bits));
}

} // namespace gemmsmith::emulator
