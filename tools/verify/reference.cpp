#include "tools/verify/reference.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

namespace gemmsmith::verify {
namespace {

// A block of kRows x kColumns sums stays in registers while K runs; kDepth values of K are expanded
// to double at a time, so that the expanded pieces stay in the first-level cache.
constexpr int kRows = 2;
constexpr int kLanes = 4;
constexpr int kColumns = 2 * kLanes;
constexpr std::int64_t kDepth = 256;

using Lanes = double __attribute__((vector_size(kLanes * sizeof(double))));
using LaneBits = long long __attribute__((vector_size(kLanes * sizeof(double))));

struct Accumulator {
  std::array<double, kRows * kColumns> sum;
  std::array<double, kRows * kColumns> magnitude;
};

// Adds `depth` products to each sum: a is [kRows][kDepth], b is [kDepth][kColumns].
// Compiled twice, for processors with 256-bit vectors and for the others. (No fused multiply-add is
// needed: products of bf16 values are exact.)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("avx2", "default")))
#endif
void accumulate(const double *a, const double *b, std::int64_t depth, Accumulator &total) {
  constexpr LaneBits kAbsolute = {~0ull >> 1, ~0ull >> 1, ~0ull >> 1, ~0ull >> 1};
  constexpr int kVectors = kColumns / kLanes;
  Lanes sum[kRows * kVectors];
  Lanes magnitude[kRows * kVectors];
  std::memcpy(sum, total.sum.data(), sizeof(sum));
  std::memcpy(magnitude, total.magnitude.data(), sizeof(magnitude));
  for (std::int64_t k = 0; k < depth; ++k) {
    for (int j = 0; j < kVectors; ++j) {
      Lanes right;
      std::memcpy(&right, b + k * kColumns + j * kLanes, sizeof(right));
      for (int i = 0; i < kRows; ++i) {
        const Lanes product = right * a[i * kDepth + k];
        sum[i * kVectors + j] += product;
        magnitude[i * kVectors + j] += (Lanes)((LaneBits)product & kAbsolute);
      }
    }
  }
  std::memcpy(total.sum.data(), sum, sizeof(sum));
  std::memcpy(total.magnitude.data(), magnitude, sizeof(magnitude));
}

struct Scratch {
  std::array<double, kDepth * kColumns> b;
  std::array<double, kRows * kDepth> a;
};

// The columns [column, column + kColumns) of the region, relative to its origin.
void computeColumns(const Operands &operands, std::int64_t column, Scratch &scratch,
                    Reference &reference) {
  const Region &region = reference.region;
  const std::int64_t columns = std::min<std::int64_t>(kColumns, region.columns - column);
  const std::int64_t blocks = (region.rows + kRows - 1) / kRows;
  std::vector<Accumulator> totals(static_cast<std::size_t>(blocks), Accumulator{});
  for (std::int64_t k = 0; k < operands.a.columns; k += kDepth) {
    const std::int64_t depth = std::min(kDepth, operands.a.columns - k);
    scratch.b.fill(0);
    for (std::int64_t j = 0; j < columns; ++j) {
      const Bf16 *row = operands.b.row(region.column + column + j).data() + k;
      for (std::int64_t d = 0; d < depth; ++d)
        scratch.b[static_cast<std::size_t>(d * kColumns + j)] = fromBf16(row[d]);
    }
    for (std::int64_t block = 0; block < blocks; ++block) {
      for (std::int64_t i = 0; i < kRows; ++i) {
        // An odd last row is computed twice rather than treated apart.
        const std::int64_t inside = std::min(block * kRows + i, region.rows - 1);
        const Bf16 *row = operands.a.row(region.row + inside).data() + k;
        for (std::int64_t d = 0; d < depth; ++d)
          scratch.a[static_cast<std::size_t>(i * kDepth + d)] = fromBf16(row[d]);
      }
      accumulate(scratch.a.data(), scratch.b.data(), depth,
                 totals[static_cast<std::size_t>(block)]);
    }
  }
  for (std::int64_t row = 0; row < region.rows; ++row) {
    const Accumulator &total = totals[static_cast<std::size_t>(row / kRows)];
    for (std::int64_t j = 0; j < columns; ++j) {
      const auto at = static_cast<std::size_t>(row * region.columns + column + j);
      const auto lane = static_cast<std::size_t>(row % kRows * kColumns + j);
      reference.value[at] = total.sum[lane];
      reference.magnitude[at] = total.magnitude[lane];
      if (operands.bias.empty())
        continue;
      const double bias =
          fromBf16(operands.bias[static_cast<std::size_t>(region.column + column + j)]);
      reference.value[at] += bias;
      reference.magnitude[at] += std::fabs(bias);
    }
  }
}

} // namespace

Reference computeReference(const Operands &operands, const Region &region, int threads) {
  Reference reference{region, {}, {}};
  const auto elements = static_cast<std::size_t>(region.rows * region.columns);
  reference.value.resize(elements);
  reference.magnitude.resize(elements);

  std::atomic<std::int64_t> next = 0;
  const auto work = [&] {
    Scratch scratch;
    for (;;) {
      const std::int64_t column = next.fetch_add(kColumns);
      if (column >= region.columns)
        return;
      computeColumns(operands, column, scratch, reference);
    }
  };
  std::vector<std::jthread> helpers;
  for (int i = 1; i < threads; ++i)
    helpers.emplace_back(work);
  work();
  helpers.clear(); // joins
  return reference;
}

} // namespace gemmsmith::verify
