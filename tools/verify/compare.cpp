#include "tools/verify/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>

namespace gemmsmith::verify {
namespace {

double loadElement(DataType type, std::span<const std::byte> output, std::size_t index) {
  if (type == DataType::kF32) {
    float value = 0;
    std::memcpy(&value, output.data() + index * sizeof(value), sizeof(value));
    return value;
  }
  Bf16 bits = 0;
  std::memcpy(&bits, output.data() + index * sizeof(bits), sizeof(bits));
  return fromBf16(bits);
}

double roundOnce(DataType type, double value) {
  return type == DataType::kF32 ? static_cast<float>(value) : fromBf16(toBf16(value));
}

// Same value, same sign of zero; any two NaNs.
bool sameBits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

bool isClose(DataType type, double got, double expected) {
  if (std::isnan(expected) || std::isinf(expected))
    return sameBits(got, expected);
  const double tolerance = type == DataType::kF32 ? 1e-2 : 5e-2;
  return std::fabs(got - expected) <= tolerance + tolerance * std::fabs(expected);
}

} // namespace

std::string Mismatch::str() const {
  return fmt::format("C[{}, {}] is {:.9g}, expected {:.9g}{}", row, column, got, expected,
                     allowed > 0 ? fmt::format(" within {:.3g}", allowed) : " rounded once");
}

void Comparison::add(const Comparison &other) {
  elements += other.elements;
  mismatches += other.mismatches;
  outside_tolerance += other.outside_tolerance;
  worst_error = std::max(worst_error, other.worst_error);
  if (!first_mismatch)
    first_mismatch = other.first_mismatch;
}

double Comparison::errorRatio() const {
  return elements ? static_cast<double>(outside_tolerance) / static_cast<double>(elements) : 0;
}

double halfUlp(DataType type, double value) {
  const int digits = type == DataType::kF32 ? 24 : 8; // of the significand
  constexpr int kMinExponent = -126;                  // of normal numbers, both types
  const int exponent = value == 0 ? kMinExponent : std::max(std::ilogb(value), kMinExponent);
  return std::ldexp(1.0, exponent - digits);
}

Comparison compareOutput(Criterion criterion, DataType out_type, std::int64_t k,
                         const Reference &reference, std::span<const std::byte> output) {
  Comparison result;
  result.elements = reference.value.size();
  const double accumulation = static_cast<double>(k) * 0x1p-24;
  const double underflow = static_cast<double>(k) * 0x1p-149;
  for (std::size_t i = 0; i < reference.value.size(); ++i) {
    const double expected = reference.value[i];
    const double got = loadElement(out_type, output, i);
    const double rounded = roundOnce(out_type, expected);
    result.outside_tolerance += !isClose(out_type, got, expected);

    double bound = 0;
    bool good = sameBits(got, rounded);
    if (std::isfinite(expected)) {
      bound = halfUlp(out_type, expected) + accumulation * reference.magnitude[i] + underflow;
      const double error = std::fabs(got - expected);
      // Overflow of a finite reference: only the properly rounded infinity is right.
      if (std::isfinite(got) && std::isfinite(rounded)) {
        result.worst_error = std::max(result.worst_error, error / bound);
        if (criterion == Criterion::kBounded)
          good = error <= bound;
      } else if (!good) {
        result.worst_error = std::numeric_limits<double>::infinity();
      }
    }
    if (good)
      continue;
    if (result.mismatches++ == 0) {
      const auto index = static_cast<std::int64_t>(i);
      result.first_mismatch = Mismatch{reference.region.row + index / reference.region.columns,
                                       reference.region.column + index % reference.region.columns,
                                       expected, got, criterion == Criterion::kExact ? 0 : bound};
    }
  }
  return result;
}

} // namespace gemmsmith::verify
