// Functions of one lane that several classes of vector instructions share.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace gemmsmith::emulator {

template <typename T> bool isSignaling(T a) {
  return a != a && !(std::bit_cast<BitsOf<T>>(a) & IeeeFormat<T>::kQuiet);
}
// The quiet NaN that an operation makes of a NaN.
template <typename T> T quiet(T a) {
  return std::bit_cast<T>(
      static_cast<BitsOf<T>>(std::bit_cast<BitsOf<T>>(a) | IeeeFormat<T>::kQuiet));
}
// The NaN of an invalid operation: negative, as all the manual's examples are.
template <typename T> T invalid() {
  using F = IeeeFormat<T>;
  return std::bit_cast<T>(static_cast<BitsOf<T>>(F::kSign | F::kExponent | F::kQuiet));
}
// The biased exponent.
template <typename T> int exponentField(T a) {
  using F = IeeeFormat<T>;
  return static_cast<int>((std::bit_cast<BitsOf<T>>(a) & F::kExponent) >> F::kMantissaBits);
}

// V_MIN and V_MAX: a NaN loses against a number, -0 lies below +0, and in IEEE mode signaling NaNs
// win (CDNA4 ISA 12.7, 12.11).
template <bool ieee, typename T> T least(T a, T b) {
  using Bits = BitsOf<T>;
  if (ieee && isSignaling(a))
    return quiet(a);
  if (ieee && isSignaling(b))
    return quiet(b);
  if (a != a)
    return b;
  if (b != b)
    return a;
  if (a == b) // zeros may differ in sign
    return std::bit_cast<T>(static_cast<Bits>(std::bit_cast<Bits>(a) | std::bit_cast<Bits>(b)));
  return a < b ? a : b;
}
template <bool ieee, typename T> T greatest(T a, T b) {
  using Bits = BitsOf<T>;
  if (ieee && isSignaling(a))
    return quiet(a);
  if (ieee && isSignaling(b))
    return quiet(b);
  if (a != a)
    return b;
  if (b != b)
    return a;
  if (a == b)
    return std::bit_cast<T>(static_cast<Bits>(std::bit_cast<Bits>(a) & std::bit_cast<Bits>(b)));
  return a > b ? a : b;
}
template <bool ieee, typename T> T least3(T a, T b, T c) {
  return least<ieee>(least<ieee>(a, b), c);
}
template <bool ieee, typename T> T greatest3(T a, T b, T c) {
  return greatest<ieee>(greatest<ieee>(a, b), c);
}
template <bool ieee, typename T> T median3(T a, T b, T c) {
  if (a != a || b != b || c != c)
    return least3<ieee>(a, b, c);
  T most = greatest3<ieee>(a, b, c);
  return most == a ? greatest<ieee>(b, c) : most == b ? greatest<ieee>(a, c) : greatest<ieee>(a, b);
}
template <typename T> T minNum(T a, T b) {
  return least<true>(a, b);
}
template <typename T> T maxNum(T a, T b) {
  return greatest<true>(a, b);
}

// minimum and maximum of IEEE 754-2019: a NaN wins, a signaling one first.
template <typename T> T minimum(T a, T b) {
  if (isSignaling(a) || (a != a && !isSignaling(b)))
    return quiet(a);
  return b != b ? quiet(b) : minNum(a, b);
}
template <typename T> T maximum(T a, T b) {
  if (isSignaling(a) || (a != a && !isSignaling(b)))
    return quiet(a);
  return b != b ? quiet(b) : maxNum(a, b);
}
template <typename T> T med3(T a, T b, T c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

// a + b, or if that is not representable whichever neighbour of it is odd: to a format that is at
// least two bits shorter this rounds as the exact sum does, ties included. The sum is to be called
// where its result is rounded; in directed modes both roundings go the same way.
template <typename Wide> Wide oddSum(Wide a, Wide b) {
  Wide sum = a + b;
  Wide part = sum - a;
  Wide rest = (a - (sum - part)) + (b - part);
  if (!(rest != 0) || !(sum - sum == 0))
    return sum;
  if constexpr (sizeof(Wide) == 8) {
    auto bits = std::bit_cast<u64>(sum);
    return std::bit_cast<Wide>(bits & 1 ? bits : (rest > 0) == (sum > 0) ? bits + 1 : bits - 1);
  } else {
    __extension__ typedef unsigned __int128 Wide128;
    auto bits = std::bit_cast<Wide128>(sum);
    return std::bit_cast<Wide>(bits & 1 ? bits : (rest > 0) == (sum > 0) ? bits + 1 : bits - 1);
  }
}
// The product of two halves is exact in a double.
inline Half fusedHalf(Half a, Half b, Half c) {
  return static_cast<Half>(
      oddSum(static_cast<double>(a) * static_cast<double>(b), static_cast<double>(c)));
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
