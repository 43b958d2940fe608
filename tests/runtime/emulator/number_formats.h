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

} // namespace gemmsmith::emulator
