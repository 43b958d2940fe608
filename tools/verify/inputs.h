// What a kernel is fed with when it is verified.
//
// Promises: the operands depend on nothing but the kind, the sizes and the seed. Exact integers are
// chosen so that every product, every partial sum in any order, and the sum with the bias is an
// integer below 2^24 in magnitude, hence exact in fp32.
#pragma once

#include "configs/error.h"
#include "configs/problem.h"
#include "tools/verify/bf16.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gemmsmith::verify {

enum class Inputs : std::uint8_t {
  kExactIntegers, // small integers: any order of additions gives the same bits
  kNormal,        // standard normal numbers rounded to bf16
  kSpecial, // normal numbers with zeros and denormals among them, and a few NaN and infinities
};

// "exact integers", "normal", "special values".
std::string_view toString(Inputs inputs);
// One word, as on the command line: "exact", "normal", "special".
std::string_view shortName(Inputs inputs);

// A dense row-major matrix of bf16 values.
struct Matrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<Bf16> values;

  std::span<const Bf16> row(std::int64_t index) const {
    return {values.data() + index * columns, static_cast<std::size_t>(columns)};
  }
};

struct Operands {
  Matrix a;               // [m, k]
  Matrix b;               // [n, k]
  std::vector<Bf16> bias; // [n], or empty without bias
};

// The largest magnitude of exact integers for a sum of `k` products and a bias; 0 if there is none.
int exactIntegerLimit(std::int64_t k);

// Operands for `problem`, dense whatever its leading strides are. kIllegal if its types are not
// bf16 or K is too large for exact integers.
Expected<Operands> makeOperands(Inputs inputs, const Problem &problem, std::uint64_t seed);

} // namespace gemmsmith::verify
