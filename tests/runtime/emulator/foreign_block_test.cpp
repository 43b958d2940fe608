// Kernels of whole blocks: lanes that exchange data, reductions, atomics, rows of numbers, grids.
#include "tests/runtime/emulator/foreign.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace gemmsmith::emulator {
namespace {

using ForeignBlock = ForeignKernel;
INSTANTIATE_TEST_SUITE_P(Levels, ForeignBlock, testing::Values("0", "1", "3"), levelName);
using ForeignNumeric = ForeignKernel;
INSTANTIATE_TEST_SUITE_P(Levels, ForeignNumeric, testing::Values("0", "1", "2", "3", "s"),
                         levelName);

// --- lanes.cpp

TEST_P(ForeignBlock, FiveWaysToSumAWaveAgree) {
  load("lanes");
  constexpr unsigned kWaves = 5;
  auto in = randomValues<int>(kWaves * 64, -1000000, 1000000, 1);
  DevicePointer out = h.empty(kWaves * 5 * 4);
  ASSERT_EQ(h.launch("wave_sums", {kWaves}, {64}, out, h.upload(in)), "");
  auto sums = h.download<int>(out, kWaves * 5);
  for (unsigned w = 0; w < kWaves; ++w)
    for (unsigned way = 0; way < 5; ++way)
      ASSERT_EQ(sums[w * 5 + way],
                std::accumulate(in.begin() + w * 64, in.begin() + (w + 1) * 64, 0))
          << "wave " << w << ", way " << way;
}

TEST_P(ForeignBlock, PrefixSumsRunThroughTheBlock) {
  load("lanes");
  for (int n : {1, 63, 256, 700}) {
    auto in = randomValues<int>(static_cast<std::size_t>(n), -1000, 1000, 2);
    DevicePointer out = h.empty(in.size() * 4);
    ASSERT_EQ(
        h.launch("block_scan", {static_cast<unsigned>(n + 255) / 256}, {256}, out, h.upload(in), n),
        "");
    auto sums = h.download<int>(out, in.size());
    int sum = 0;
    for (int i = 0; i < n; ++i) {
      sum = (i % 256 ? sum : 0) + in[i];
      ASSERT_EQ(sums[i], sum) << i << " of " << n;
    }
  }
}

TEST_P(ForeignBlock, BallotsCompactAWave) {
  load("lanes");
  for (int n : {0, 1, 40, 64}) {
    auto in = randomValues<int>(64, -5, 5, static_cast<unsigned>(n));
    std::vector<int> expected;
    std::copy_if(in.begin(), in.begin() + n, std::back_inserter(expected),
                 [](int v) { return v > 0; });
    DevicePointer out = h.empty(64 * 4), count = h.empty(4);
    ASSERT_EQ(h.launch("compact", {1}, {64}, out, count, h.upload(in), n), "");
    ASSERT_EQ(h.download<int>(count, 1)[0], static_cast<int>(expected.size()));
    ASSERT_EQ(h.download<int>(out, expected.size()), expected);
    EXPECT_EQ(h.device.unwrittenBytes(out, 256).value(), 256 - expected.size() * 4);
  }
}

TEST_P(ForeignBlock, PermutesAndRotationsMoveWholeLanes) {
  load("lanes");
  auto in = randomValues<int>(64, -1000, 1000, 3);
  DevicePointer reversed = h.empty(256), quads = h.empty(256);
  ASSERT_EQ(h.launch("permutes", {1}, {64}, reversed, quads, h.upload(in), 40), "");
  auto r = h.download<int>(reversed, 64), q = h.download<int>(quads, 40);
  for (int l = 0; l < 64; ++l)
    ASSERT_EQ(r[l], in[63 - l]) << l;
  for (int l = 0; l < 40; ++l)
    ASSERT_EQ(q[l], in[(l & ~3) | ((l + 1) & 3)]) << l;
}

// --- numeric.cpp

double relativeError(double value, double expected) {
  return std::abs(value - expected) / std::max(std::abs(expected), 1e-30);
}

TEST_P(ForeignNumeric, SoftmaxOfRowsIsCloseToDouble) {
  load("numeric");
  for (auto [rows, n, block] :
       {std::array{3, 1000, 256}, {2, 64, 64}, {1, 7, 128}, {2, 130, 1024}}) {
    auto in = randomValues<float>(static_cast<std::size_t>(rows * n), -20, 20, 1);
    DevicePointer out = h.empty(in.size() * 4),
                  logsum = h.empty(static_cast<std::size_t>(rows) * 4);
    ASSERT_EQ(h.launch("softmax", {static_cast<unsigned>(rows)}, {static_cast<unsigned>(block)},
                       out, logsum, h.upload(in), n),
              "");
    auto result = h.download<float>(out, in.size());
    auto logs = h.download<float>(logsum, static_cast<std::size_t>(rows));
    for (int r = 0; r < rows; ++r) {
      double sum = 0;
      for (int i = 0; i < n; ++i)
        sum += std::exp(static_cast<double>(in[r * n + i]));
      ASSERT_NEAR(logs[r], std::log(sum), 1e-4);
      for (int i = 0; i < n; ++i)
        ASSERT_LT(relativeError(result[r * n + i], std::exp(double{in[r * n + i]}) / sum), 1e-5)
            << r << ", " << i;
    }
  }
}

TEST_P(ForeignNumeric, LayerNormalisationOfRowsIsCloseToDouble) {
  load("numeric");
  for (auto [rows, n, block] : {std::array{2, 768, 256}, {3, 50, 64}}) {
    auto count = static_cast<std::size_t>(rows * n);
    auto values = randomValues<float>(count, -3, 5, 1);
    std::vector<std::uint16_t> in(count);
    for (std::size_t i = 0; i < count; ++i)
      in[i] = toBf16(values[i]);
    auto gain = randomValues<float>(static_cast<std::size_t>(n), 0.5f, 1.5f, 2),
         bias = randomValues<float>(static_cast<std::size_t>(n), -1, 1, 3);
    DevicePointer out = h.empty(count * 2);
    ASSERT_EQ(h.launch("layer_norm", {static_cast<unsigned>(rows)}, {static_cast<unsigned>(block)},
                       out, h.upload(in), h.upload(gain), h.upload(bias), n, 1e-5f),
              "");
    auto result = h.download<std::uint16_t>(out, count);
    for (int r = 0; r < rows; ++r) {
      double mean = 0, variance = 0;
      for (int i = 0; i < n; ++i)
        mean += fromBf16(in[r * n + i]) / n;
      for (int i = 0; i < n; ++i)
        variance += std::pow(fromBf16(in[r * n + i]) - mean, 2) / n;
      for (int i = 0; i < n; ++i) {
        double expected =
            (fromBf16(in[r * n + i]) - mean) / std::sqrt(variance + 1e-5) * gain[i] + bias[i];
        // Half a step of bf16, and what float32 adds.
        ASSERT_NEAR(fromBf16(result[r * n + i]), expected, std::abs(expected) / 256 + 1e-5)
            << r << ", " << i;
      }
    }
  }
}

TEST_P(ForeignNumeric, FunctionsOfOneValueAreCloseToDouble) {
  load("numeric");
  auto in = randomValues<float>(200, 0.01f, 30, 1);
  for (float edge : {1.0f, 2.0f, 0.5f, 1.5f, 2.5f, 4.0f, 1e-3f, 100.0f})
    in.push_back(edge);
  int n = static_cast<int>(in.size());
  DevicePointer f32 = h.empty(in.size() * 32), f16 = h.empty(in.size() * 8),
                f64 = h.empty(in.size() * 16);
  ASSERT_EQ(h.launch("functions", {static_cast<unsigned>(n + 63) / 64}, {64}, f32, f16, f64,
                     h.upload(in), n),
            "");
  auto f = h.download<float>(f32, in.size() * 8);
  auto g = h.download<_Float16>(f16, in.size() * 4);
  auto d = h.download<double>(f64, in.size() * 2);
  for (int i = 0; i < n; ++i) {
    double x = in[i];
    ASSERT_LT(relativeError(f[i * 8], x / (1 + std::exp(-x))), 1e-6) << x;
    ASSERT_LT(relativeError(f[i * 8 + 1], std::sqrt(x)), 2e-7) << x;
    // The argument is rounded before the instruction sees it.
    ASSERT_NEAR(f[i * 8 + 2], std::sin(x), 3e-7 * std::max(1.0, x)) << x;
    ASSERT_NEAR(f[i * 8 + 3], std::cos(x), 3e-7 * std::max(1.0, x)) << x;
    ASSERT_EQ(f[i * 8 + 4], in[i] - std::floor(in[i])) << x;
    ASSERT_EQ(f[i * 8 + 5], std::nearbyint(in[i]) + 2 * std::floor(in[i]) + 4 * std::ceil(in[i]) +
                                8 * std::trunc(in[i]))
        << x;
    ASSERT_EQ(f[i * 8 + 6], in[i]);
    ASSERT_EQ(f[i * 8 + 7], std::clamp(in[i], 1.0f, 3.0f));
    double half = static_cast<double>(static_cast<_Float16>(in[i]));
    ASSERT_LT(relativeError(static_cast<double>(g[i * 4]), 1 / half), 1.0 / 1024) << x;
    ASSERT_LT(relativeError(static_cast<double>(g[i * 4 + 1]), std::sqrt(half)), 1.0 / 1024) << x;
    ASSERT_EQ(static_cast<double>(g[i * 4 + 2]),
              static_cast<double>(static_cast<_Float16>(half * half + 1)))
        << x;
    ASSERT_EQ(static_cast<double>(g[i * 4 + 3]), std::max(half, 2.0)) << x;
    ASSERT_EQ(d[i * 2], 1 / x) << x; // correctly rounded
    ASSERT_EQ(d[i * 2 + 1], std::sqrt(x)) << x;
  }
}

TEST_P(ForeignNumeric, DotProductsOfNarrowTypesAreExact) {
  load("numeric");
  int rows = 128, k = 9;
  auto count = static_cast<std::size_t>(rows * k);
  auto a = randomValues<int>(count, std::numeric_limits<int>::min(),
                             std::numeric_limits<int>::max(), 1),
       b = randomValues<int>(count, std::numeric_limits<int>::min(),
                             std::numeric_limits<int>::max(), 2);
  auto integers = randomValues<int>(count * 4, -16, 16, 3);
  std::array<std::vector<_Float16>, 2> half;
  std::array<std::vector<std::uint16_t>, 2> bf16;
  for (std::size_t i = 0; i < integers.size(); ++i) {
    half[i % 2].push_back(static_cast<_Float16>(integers[i]));
    bf16[i % 2].push_back(toBf16(static_cast<float>(integers[i])));
  }
  std::array<DevicePointer, 5> out;
  for (auto &p : out)
    p = h.empty(static_cast<std::size_t>(rows) * 4);
  ASSERT_EQ(h.launch("dots", {2}, {64}, out[0], out[1], out[2], out[3], out[4], h.upload(a),
                     h.upload(b), h.upload(half[0]), h.upload(half[1]), h.upload(bf16[0]),
                     h.upload(bf16[1]), k),
            "");
  auto s8 = h.download<int>(out[0], 128), s4 = h.download<int>(out[2], 128);
  auto u8 = h.download<unsigned>(out[1], 128);
  auto f16 = h.download<float>(out[3], 128), b16 = h.download<float>(out[4], 128);
  for (int r = 0; r < rows; ++r) {
    int sum8 = 0, sum4 = 0;
    unsigned unsigned8 = 0;
    double sum_f = 0;
    for (int i = r * k; i < (r + 1) * k; ++i) {
      for (int byte = 0; byte < 32; byte += 8) {
        sum8 += static_cast<std::int8_t>(a[i] >> byte) * static_cast<std::int8_t>(b[i] >> byte);
        unsigned8 += (static_cast<unsigned>(a[i]) >> byte & 255) *
                     (static_cast<unsigned>(b[i]) >> byte & 255);
      }
      for (int nibble = 0; nibble < 32; nibble += 4)
        sum4 += (static_cast<int>(static_cast<unsigned>(a[i]) << (28 - nibble)) >> 28) *
                (static_cast<int>(static_cast<unsigned>(b[i]) << (28 - nibble)) >> 28);
      for (int e = 0; e < 2; ++e)
        sum_f += static_cast<double>(half[0][i * 2 + e]) * static_cast<double>(half[1][i * 2 + e]);
    }
    ASSERT_EQ(s8[r], sum8) << r;
    ASSERT_EQ(u8[r], unsigned8) << r;
    ASSERT_EQ(s4[r], sum4) << r;
    ASSERT_EQ(f16[r], sum_f) << r;
    ASSERT_EQ(b16[r], sum_f) << r;
  }
}

// --- blocks.cpp

TEST_P(ForeignBlock, HistogramsInLdsAddUpInMemory) {
  load("blocks");
  for (auto [n, blocks, threads] : {std::array{10000, 4, 256}, {100, 3, 64}, {5000, 1, 1024}}) {
    auto in = randomValues<std::uint8_t>(static_cast<std::size_t>(n), 0, 255, 1);
    std::fill(in.begin(), in.begin() + n / 3, std::uint8_t{77}); // many threads at one bin
    std::vector<unsigned> expected(256);
    for (std::uint8_t v : in)
      ++expected[v];
    DevicePointer bins = h.upload(std::vector<unsigned>(256));
    ASSERT_EQ(h.launch("histogram", {static_cast<unsigned>(blocks)},
                       {static_cast<unsigned>(threads)}, bins, h.upload(in), n),
              "");
    ASSERT_EQ(h.download<unsigned>(bins, 256), expected);
  }
}

TEST_P(ForeignBlock, TransposesThroughPaddedLds) {
  load("blocks");
  for (auto [rows, cols] : {std::array{64, 96}, {33, 50}, {1, 200}}) {
    auto in = randomValues<float>(static_cast<std::size_t>(rows * cols), -1, 1, 1);
    DevicePointer out = h.empty(in.size() * 4);
    Dim3 grid{static_cast<unsigned>(cols + 31) / 32, static_cast<unsigned>(rows + 31) / 32};
    ASSERT_EQ(h.launch("transpose", grid, {32, 8}, out, h.upload(in), rows, cols), "");
    ASSERT_EQ(h.download<float>(out, in.size()), transposed(in, rows, cols));
  }
}

TEST_P(ForeignBlock, EveryWorkItemKnowsItsPlaceInThreeDimensions) {
  load("blocks");
  for (auto [grid, block] : {std::pair{Dim3{3, 2, 4}, Dim3{5, 3, 7}},
                             {Dim3{1, 1, 1}, Dim3{1, 1, 1}},
                             {Dim3{2, 5, 1}, Dim3{64, 4, 2}}}) {
    std::size_t nx = grid.x * block.x, ny = grid.y * block.y, nz = grid.z * block.z;
    DevicePointer out = h.empty(nx * ny * nz * 16);
    ASSERT_EQ(h.launch("ids", grid, block, out), "");
    auto ids = h.download<std::array<unsigned, 4>>(out, nx * ny * nz);
    for (unsigned z = 0; z < nz; ++z)
      for (unsigned y = 0; y < ny; ++y)
        for (unsigned x = 0; x < nx; ++x)
          ASSERT_EQ(ids[(z * ny + y) * nx + x],
                    (std::array{x, y, z, x % block.x | y % block.y << 10 | z % block.z << 20}));
  }
}

TEST_P(ForeignBlock, DynamicLdsLiesBehindTheStatic) {
  load("blocks");
  for (unsigned threads : {64u, 200u, 1024u}) {
    auto in = randomValues<int>(threads * 2, -100, 100, 1);
    DevicePointer out = h.empty(in.size() * 4);
    h.dynamic_lds = threads * 4;
    ASSERT_EQ(h.launch("dynamic_lds", {2}, {threads}, out, h.upload(in)), "");
    auto sums = h.download<int>(out, in.size());
    for (unsigned g = 0, i = 0; g < 2; ++g)
      for (int sum = 0; i < (g + 1) * threads; ++i)
        ASSERT_EQ(sums[i], sum += in[i]) << i;
  }
  h.dynamic_lds = 4;
  EXPECT_NE(h.launch("dynamic_lds", {1}, {64}, h.empty(256), h.upload(std::vector<int>(64))), "");
}

TEST_P(ForeignBlock, LoopsOverTheGridReadItsSizeFromHiddenArguments) {
  load("blocks");
  for (auto [blocks, threads] : {std::array{3u, 64u}, {1u, 256u}, {20u, 192u}}) {
    int n = 1000;
    auto x = randomValues<float>(1000, -1, 1, 1), y = randomValues<float>(1000, -1, 1, 2);
    DevicePointer py = h.upload(y);
    ASSERT_EQ(h.launch("grid_stride", {blocks}, {threads}, py, h.upload(x), 2.0f, n), "");
    auto result = h.download<float>(py, 1000);
    for (int i = 0; i < n; ++i)
      ASSERT_EQ(result[i], 2.0f * x[i] + y[i]) << i;
  }
}

// --- atomics.cpp

template <typename T> void checkIntegers(Harness &h, const std::string &kernel) {
  constexpr std::size_t kCount = 3 * 128;
  constexpr T kLow = std::numeric_limits<T>::min(), kHigh = std::numeric_limits<T>::max();
  std::mt19937_64 random(1);
  std::vector<T> values(kCount);
  for (T &v : values)
    v = static_cast<T>(random());
  std::vector<T> counters{5, 100, 100, kHigh, kLow, static_cast<T>(-1), 0, 0x55};
  auto expected = counters;
  using U = std::make_unsigned_t<T>;
  for (T v : values) {
    expected[0] = static_cast<T>(static_cast<U>(expected[0]) + 1);
    expected[1] = static_cast<T>(static_cast<U>(expected[1]) + static_cast<U>(v));
    expected[2] = static_cast<T>(static_cast<U>(expected[2]) - static_cast<U>(v));
    expected[3] = std::min(expected[3], v);
    expected[4] = std::max(expected[4], v);
    expected[5] &= v;
    expected[6] |= v;
    expected[7] ^= v;
  }
  DevicePointer pc = h.upload(counters), pt = h.empty(kCount * sizeof(T));
  ASSERT_EQ(h.launch(kernel, {3}, {128}, pc, pt, h.upload(values)), "") << kernel;
  EXPECT_EQ(h.download<T>(pc, 8), expected) << kernel;
  auto tickets = h.download<T>(pt, kCount);
  std::sort(tickets.begin(), tickets.end());
  for (std::size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(tickets[i], static_cast<T>(5 + i)) << kernel;
}

TEST_P(ForeignBlock, IntegerAtomicsOfBothWidthsLoseNothing) {
  load("atomics");
  checkIntegers<std::int32_t>(h, "atomics_i32");
  checkIntegers<std::uint32_t>(h, "atomics_u32");
  checkIntegers<std::int64_t>(h, "atomics_i64");
  checkIntegers<std::uint64_t>(h, "atomics_u64");
}

TEST_P(ForeignBlock, FloatAtomicsAddInEveryType) {
  load("atomics");
  constexpr std::size_t kRows = 8; // two blocks of 256
  auto integers = randomValues<int>(kRows * 64, -8, 8, 1);
  std::vector<float> values(integers.begin(), integers.end());
  DevicePointer f32 = h.upload(std::vector<float>(64)), f64 = h.upload(std::vector<double>(64)),
                bf16 = h.upload(std::vector<std::uint32_t>(64)),
                f16 = h.upload(std::vector<std::uint32_t>(64));
  ASSERT_EQ(h.launch("atomics_float", {2}, {256}, f32, f64, bf16, f16, h.upload(values)), "");
  auto a = h.download<float>(f32, 64);
  auto b = h.download<double>(f64, 64);
  auto c = h.download<std::array<std::uint16_t, 2>>(bf16, 64);
  auto d = h.download<std::array<_Float16, 2>>(f16, 64);
  for (std::size_t column = 0; column < 64; ++column) {
    double sum = 0;
    for (std::size_t row = 0; row < kRows; ++row)
      sum += values[row * 64 + column];
    ASSERT_EQ(a[column], sum);
    ASSERT_EQ(b[column], sum);
    ASSERT_EQ(fromBf16(c[column][0]), sum);
    ASSERT_EQ(fromBf16(c[column][1]), -sum);
    ASSERT_EQ(static_cast<double>(d[column][0]), sum);
    ASSERT_EQ(static_cast<double>(d[column][1]), -sum);
  }
}

TEST_P(ForeignBlock, BufferAtomicsStopAtTheRange) {
  load("atomics");
  constexpr int kColumns = 50;
  auto integers = randomValues<int>(256, -8, 8, 1);
  std::vector<float> values(integers.begin(), integers.end());
  DevicePointer f32 = h.upload(std::vector<float>(64)),
                pairs = h.upload(std::vector<std::uint32_t>(64)),
                counts = h.upload(std::vector<int>(64));
  ASSERT_EQ(h.launch("atomics_buffer", {2}, {128}, f32, pairs, counts, h.upload(values), kColumns),
            "");
  auto a = h.download<float>(f32, 64);
  auto b = h.download<std::array<_Float16, 2>>(pairs, 64);
  auto c = h.download<int>(counts, 64);
  for (std::size_t column = 0; column < 64; ++column) {
    bool in = column < kColumns;
    float sum = 0;
    for (std::size_t row = 0; row < 4; ++row)
      sum += values[row * 64 + column];
    ASSERT_EQ(a[column], in ? sum : 0);
    ASSERT_EQ(static_cast<float>(b[column][0]), in ? sum : 0);
    ASSERT_EQ(static_cast<float>(b[column][1]), in ? 4 : 0);
    ASSERT_EQ(c[column], in ? 4 : 0);
  }
}

TEST_P(ForeignBlock, LoopsOfCompareAndSwapEnd) {
  load("atomics");
  std::vector<float> factors(256, 1.0f);
  for (int i = 0; i < 20; ++i)
    factors[i * 12] = i % 2 ? 4.0f : 0.5f;
  DevicePointer product = h.upload(std::vector<float>{3.0f}),
                saturating = h.upload(std::vector<unsigned>{40}),
                wide = h.upload(std::vector<std::uint64_t>{1});
  ASSERT_EQ(h.launch("atomics_loop", {2}, {128}, product, saturating, wide, h.upload(factors)), "");
  EXPECT_EQ(h.download<float>(product, 1)[0], 3.0f * 1024);
  EXPECT_EQ(h.download<unsigned>(saturating, 1)[0], 5000u);
  std::uint64_t expected = 1;
  for (int i = 0; i < 256; ++i)
    expected = expected * 3 + 1;
  EXPECT_EQ(h.download<std::uint64_t>(wide, 1)[0], expected);
}

TEST_P(ForeignBlock, AtomicsOfGenericAddressesReachLdsAndMemory) {
  load("atomics");
  std::vector<float> values(128);
  std::iota(values.begin(), values.end(), 0.0f);
  DevicePointer counts = h.upload(std::vector<unsigned>(4)), sums = h.upload(std::vector<float>(4));
  ASSERT_EQ(h.launch("atomics_flat", {1}, {128}, counts, sums, h.upload(values)), "");
  std::vector<unsigned> expected(4);
  for (unsigned t = 0; t < 128; ++t)
    expected[t % 2 + (t % 3 ? 0 : 2)] += t;
  EXPECT_EQ(h.download<unsigned>(counts, 4), expected);
  EXPECT_EQ(h.download<float>(sums, 4), std::vector<float>(expected.begin(), expected.end()));
}

} // namespace
} // namespace gemmsmith::emulator
