// The number formats of matrix instructions by their definitions (CDNA4 ISA 7.3, OCP Microscaling
// Formats 1.0), for tests: slow, and on doubles.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gemmsmith::emulator {

enum class Number { kF64, kF32, kF16, kBf16, kI8, kI32, kFp8, kBf8, kFp6, kBf6, kFp4 };

int bitsOf(Number format);
std::string_view nameOf(Number format); // "fp8"

double valueOf(Number format, std::uint64_t code);

// The code of a value that the format holds exactly.
std::uint64_t codeOf(Number format, double value);

// The codes on both sides of a finite value by magnitude, toward zero first; equal if the format
// holds it. Only for FP8 and smaller and 16-bit formats; past the largest value both are the
// largest's.
struct Neighbours {
  std::uint64_t toward_zero, away;
};
Neighbours neighboursOf(Number format, double value);

std::uint64_t largestOf(Number format); // code of the largest finite value

// Rounding to FP8 and smaller and to 16-bit formats: to nearest even; and the value cut to
// `source_mantissa` bits at the result's exponent, plus as many of the top bits of `random` as that
// is more than the result has, truncated. What is beyond the largest value saturates or becomes
// infinity, or NaN where there is none; formats without either always saturate, and NaN is the
// largest magnitude there.
std::uint64_t nearestOf(Number format, double value, bool saturate);
std::uint64_t stochasticOf(Number format, double value, std::uint32_t random, int source_mantissa,
                           bool saturate);

int mantissaOf(Number format); // bits, without the hidden one

// The same code, or both NaN.
bool sameNumber(Number format, std::uint64_t a, std::uint64_t b);

} // namespace gemmsmith::emulator
