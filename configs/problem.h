// One GEMM to compute: C[M,N] = A[M,K] * B[N,K]^T (+ bias[N]), all row-major.
#pragma once

#include "configs/kernel_config.h"

#include <cstdint>

namespace gemmsmith {

struct Problem {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  // Elements from one row to the next; 0 stands for a dense operand (k, k and n).
  std::int64_t lda = 0;
  std::int64_t ldb = 0;
  std::int64_t ldc = 0;
  DataType in_type = DataType::kBf16;
  DataType out_type = DataType::kBf16;
  bool bias = false;
  BLayout b_layout = BLayout::kRowMajor;
  // The largest power of two, in bytes, that divides the addresses of both A and B (16 is enough).
  int pointer_alignment = 16;

  bool operator==(const Problem &) const = default;
};

constexpr std::int64_t rowStrideA(const Problem &p) {
  return p.lda ? p.lda : p.k;
}
constexpr std::int64_t rowStrideB(const Problem &p) {
  return p.ldb ? p.ldb : p.k;
}
constexpr std::int64_t rowStrideC(const Problem &p) {
  return p.ldc ? p.ldc : p.n;
}

} // namespace gemmsmith
