#include "tests/runtime/emulator/number_formats.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace gemmsmith::emulator {
namespace {

struct Fields {
  std::string_view name;
  int bits, mantissa, bias;
};

Fields fieldsOf(Number format) {
  switch (format) {
  case Number::kF64:
    return {"f64", 64, 52, 1023};
  case Number::kF32:
    return {"f32", 32, 23, 127};
  case Number::kF16:
    return {"f16", 16, 10, 15};
  case Number::kBf16:
    return {"bf16", 16, 7, 127};
  case Number::kI8:
    return {"i8", 8, 0, 0};
  case Number::kI32:
    return {"i32", 32, 0, 0};
  case Number::kFp8:
    return {"fp8", 8, 3, 7};
  case Number::kBf8:
    return {"bf8", 8, 2, 15};
  case Number::kFp6:
    return {"fp6", 6, 3, 1};
  case Number::kBf6:
    return {"bf6", 6, 2, 3};
  case Number::kFp4:
    break;
  }
  return {"fp4", 4, 1, 1};
}

// Infinity of the sign, NaN, or the largest value, whichever the format has.
std::uint64_t overflowOf(Number format, bool negative, bool saturate) {
  std::uint64_t sign = negative ? std::uint64_t{1} << (bitsOf(format) - 1) : 0;
  bool has_more = largestOf(format) + 1 < std::uint64_t{1} << (bitsOf(format) - 1);
  return sign | (largestOf(format) + (has_more && !saturate));
}

std::uint64_t nanOf(Number format) {
  return (std::uint64_t{1} << (bitsOf(format) - 1)) - 1;
}

} // namespace

int bitsOf(Number format) {
  return fieldsOf(format).bits;
}
std::string_view nameOf(Number format) {
  return fieldsOf(format).name;
}

double valueOf(Number format, std::uint64_t code) {
  switch (format) {
  case Number::kF64:
    return std::bit_cast<double>(code);
  case Number::kF32:
    return std::bit_cast<float>(static_cast<std::uint32_t>(code));
  case Number::kI8:
    return static_cast<std::int8_t>(code);
  case Number::kI32:
    return static_cast<std::int32_t>(code);
  default:
    break;
  }
  Fields f = fieldsOf(format);
  bool negative = code >> (f.bits - 1) & 1;
  auto mantissa = static_cast<int>(code & ((std::uint64_t{1} << f.mantissa) - 1));
  int exponents = 1 << (f.bits - 1 - f.mantissa);
  int exponent = static_cast<int>(code >> f.mantissa) & (exponents - 1);
  double steps = std::ldexp(1.0, -f.mantissa), value;
  bool ieee = format == Number::kF16 || format == Number::kBf16 || format == Number::kBf8;
  if (ieee && exponent == exponents - 1)
    value = mantissa ? std::numeric_limits<double>::quiet_NaN()
                     : std::numeric_limits<double>::infinity();
  else if (format == Number::kFp8 && (code & 0x7f) == 0x7f)
    value = std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(mantissa * steps, 1 - f.bias);
  else
    value = std::ldexp(1 + mantissa * steps, exponent - f.bias);
  return negative ? -value : value;
}

std::uint64_t largestOf(Number format) {
  std::uint64_t code = (std::uint64_t{1} << (bitsOf(format) - 1)) - 1;
  while (!std::isfinite(valueOf(format, code)))
    --code;
  return code;
}

Neighbours neighboursOf(Number format, double value) {
  std::uint64_t sign = std::signbit(value) ? std::uint64_t{1} << (bitsOf(format) - 1) : 0;
  double magnitude = std::fabs(value);
  // Magnitudes ascend with their codes.
  std::uint64_t low = 0, high = largestOf(format);
  if (magnitude >= valueOf(format, high))
    return {sign | high, sign | high};
  while (high - low > 1) {
    std::uint64_t middle = (low + high) / 2;
    (valueOf(format, middle) <= magnitude ? low : high) = middle;
  }
  if (valueOf(format, low) == magnitude)
    high = low;
  return {sign | low, sign | high};
}

std::uint64_t nearestOf(Number format, double value, bool saturate) {
  if (std::isnan(value))
    return nanOf(format) | (std::signbit(value) ? nanOf(format) + 1 : 0);
  auto [low, high] = neighboursOf(format, value);
  std::uint64_t largest = largestOf(format);
  double below = std::fabs(valueOf(format, low)), magnitude = std::fabs(value);
  if (magnitude > valueOf(format, largest)) {
    double step = valueOf(format, largest) - valueOf(format, largest - 1);
    double middle = below + step / 2;
    bool stays = magnitude < middle || (magnitude == middle && largest % 2 == 0);
    return stays ? low : overflowOf(format, std::signbit(value), saturate);
  }
  double above = std::fabs(valueOf(format, high));
  if (magnitude - below != above - magnitude)
    return magnitude - below < above - magnitude ? low : high;
  return low % 2 == 0 ? low : high;
}

std::uint64_t stochasticOf(Number format, double value, std::uint32_t random, int source_mantissa,
                           bool saturate) {
  if (std::isnan(value))
    return nearestOf(format, value, saturate);
  if (std::isinf(value))
    return overflowOf(format, std::signbit(value), saturate);
  Fields f = fieldsOf(format);
  // One unit of the result's last place at the exponent of the value.
  int exponent = value == 0 ? 1 - f.bias : std::max(std::ilogb(value), 1 - f.bias);
  int extra = source_mantissa - f.mantissa;
  double units = std::ldexp(std::fabs(value), f.mantissa - exponent);
  double cut = std::ldexp(std::floor(std::ldexp(units, extra)), -extra);
  double sum = std::floor(cut + std::ldexp(static_cast<double>(random >> (32 - extra)), -extra));
  double result = std::copysign(std::ldexp(sum, exponent - f.mantissa), value);
  if (std::fabs(result) > valueOf(format, largestOf(format)))
    return overflowOf(format, std::signbit(value), saturate);
  return codeOf(format, result);
}

int mantissaOf(Number format) {
  return fieldsOf(format).mantissa;
}

bool sameNumber(Number format, std::uint64_t a, std::uint64_t b) {
  return a == b || (std::isnan(valueOf(format, a)) && std::isnan(valueOf(format, b)));
}

std::uint64_t codeOf(Number format, double value) {
  switch (format) {
  case Number::kF64:
    return std::bit_cast<std::uint64_t>(value);
  case Number::kF32:
    return std::bit_cast<std::uint32_t>(static_cast<float>(value));
  case Number::kI8:
    return static_cast<std::uint8_t>(static_cast<std::int8_t>(value));
  case Number::kI32:
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
  default:
    return neighboursOf(format, value).toward_zero;
  }
}

} // namespace gemmsmith::emulator
