// Instructions of floats over a table of edge values, against expected results from
// float_reference.h.
#pragma once

#include "runtime/emulator/integers.h"
#include "tests/runtime/emulator/float_reference.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// A result that is no float.
inline constexpr reference::BinaryFormat kBits32{31, 0};

// Three operands as bits, and the rounding mode.
using FloatFunction =
    std::function<std::uint64_t(std::uint64_t, std::uint64_t, std::uint64_t, reference::Round)>;

// The operands are v4, v5, v6 (float64: v[4:5], v[6:7], v[8:9]), the result is v32 (v[32:33]). A
// half lies below another of no meaning. Expected results are all bits of the result's registers,
// or kAnyNaN for any quiet NaN of the result's format.
struct FloatCase {
  std::string code;
  FloatFunction expected;
  reference::BinaryFormat result;
};

// MODE, of which the kernel descriptor sets what it can and s_setreg the rest.
struct FloatMode {
  reference::Round round_32 = reference::Round::kNearestEven;
  reference::Round round_16_64 = reference::Round::kNearestEven;
  int denormals_32 = 3, denormals_16_64 = 3; // bit 0: allowed in inputs, bit 1: in results
  bool ieee = true, dx10_clamp = true;
  bool half_overflow = false;

  reference::Round round(reference::BinaryFormat f) const {
    return f.mantissa_bits == 23 ? round_32 : round_16_64;
  }
  int denormals(reference::BinaryFormat f) const {
    return f.mantissa_bits == 23 ? denormals_32 : denormals_16_64;
  }
  std::string directives() const;
  std::string setup() const; // instructions that come first
};

// Zeros, denormals, numbers beside powers of two, the largest, infinities, NaNs of both kinds; of
// both signs.
std::vector<std::uint64_t> edgeValues(reference::BinaryFormat format);

struct FloatTriple {
  std::uint64_t value[3];
};
// All pairs of edge values, and random values whose exponents are near each other; a multiple
// of 64.
std::vector<FloatTriple> floatTriples(reference::BinaryFormat format);

// Runs each case over triples of edge values and of random ones. What MODE does to denormals on the
// way in and out is done to the operands and results of `expected` here.
void checkFloatCases(reference::BinaryFormat operands, std::span<const FloatCase> cases,
                     const FloatMode &mode = {});

} // namespace gemmsmith::emulator
