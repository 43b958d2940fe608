#include "tools/verify/inputs.h"

#include "tools/verify/random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace gemmsmith::verify {
namespace {

enum Stream : std::uint64_t { kStreamA = 1, kStreamB, kStreamBias, kStreamSpecial };

constexpr Bf16 kInfinity = 0x7f80;
constexpr Bf16 kNan = 0x7fc0;
constexpr Bf16 kSign = 0x8000;

// 2^16 standard normal numbers, rounded to bf16: drawing from them costs a table look-up, and a
// matrix of a hundred million elements well under a second.
const std::vector<Bf16> &normalTable() {
  static const std::vector<Bf16> table = [] {
    constexpr double kTwoPi = 6.283185307179586;
    std::vector<Bf16> values(1 << 16);
    Random random(0x6e6f726d616c);
    const auto uniform = [&] { return (static_cast<double>(random.next() >> 11) + 0.5) * 0x1p-53; };
    for (Bf16 &value : values) {
      const double radius = std::sqrt(-2 * std::log(uniform()));
      value = toBf16(radius * std::cos(kTwoPi * uniform()));
    }
    return values;
  }();
  return table;
}

void fillIntegers(std::span<Bf16> values, int limit, Random random) {
  std::array<Bf16, 17> bits{};
  const auto count = static_cast<std::uint64_t>(2 * limit + 1);
  for (int i = -limit; i <= limit; ++i)
    bits[static_cast<std::size_t>(i + limit)] = toBf16(static_cast<float>(i));
  for (std::size_t i = 0; i < values.size(); i += 4) {
    // Four draws of 16 bits: their bias, 17 / 2^16, does not matter here.
    std::uint64_t word = random.next();
    for (std::size_t j = i; j < std::min(i + 4, values.size()); ++j, word >>= 16)
      values[j] = bits[(word & 0xffff) * count >> 16];
  }
}

void fillNormal(std::span<Bf16> values, Random random) {
  const std::vector<Bf16> &table = normalTable();
  for (std::size_t i = 0; i < values.size(); i += 4) {
    std::uint64_t word = random.next();
    for (std::size_t j = i; j < std::min(i + 4, values.size()); ++j, word >>= 16)
      values[j] = table[word & 0xffff];
  }
}

// Zeros of both signs and denormals: one value in sixteen.
void sprinkleSmall(std::span<Bf16> values, Random &random) {
  for (Bf16 &value : values)
    if (const std::uint64_t word = random.next(); (word & 15) == 0)
      value = static_cast<Bf16>((value & kSign) | ((word & 16) ? (word >> 8 & 0x7f) : 0));
}

// NaN or an infinity in one element of every eighth row, so that most of C stays finite and a
// special value that strays from its row or column is seen.
void sprinkleSpecial(Matrix &matrix, Random &random) {
  constexpr std::array<Bf16, 4> kSpecials = {kNan, kInfinity, kInfinity | kSign, kNan | kSign};
  for (std::int64_t row = 3; row < matrix.rows; row += 8) {
    const auto column = random.below(static_cast<std::uint64_t>(matrix.columns));
    matrix.values[static_cast<std::size_t>(row * matrix.columns) + column] =
        kSpecials[random.below(kSpecials.size())];
  }
}

} // namespace

std::string_view toString(Inputs inputs) {
  switch (inputs) {
  case Inputs::kExactIntegers:
    return "exact integers";
  case Inputs::kNormal:
    return "normal";
  case Inputs::kSpecial:
    return "special values";
  }
  return "?";
}

std::string_view shortName(Inputs inputs) {
  switch (inputs) {
  case Inputs::kExactIntegers:
    return "exact";
  case Inputs::kNormal:
    return "normal";
  case Inputs::kSpecial:
    return "special";
  }
  return "?";
}

int exactIntegerLimit(std::int64_t k) {
  for (const int limit : {8, 4, 2, 1})
    if (k < (1 << 24) && limit * limit * k + limit < (1 << 24))
      return limit;
  return 0;
}

Expected<Operands> makeOperands(Inputs inputs, const Problem &problem, std::uint64_t seed) {
  if (problem.in_type != DataType::kBf16)
    return makeError(ErrorKind::kIllegal, "only kernels with bf16 operands can be verified so far");
  const int limit = exactIntegerLimit(problem.k);
  if (inputs == Inputs::kExactIntegers && limit == 0)
    return makeError(ErrorKind::kIllegal,
                     fmt::format("K = {} is too large for integer inputs whose sums are exact in "
                                 "fp32 (at most 2^24 - 2)",
                                 problem.k));
  Operands operands;
  operands.a = {problem.m, problem.k, {}};
  operands.b = {problem.n, problem.k, {}};
  operands.a.values.resize(static_cast<std::size_t>(problem.m * problem.k));
  operands.b.values.resize(static_cast<std::size_t>(problem.n * problem.k));
  operands.bias.resize(static_cast<std::size_t>(problem.bias ? problem.n : 0));

  const auto fill = [&](std::span<Bf16> values, Stream stream) {
    if (inputs == Inputs::kExactIntegers)
      fillIntegers(values, limit, Random(seed, stream));
    else
      fillNormal(values, Random(seed, stream));
  };
  fill(operands.a.values, kStreamA);
  fill(operands.b.values, kStreamB);
  fill(operands.bias, kStreamBias);
  if (inputs == Inputs::kSpecial) {
    Random random(seed, kStreamSpecial);
    sprinkleSmall(operands.a.values, random);
    sprinkleSmall(operands.b.values, random);
    sprinkleSpecial(operands.a, random);
    sprinkleSpecial(operands.b, random);
    for (std::size_t i = 5; i < operands.bias.size(); i += 16)
      operands.bias[i] = (i & 16) ? kNan : kInfinity;
  }
  return operands;
}

} // namespace gemmsmith::verify
