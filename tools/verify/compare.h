// Judges the output of a kernel element by element.
//
// exact:   C equals the float64 reference rounded once to nearest even, bit for bit. For inputs
// whose
//          sums are exact in fp32.
// bounded: |C - ref| <= half an ulp of the output type at ref + (K * 2^-24) * sum |a * b|, the
// forward
//          error bound of a sum of K fp32 terms in any order (plus what gradual underflow can lose,
//          K * 2^-149). Where the reference is NaN, C is a NaN; where it is infinite, C equals it.
#pragma once

#include "configs/kernel_config.h"
#include "tools/verify/reference.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace gemmsmith::verify {

enum class Criterion : std::uint8_t { kExact, kBounded };

struct Mismatch {
  std::int64_t row = 0;
  std::int64_t column = 0;
  double expected = 0; // the reference, before rounding
  double got = 0;
  double allowed = 0; // largest |got - expected|; 0 under the exact criterion

  std::string str() const;
};

// What comparing some elements has shown; add() joins the results of two sets of elements.
struct Comparison {
  std::uint64_t elements = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t outside_tolerance = 0; // elements that aiter's isclose would reject
  double worst_error = 0;              // largest |C - ref| / bound, also under the exact criterion
  std::optional<Mismatch> first_mismatch;

  void add(const Comparison &other);
  // aiter's err_ratio: the share of elements outside |C - ref| <= t + t * |ref|, with t = 5e-2 for
  // bf16 output and 1e-2 for fp32. NaN where the reference is NaN counts as inside.
  double errorRatio() const;
};

// Half the distance between neighbours of `type` (bf16 or fp32) around `value`.
double halfUlp(DataType type, double value);

// Compares the region of `reference` with `output`, which holds its elements row-major and dense in
// `out_type` (bf16 or fp32). `k` is the length of the sums.
Comparison compareOutput(Criterion criterion, DataType out_type, std::int64_t k,
                         const Reference &reference, std::span<const std::byte> output);

} // namespace gemmsmith::verify
