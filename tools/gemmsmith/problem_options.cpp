#include "tools/gemmsmith/problem_options.h"

#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "tools/gemmsmith/whole_number.h"

#include <fmt/format.h>

namespace gemmsmith {

void addProblemOptions(CLI::App &command, ProblemOptions &options) {
  command.add_option("--m", options.m, "Rows of A and C")->check(wholeNumber(1, kMaxExtent));
  command.add_option("--n", options.n, "Rows of B, columns of C")
      ->check(wholeNumber(1, kMaxExtent));
  command.add_option("--k", options.k, "Columns of A and B")->check(wholeNumber(1, kMaxExtent));
  command.add_option("--lda", options.lda, "Elements from one row of A to the next (default: K)")
      ->check(wholeNumber(1, kMaxExtent));
  command.add_option("--ldb", options.ldb, "Elements from one row of B to the next (default: K)")
      ->check(wholeNumber(1, kMaxExtent));
  command.add_option("--ldc", options.ldc, "Elements from one row of C to the next (default: N)")
      ->check(wholeNumber(1, kMaxExtent));
  command.add_flag("--bias", options.bias, "Add a bias of N elements");
  command.add_option("--out-dtype", options.out_dtype, "Type of C (default: bf16)")
      ->check(CLI::IsMember({"bf16", "f32"}));
}

Expected<Problem> problemOf(const ProblemOptions &options) {
  if (!options.m || !options.n || !options.k)
    return makeError(ErrorKind::kUsage, "a problem needs all of --m, --n and --k");
  Problem problem;
  problem.m = *options.m;
  problem.n = *options.n;
  problem.k = *options.k;
  problem.lda = options.lda;
  problem.ldb = options.ldb;
  problem.ldc = options.ldc;
  problem.bias = options.bias;
  problem.out_type = options.out_dtype == "f32" ? DataType::kF32 : DataType::kBf16;
  return problem;
}

std::string problemText(const Problem &p) {
  return fmt::format("C[{0},{1}] = A[{0},{2}] * B[{1},{2}]^T{3}, {4} -> {5}", p.m, p.n, p.k,
                     p.bias ? " + bias" : "", toString(p.in_type), toString(p.out_type));
}

} // namespace gemmsmith
