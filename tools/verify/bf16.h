// bfloat16 as the kernels see it: the upper 16 bits of an IEEE single.
//
// Promises: toBf16() rounds to nearest even, once, keeps infinities, overflows to them, and maps
// every NaN to a NaN, as v_cvt_pk_bf16_f32 does. Which NaN is not promised: compare them as a
// class.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace gemmsmith::verify {

using Bf16 = std::uint16_t;

inline float fromBf16(Bf16 bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline bool isNan(Bf16 bits) {
  return (bits & 0x7fff) > 0x7f80;
}

inline Bf16 toBf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value))
    return static_cast<Bf16>(bits >> 16 |
                             0x40); // quiet, so that dropping the low half keeps it a NaN
  return static_cast<Bf16>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// Rounds a double to bf16 in one step: going through a nearest float would round twice. The float
// in between is rounded to odd, which loses nothing that the second rounding needs.
inline Bf16 toBf16(double value) {
  auto nearest = static_cast<float>(value);
  if (!std::isfinite(value) || static_cast<double>(nearest) == value)
    return toBf16(nearest);
  if (std::isinf(nearest))
    return toBf16(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(value))
    nearest = std::nextafter(nearest, 0.0f);
  return toBf16(std::bit_cast<float>(std::bit_cast<std::uint32_t>(nearest) | 1));
}

} // namespace gemmsmith::verify
