// Floating-point formats of 4 to 16 bits (CDNA4 ISA 7.3; OCP Microscaling Formats 1.0).
//
// Decoding is exact. Encoding rounds once, from a double that holds the source, and any power of
// two that scales it, exactly:
//  - to nearest even, or
//  - stochastically: the significand is cut to the source's precision at the exponent that the
//    result will have, the top bits of the random number are added below the last bit that is
//    kept, and the sum is truncated (7.3 "add a random value … and then truncate"; which bits:
//    V_CVT_SR_FP8_F32 takes S1[31:12], V_CVT_SR_BF8_F32 S1[31:11]). A carry goes on into the
//    exponent: the pseudocode's wrapping mantissa would turn 1.99 into 1.0.
// What exceeds the largest value becomes infinity, or NaN in a format without one, or saturates.
// FP6, BF6 and FP4 have neither and always saturate; their NaN is the largest magnitude, as in
// AMD's host conversions (amd_hip_ocp_host.hpp).
#pragma once

#include "runtime/emulator/integers.h"

#include <bit>
#include <cmath>

namespace gemmsmith::emulator {

struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  int bias;
  u32 largest;  // magnitude of the largest finite value
  u32 infinity; // what overflow gives when it does not saturate
  u32 nan;

  constexpr int width() const { return 1 + exponent_bits + mantissa_bits; }
  constexpr bool hasSpecials() const { return largest != nan; }
};

inline constexpr FloatFormat kHalfFormat{5, 10, 15, 0x7bff, 0x7c00, 0x7e00};
inline constexpr FloatFormat kBfloatFormat{8, 7, 127, 0x7f7f, 0x7f80, 0x7fc0};
inline constexpr FloatFormat kFp8Format{4, 3, 7, 0x7e, 0x7f, 0x7f};
inline constexpr FloatFormat kBf8Format{5, 2, 15, 0x7b, 0x7c, 0x7e};
inline constexpr FloatFormat kFp6Format{2, 3, 1, 0x1f, 0x1f, 0x1f};
inline constexpr FloatFormat kBf6Format{3, 2, 3, 0x1f, 0x1f, 0x1f};
inline constexpr FloatFormat kFp4Format{2, 1, 1, 0x7, 0x7, 0x7};

// Without branches and without denormal operands, so that loops over it vectorise. Bits above the
// format's width are ignored. NaN is quiet.
template <FloatFormat f> constexpr float decodeFloat(u32 code) {
  constexpr int kShift = 23 - f.mantissa_bits;
  constexpr u32 kSign = u32{1} << (f.width() - 1);
  u32 magnitude = code & (kSign - 1), sign = (code & kSign) << (32 - f.width());
  if constexpr (f.exponent_bits == 8) {
    return std::bit_cast<float>(sign | magnitude << kShift);
  } else {
    // A denormal is read with the exponent of the smallest normal and the hidden bit set, which is
    // then subtracted.
    bool denormal = magnitude < u32{1} << f.mantissa_bits;
    u32 exponent = static_cast<u32>(127 - f.bias) + denormal;
    float hidden = denormal ? std::bit_cast<float>(static_cast<u32>(128 - f.bias) << 23) : 0.0f;
    u32 bits =
        std::bit_cast<u32>(std::bit_cast<float>((magnitude << kShift) + (exponent << 23)) - hidden);
    if constexpr (f.hasSpecials()) {
      u32 mantissa = magnitude & ((u32{1} << f.mantissa_bits) - 1);
      u32 special = 0x7f800000 | mantissa << kShift | (mantissa ? u32{0x400000} : u32{0});
      bits = magnitude > f.largest ? special : bits;
    }
    return std::bit_cast<float>(bits | sign);
  }
}

namespace detail {

struct Parts {
  u64 significand; // 53 bits, the first one set; 0 for zero
  int exponent;    // of the first bit
};

inline Parts split(double value) {
  auto bits = std::bit_cast<u64>(value);
  auto exponent = static_cast<int>(bits >> 52 & 0x7ff);
  // What is denormal as a double is zero in every format here.
  if (exponent == 0)
    return {0, -1022};
  return {(bits & 0xfffffffffffff) | u64{1} << 52, exponent - 1023};
}

// Rounds the magnitude of a finite double by `round(significand, dropped bits)`.
template <FloatFormat f, typename Round>
u32 encodeFloat(double value, bool saturate, const Round &round) {
  constexpr u32 kSign = u32{1} << (f.width() - 1);
  constexpr int kSmallest = 1 - f.bias; // exponent of the smallest normal
  u32 sign = std::signbit(value) ? kSign : 0;
  if (value != value)
    return sign | f.nan;
  u32 overflow = sign | (saturate ? f.largest : f.infinity);
  auto [significand, exponent] = split(value);
  if (exponent > f.bias + 1)
    return overflow; // infinity too
  int denormal = exponent < kSmallest ? kSmallest - exponent : 0;
  u64 kept = round(significand, denormal);
  // The hidden bit, if it is there, counts the exponent up by one; so does a carry.
  u64 code = kept + (static_cast<u64>(exponent + denormal - kSmallest) << f.mantissa_bits);
  return code > f.largest ? overflow : sign | static_cast<u32>(code);
}

} // namespace detail

template <FloatFormat f> u32 encodeNearest(double value, bool saturate) {
  return detail::encodeFloat<f>(value, saturate, [](u64 significand, int denormal) {
    int dropped = 52 - f.mantissa_bits + denormal;
    if (dropped > 60)
      return u64{0};
    u64 kept = significand >> dropped, rest = significand & ((u64{1} << dropped) - 1);
    u64 half = u64{1} << (dropped - 1);
    return kept + (rest > half || (rest == half && (kept & 1)));
  });
}

// `source_bits` are the mantissa bits of the format that the value comes from.
template <FloatFormat f>
u32 encodeStochastic(double value, u32 random, int source_bits, bool saturate) {
  return detail::encodeFloat<f>(value, saturate, [=](u64 significand, int denormal) {
    int beyond = 52 - source_bits + denormal, dropped = source_bits - f.mantissa_bits;
    u64 cut = beyond > 60 ? 0 : significand >> beyond;
    return (cut + (u64{random} >> (32 - dropped))) >> dropped;
  });
}

} // namespace gemmsmith::emulator
