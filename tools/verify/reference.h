// The float64 GEMM that kernels are judged by.
#pragma once

#include "tools/verify/inputs.h"

#include <cstdint>
#include <vector>

namespace gemmsmith::verify {

// A rectangle of C.
struct Region {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

// C and the scale of its rounding errors over a region, both row-major [rows, columns].
struct Reference {
  Region region;
  std::vector<double> value;     // sum of a * b, plus bias
  std::vector<double> magnitude; // sum of |a * b|, plus |bias|
};

// The region of C = A * B^T (+ bias) in float64. Products of bf16 values are exact there, and NaN
// and infinities propagate as IEEE says. The region must lie inside C. Thread-safe; uses `threads`
// threads for itself.
Reference computeReference(const Operands &operands, const Region &region, int threads = 1);

} // namespace gemmsmith::verify
