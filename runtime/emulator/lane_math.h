// Functions of one lane that several classes of vector instructions share.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/lanes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace gemmsmith::emulator {

// By integers, for these are in loops over lanes that vectorise so, those of halves above all.
template <typename T> bool isNaNBits(BitsOf<T> bits) {
  using F = IeeeFormat<T>;
  return static_cast<BitsOf<T>>(bits & ~F::kSign) > F::kExponent;
}
template <typename T> bool isSignaling(T a) {
  auto bits = std::bit_cast<BitsOf<T>>(a);
  return isNaNBits<T>(bits) && !(bits & IeeeFormat<T>::kQuiet);
}
// The quiet NaN that an operation makes of a NaN.
template <typename T> T quiet(T a) {
  return std::bit_cast<T>(
      static_cast<BitsOf<T>>(std::bit_cast<BitsOf<T>>(a) | IeeeFormat<T>::kQuiet));
}
// The same, and any number as it is.
template <typename T> [[gnu::always_inline]] inline T quieted(T a) {
  auto bits = std::bit_cast<BitsOf<T>>(a);
  auto quiet_bit = static_cast<BitsOf<T>>(isNaNBits<T>(bits) ? IeeeFormat<T>::kQuiet : 0);
  return std::bit_cast<T>(static_cast<BitsOf<T>>(bits | quiet_bit));
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

// Numbers in their order, -0 below +0.
template <typename T> std::make_signed_t<BitsOf<T>> orderOf(BitsOf<T> bits) {
  using Signed = std::make_signed_t<BitsOf<T>>;
  auto v = static_cast<Signed>(bits);
  return static_cast<Signed>(v ^ (v < 0 ? std::numeric_limits<Signed>::max() : 0));
}

// V_MIN and V_MAX: a NaN loses against a number, -0 lies below +0, and in IEEE mode signaling NaNs
// win, the first before the second (CDNA4 ISA 12.7, 12.11).
template <bool ieee, bool wants_least, typename T>
[[gnu::always_inline]] inline T selected(T a, T b) {
  using F = IeeeFormat<T>;
  using Bits = BitsOf<T>;
  using Signed = std::make_signed_t<Bits>;
  auto x = std::bit_cast<Bits>(a), y = std::bit_cast<Bits>(b);
  auto magnitude = [](Bits v) { return static_cast<Signed>(v & static_cast<Bits>(~F::kSign)); };
  constexpr auto kInfinity = static_cast<Signed>(F::kExponent);
  auto at_x = orderOf<T>(x), at_y = orderOf<T>(y);
  Bits r = (wants_least ? at_x < at_y : at_y < at_x) ? x : y;
  r = magnitude(y) > kInfinity ? x : r;
  r = magnitude(x) > kInfinity ? y : r;
  if constexpr (ieee) {
    // With the quiet bit flipped, the signaling NaNs are all that lies above the first quiet one.
    constexpr auto kFirstQuiet = static_cast<Signed>(F::kExponent | F::kQuiet);
    Bits quiet_x = x | F::kQuiet, quiet_y = y | F::kQuiet;
    r = magnitude(y ^ F::kQuiet) > kFirstQuiet ? quiet_y : r;
    r = magnitude(x ^ F::kQuiet) > kFirstQuiet ? quiet_x : r;
  }
  return std::bit_cast<T>(r);
}
template <bool ieee, typename T> [[gnu::always_inline]] inline T least(T a, T b) {
  return selected<ieee, true>(a, b);
}
template <bool ieee, typename T> [[gnu::always_inline]] inline T greatest(T a, T b) {
  return selected<ieee, false>(a, b);
}
template <bool ieee, typename T> [[gnu::always_inline]] inline T least3(T a, T b, T c) {
  return least<ieee>(least<ieee>(a, b), c);
}
template <bool ieee, typename T> [[gnu::always_inline]] inline T greatest3(T a, T b, T c) {
  return greatest<ieee>(greatest<ieee>(a, b), c);
}
template <bool ieee, typename T> [[gnu::always_inline]] inline T median3(T a, T b, T c) {
  using F = IeeeFormat<T>;
  using Bits = BitsOf<T>;
  auto x = std::bit_cast<Bits>(a), y = std::bit_cast<Bits>(b), z = std::bit_cast<Bits>(c);
  auto most = std::bit_cast<Bits>(greatest3<ieee>(a, b, c));
  auto magnitude = [](Bits v) { return static_cast<Bits>(v & static_cast<Bits>(~F::kSign)); };
  // Zeros of both signs are equal.
  auto differs = [=](Bits v) {
    return magnitude(v | most) ? static_cast<Bits>(v ^ most) : Bits{0};
  };
  // All of them first, for selections of what is at hand vectorise.
  auto r = std::bit_cast<Bits>(greatest<ieee>(a, b));
  auto without_b = std::bit_cast<Bits>(greatest<ieee>(a, c));
  auto without_a = std::bit_cast<Bits>(greatest<ieee>(b, c));
  auto with_nan = std::bit_cast<Bits>(least3<ieee>(a, b, c));
  r = differs(y) ? r : without_b;
  r = differs(x) ? r : without_a;
  r = magnitude(x) > F::kExponent ? with_nan : r;
  r = magnitude(y) > F::kExponent ? with_nan : r;
  r = magnitude(z) > F::kExponent ? with_nan : r;
  return std::bit_cast<T>(r);
}
template <typename T> T minNum(T a, T b) {
  return least<true>(a, b);
}
template <typename T> T maxNum(T a, T b) {
  return greatest<true>(a, b);
}

// minimum and maximum of IEEE 754-2019: a NaN wins, a signaling one first.
template <bool wants_least, typename T> [[gnu::always_inline]] inline T selectedNaN(T a, T b) {
  using Bits = BitsOf<T>;
  auto x = std::bit_cast<Bits>(a), y = std::bit_cast<Bits>(b);
  Bits r = std::bit_cast<Bits>(selected<true, wants_least>(a, b));
  r = isNaNBits<T>(y) ? static_cast<Bits>(y | IeeeFormat<T>::kQuiet) : r;
  bool first = isNaNBits<T>(x) && (isSignaling(a) || !isSignaling(b));
  return std::bit_cast<T>(first ? static_cast<Bits>(x | IeeeFormat<T>::kQuiet) : r);
}
template <typename T> [[gnu::always_inline]] inline T minimum(T a, T b) {
  return selectedNaN<true>(a, b);
}
template <typename T> [[gnu::always_inline]] inline T maximum(T a, T b) {
  return selectedNaN<false>(a, b);
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
