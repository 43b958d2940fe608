// What the tests of kernels that others made share.
#pragma once

#include "tests/runtime/emulator/harness.h"

#include <fmt/format.h>

namespace gemmsmith::emulator {

// A test per optimisation level: "0", "1", … "s".
class ForeignKernel : public testing::TestWithParam<const char *> {
protected:
  void load(const std::string &name) { h.load(compiledKernels(name, GetParam())); }
  Harness h;
};

inline std::string levelName(const testing::TestParamInfo<const char *> &info) {
  return fmt::format("O{}", info.param);
}

template <typename T> std::vector<T> randomValues(std::size_t count, T low, T high, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> values(count);
  if constexpr (std::is_floating_point_v<T>) {
    std::uniform_real_distribution<T> distribution(low, high);
    for (T &v : values)
      v = distribution(random);
  } else {
    std::uniform_int_distribution<std::int64_t> distribution(low, high);
    for (T &v : values)
      v = static_cast<T>(distribution(random));
  }
  return values;
}

// C[i, j] = Σ A[i, x] · B[j, x] in double.
template <typename A, typename B>
std::vector<double> productOfRows(const std::vector<A> &a, const std::vector<B> &b, int m, int n,
                                  int k) {
  std::vector<double> c(static_cast<std::size_t>(m) * n);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int x = 0; x < k; ++x)
        sum += static_cast<double>(a[i * k + x]) * static_cast<double>(b[j * k + x]);
      c[i * n + j] = sum;
    }
  return c;
}

// rows x cols to cols x rows.
template <typename T> std::vector<T> transposed(const std::vector<T> &in, int rows, int cols) {
  std::vector<T> out(in.size());
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < cols; ++j)
      out[j * rows + i] = in[i * cols + j];
  return out;
}

} // namespace gemmsmith::emulator
