// Matrix products that clang, a tile language's IR and an assembly programmer made: every MFMA
// type, LDS staging, transposing reads, split K. Inputs are small integers or fractions whose sums
// are exact, so every element must be equal.
#include "tests/runtime/emulator/foreign.h"

#include <array>
#include <cmath>

namespace gemmsmith::emulator {
namespace {

using ForeignMatrix = ForeignKernel;
INSTANTIATE_TEST_SUITE_P(Levels, ForeignMatrix, testing::Values("0", "1", "2", "3", "s"),
                         levelName);
// The kernels that exist at the usual levels only.
using ForeignTile = ForeignKernel;
INSTANTIATE_TEST_SUITE_P(Levels, ForeignTile, testing::Values("0", "1", "3"), levelName);

template <typename T>
void expectProduct(const std::vector<T> &c, const std::vector<double> &expected, int n) {
  ASSERT_EQ(c.size(), expected.size());
  for (std::size_t i = 0; i < c.size(); ++i)
    ASSERT_EQ(static_cast<double>(c[i]), expected[i])
        << "row " << i / static_cast<std::size_t>(n) << ", column "
        << i % static_cast<std::size_t>(n);
}

// The values of OCP 8-bit floats: E4M3 has bias 7 and no infinity, E5M2 has bias 15.
double fromFp8(std::uint8_t v) {
  int exponent = v >> 3 & 15, mantissa = v & 7;
  double magnitude = exponent ? std::ldexp(8 + mantissa, exponent - 10) : std::ldexp(mantissa, -9);
  return v & 0x80 ? -magnitude : magnitude;
}
double fromBf8(std::uint8_t v) {
  int exponent = v >> 2 & 31, mantissa = v & 3;
  double magnitude = exponent ? std::ldexp(4 + mantissa, exponent - 17) : std::ldexp(mantissa, -16);
  return v & 0x80 ? -magnitude : magnitude;
}
// Encodings whose values are multiples of 1/8 up to 15 in magnitude (denormals of fp8 are too fine
// for exact sums).
std::vector<std::uint8_t> randomEncodings(std::size_t count, double (*value)(std::uint8_t),
                                          unsigned seed) {
  std::vector<std::uint8_t> fine;
  for (int v = 0; v < 256; ++v) {
    double x = value(static_cast<std::uint8_t>(v));
    if (std::abs(x) <= 15 && x * 8 == std::floor(x * 8))
      fine.push_back(static_cast<std::uint8_t>(v));
  }
  std::mt19937 random(seed);
  std::vector<std::uint8_t> result(count);
  for (auto &v : result)
    v = fine[random() % fine.size()];
  return result;
}
std::vector<double> valuesOf(const std::vector<std::uint8_t> &v, double (*value)(std::uint8_t)) {
  std::vector<double> result(v.size());
  for (std::size_t i = 0; i < v.size(); ++i)
    result[i] = value(v[i]);
  return result;
}
std::vector<double> valuesOf(const std::vector<std::uint16_t> &v) {
  std::vector<double> result(v.size());
  for (std::size_t i = 0; i < v.size(); ++i)
    result[i] = fromBf16(v[i]);
  return result;
}

std::size_t elements(int rows, int cols) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
}

// 2 x 3 tiles and K of three and of one instruction's steps.
template <typename Input, typename Result>
void checkTyped(Harness &h, const std::string &kernel, int tile, int step, Input low, Input high) {
  for (int k : {3 * step, step}) {
    int m = 2 * tile, n = 3 * tile;
    auto a = randomValues<Input>(elements(m, k), low, high, 1);
    auto b = randomValues<Input>(elements(n, k), low, high, 2);
    if constexpr (std::is_floating_point_v<Input>)
      for (auto *values : {&a, &b})
        for (Input &v : *values)
          v = std::round(v * 8) / 8;
    DevicePointer c = h.empty(elements(m, n) * sizeof(Result));
    ASSERT_EQ(h.launch(kernel, {2, 3}, {64}, c, h.upload(a), h.upload(b), n,
                       k * static_cast<int>(sizeof(Input))),
              "")
        << kernel;
    expectProduct(h.download<Result>(c, elements(m, n)), productOfRows(a, b, m, n, k), n);
    EXPECT_EQ(h.statistics.mfma_flops, 2ull * m * n * k) << kernel;
  }
}

TEST_P(ForeignTile, MfmaOfFloatsIsAMatrixProduct) {
  load("matrix");
  checkTyped<float, float>(h, "gemm_f32_16", 16, 4, -8, 8);
  checkTyped<float, float>(h, "gemm_f32_32", 32, 2, -8, 8);
}
TEST_P(ForeignTile, MfmaOfDoublesIsAMatrixProduct) {
  load("matrix");
  checkTyped<double, double>(h, "gemm_f64_16", 16, 4, -1000, 1000);
}
TEST_P(ForeignTile, MfmaOfHalvesIsAMatrixProduct) {
  load("matrix");
  checkTyped<_Float16, float>(h, "gemm_f16_16", 16, 32, -8, 8);
  checkTyped<_Float16, float>(h, "gemm_f16_32", 32, 16, -8, 8);
}
TEST_P(ForeignTile, MfmaOfBytesIsAMatrixProduct) {
  load("matrix");
  checkTyped<std::int8_t, std::int32_t>(h, "gemm_i8_16", 16, 64, -128, 127);
  checkTyped<std::int8_t, std::int32_t>(h, "gemm_i8_32", 32, 32, -128, 127);
}

TEST_P(ForeignTile, MfmaOf8BitFloatsIsAMatrixProduct) {
  load("matrix");
  struct Case {
    const char *kernel;
    int tile, k;
    double (*b_value)(std::uint8_t);
  };
  for (const Case &t :
       {Case{"gemm_fp8_16", 16, 96, fromFp8}, {"gemm_fp8_bf8_32", 32, 48, fromBf8}}) {
    int m = 2 * t.tile, n = 3 * t.tile;
    auto a = randomEncodings(elements(m, t.k), fromFp8, 1);
    auto b = randomEncodings(elements(n, t.k), t.b_value, 2);
    DevicePointer c = h.empty(elements(m, n) * 4);
    ASSERT_EQ(h.launch(t.kernel, {2, 3}, {64}, c, h.upload(a), h.upload(b), n, t.k), "");
    expectProduct(h.download<float>(c, elements(m, n)),
                  productOfRows(valuesOf(a, fromFp8), valuesOf(b, t.b_value), m, n, t.k), n);
  }
}

TEST_P(ForeignTile, MfmaWithAScalePerBlockOf32IsAMatrixProduct) {
  load("matrix");
  int m = 32, n = 48, k = 256, blocks = k / 32;
  auto a = randomEncodings(elements(m, k), fromFp8, 1),
       b = randomEncodings(elements(n, k), fromFp8, 2);
  auto a_scales = randomValues<std::uint8_t>(elements(m, blocks), 126, 129, 3),
       b_scales = randomValues<std::uint8_t>(elements(n, blocks), 125, 128, 4);
  DevicePointer c = h.empty(elements(m, n) * 4);
  ASSERT_EQ(h.launch("gemm_mxfp8_16", {2, 3}, {64}, c, h.upload(a), h.upload(b), h.upload(a_scales),
                     h.upload(b_scales), n, k),
            "");
  auto scaled = [&](const std::vector<std::uint8_t> &v, const std::vector<std::uint8_t> &scales) {
    auto values = valuesOf(v, fromFp8);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = std::ldexp(values[i], scales[i / 32] - 127);
    return values;
  };
  expectProduct(h.download<float>(c, elements(m, n)),
                productOfRows(scaled(a, a_scales), scaled(b, b_scales), m, n, k), n);
}

TEST_P(ForeignMatrix, CopiesByGlobalLoadToLdsFeedADoubleBufferedGemm) {
  load("staged");
  for (auto [m, n, k] : {std::array{64, 64, 32}, {100, 130, 160}, {1, 65, 96}}) {
    auto a = randomValues<_Float16>(elements(m, k), -8, 8, 1),
         b = randomValues<_Float16>(elements(n, k), -8, 8, 2);
    for (auto *values : {&a, &b})
      for (_Float16 &v : *values)
        v = static_cast<_Float16>(std::round(static_cast<float>(v)));
    DevicePointer c = h.empty(elements(m, n) * 4);
    Dim3 grid{static_cast<unsigned>(m + 63) / 64, static_cast<unsigned>(n + 63) / 64};
    ASSERT_EQ(h.launch("gemm_f16_global_lds", grid, {256}, c, h.upload(a), h.upload(b), m, n, k),
              "");
    expectProduct(h.download<float>(c, elements(m, n)), productOfRows(a, b, m, n, k), n);
  }
}

TEST_P(ForeignMatrix, TransposingReadsOf16BitsTakeOperandsThatLieAlongK) {
  load("staged");
  for (auto [m, n, k] : {std::array{32, 32, 32}, {64, 96, 96}, {40, 56, 64}}) {
    auto a = randomIntegers(elements(k, m), 1), b = randomIntegers(elements(k, n), 2);
    DevicePointer c = h.empty(elements(m, n) * 4);
    Dim3 grid{static_cast<unsigned>(m + 31) / 32, static_cast<unsigned>(n + 31) / 32};
    ASSERT_EQ(h.launch("gemm_tn_bf16", grid, {64}, c, h.upload(a), h.upload(b), m, n, k), "");
    expectProduct(
        h.download<float>(c, elements(m, n)),
        productOfRows(transposed(valuesOf(a), k, m), transposed(valuesOf(b), k, n), m, n, k), n);
  }
}

TEST_P(ForeignMatrix, TransposingReadsOf8BitsTakeOperandsThatLieAlongK) {
  load("staged");
  int m = 48, n = 32, k = 96;
  auto a = randomValues<std::int8_t>(elements(k, m), -128, 127, 1),
       b = randomValues<std::int8_t>(elements(k, n), -128, 127, 2);
  DevicePointer c = h.empty(elements(m, n) * 4);
  ASSERT_EQ(h.launch("gemm_tn_i8", {3, 2}, {64}, c, h.upload(a), h.upload(b), m, n, k), "");
  expectProduct(h.download<std::int32_t>(c, elements(m, n)),
                productOfRows(transposed(a, k, m), transposed(b, k, n), m, n, k), n);
}

TEST_P(ForeignMatrix, SplitKIsReducedByTheLastArriverInOrder) {
  load("staged");
  for (auto [m, n, k, splits] : {std::array{32, 48, 256, 3}, {16, 16, 32, 1}, {48, 16, 512, 16}}) {
    auto a = randomIntegers(elements(m, k), 1), b = randomIntegers(elements(n, k), 2);
    auto tiles = elements(m / 16, n / 16);
    DevicePointer c = h.empty(elements(m, n) * 2),
                  parts = h.empty(tiles * static_cast<std::size_t>(splits) * 1024),
                  arrivals = h.upload(std::vector<std::uint32_t>(tiles));
    Dim3 grid{static_cast<unsigned>(m / 16), static_cast<unsigned>(n / 16),
              static_cast<unsigned>(splits)};
    ASSERT_EQ(
        h.launch("gemm_split_k", grid, {64}, c, parts, arrivals, h.upload(a), h.upload(b), n, k),
        "");
    auto expected = productOfRows(valuesOf(a), valuesOf(b), m, n, k);
    auto out = h.download<std::uint16_t>(c, elements(m, n));
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_EQ(out[i], toBf16(static_cast<float>(expected[i]))) << i;
    EXPECT_EQ(h.download<std::uint32_t>(arrivals, tiles),
              std::vector<std::uint32_t>(tiles, static_cast<std::uint32_t>(splits)));
  }
}

TEST_P(ForeignTile, ATileLanguagesIrWithPreloadedArgumentsAndMasks) {
  load("triton");
  for (auto [m, n, k] : {std::array{32, 32, 32}, {50, 70, 104}, {33, 31, 8}}) {
    auto a = randomIntegers(elements(m, k), 1), b = randomIntegers(elements(n, k), 2);
    DevicePointer c = h.empty(elements(m, n) * 4);
    auto grid = static_cast<unsigned>((m + 31) / 32 * ((n + 31) / 32));
    h.dynamic_lds = 4096;
    DevicePointer null = 0;
    ASSERT_EQ(
        h.launch("matmul_kernel", {grid}, {64}, h.upload(a), h.upload(b), c, m, n, k, null, null),
        "");
    expectProduct(h.download<float>(c, elements(m, n)),
                  productOfRows(valuesOf(a), valuesOf(b), m, n, k), n);
  }
}

TEST(ForeignAssembly, TwoGroupsOfWavesOneBarrierApart) {
  for (int threads : {1, 2}) {
    DeviceOptions options;
    options.threads = threads;
    Harness h(options);
    h.load(objectFile("pingpong"));
    for (auto [m, n, k] : {std::array{128, 128, 64}, {150, 260, 320}, {7, 9, 128}}) {
      auto a = randomIntegers(elements(m, k), 1), b = randomIntegers(elements(n, k), 2);
      DevicePointer c = h.empty(elements(m, n) * 4);
      Dim3 grid{static_cast<unsigned>(m + 127) / 128, static_cast<unsigned>(n + 127) / 128};
      ASSERT_EQ(h.launch("pingpong", grid, {512}, c, h.upload(a), h.upload(b), m, n, k), "");
      expectProduct(h.download<float>(c, elements(m, n)),
                    productOfRows(valuesOf(a), valuesOf(b), m, n, k), n);
    }
  }
}

} // namespace
} // namespace gemmsmith::emulator
