// Integer results that CLAMP saturates (CDNA4 ISA 6.5): F is computed modulo 2^32, and where the
// result must stay within T exactly, in 64 bits. F takes operands of either width.
#pragma once

#include "runtime/emulator/integers.h"

#include <algorithm>
#include <limits>

namespace gemmsmith::emulator {

template <typename T, auto F, typename... A> T wrapped(A... a) {
  return static_cast<T>(F(static_cast<u32>(a)...));
}
template <typename T, auto F, typename... A> T saturated(A... a) {
  using Limits = std::numeric_limits<T>;
  return static_cast<T>(std::clamp(F(i64{a}...), i64{Limits::min()}, i64{Limits::max()}));
}

inline constexpr auto kSum = [](auto a, auto b) { return a + b; };
inline constexpr auto kDifference = [](auto a, auto b) { return a - b; };
inline constexpr auto kReverseDifference = [](auto a, auto b) { return b - a; };
inline constexpr auto kProduct = [](auto a, auto b) { return a * b; };
inline constexpr auto kMultiplyAdd = [](auto a, auto b, auto c) { return a * b + c; };

} // namespace gemmsmith::emulator
