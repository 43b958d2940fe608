// The options that spell a GEMM problem, the same for every command that takes one.
#pragma once

#include "configs/error.h"
#include "configs/problem.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

struct ProblemOptions {
  std::optional<std::int64_t> m, n, k;
  std::int64_t lda = 0;
  std::int64_t ldb = 0;
  std::int64_t ldc = 0;
  bool bias = false;
  std::string out_dtype; // empty = not said

  bool any() const { return m || n || k; }
};

// Adds --m --n --k --lda --ldb --ldc --bias --out-dtype. `options` must outlive the parse.
void addProblemOptions(CLI::App &command, ProblemOptions &options);

// The problem they spell; kUsage when an extent is missing.
Expected<Problem> problemOf(const ProblemOptions &options);

// "C[16,4096] = A[16,7168] * B[4096,7168]^T + bias, bf16 -> bf16"
std::string problemText(const Problem &problem);

} // namespace gemmsmith
