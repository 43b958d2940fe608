// Whole kernels from clang at -O0 … -O3 with every check on.
#include "tests/runtime/emulator/harness.h"

#include <cmath>
#include <fmt/format.h>

namespace gemmsmith::emulator {
namespace {

class CompiledKernel : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Levels, CompiledKernel, testing::Values(0, 1, 3),
                         [](const auto &info) { return fmt::format("O{}", info.param); });

TEST_P(CompiledKernel, VectorAddStopsAtTheEnd) {
  Harness h;
  h.load(compiledKernels("basics", GetParam()));
  constexpr int kN = 1000;
  std::vector<float> a(kN), b(kN);
  for (int i = 0; i < kN; ++i) {
    a[i] = static_cast<float>(i);
    b[i] = 0.25f * static_cast<float>(i);
  }
  DevicePointer pa = h.upload(a), pb = h.upload(b), pc = h.empty(kN * 4);
  ASSERT_EQ(h.launch("vector_add", {4}, {256}, pc, pa, pb, kN), "");
  auto c = h.download<float>(pc, kN);
  for (int i = 0; i < kN; ++i)
    ASSERT_EQ(c[i], a[i] + b[i]) << i;
  EXPECT_EQ(h.device.unwrittenBytes(pc, kN * 4).value(), 0u);
}

TEST(PreloadedArguments, ArriveInRegistersAndTheCompatibilityCodeIsSkipped) {
  Harness h;
  h.load(compiledKernels("basics_preload", 3));
  std::vector<float> a(100, 1.5f), b(100, 2.0f);
  DevicePointer pa = h.upload(a), pb = h.upload(b), pc = h.empty(400);
  ASSERT_EQ(h.launch("vector_add", {1}, {256}, pc, pa, pb, 100), "");
  EXPECT_EQ(h.download<float>(pc, 100), std::vector<float>(100, 3.5f));
  // Four waves, 19 instructions each without the 256 bytes that load the arguments otherwise.
  EXPECT_LT(h.statistics.wave_instructions, 4u * 20);
}

TEST_P(CompiledKernel, ReductionThroughLdsAndBarriers) {
  Harness h;
  h.load(compiledKernels("basics", GetParam()));
  constexpr int kN = 5000, kGroups = 3;
  std::vector<float> in(kN);
  double total = 0;
  for (int i = 0; i < kN; ++i) {
    in[i] = static_cast<float>(i % 17);
    total += in[i];
  }
  DevicePointer pin = h.upload(in), pout = h.empty(kGroups * 4);
  ASSERT_EQ(h.launch("block_sum", {kGroups}, {256}, pout, pin, kN), "");
  auto out = h.download<float>(pout, kGroups);
  EXPECT_EQ(out[0] + out[1] + out[2], total);
}

TEST_P(CompiledKernel, IntegerDivisionExpansionIsExact) {
  Harness h;
  h.load(compiledKernels("basics", GetParam()));
  std::mt19937 random(1);
  std::vector<int> a, b;
  for (int x : {0, 1, -1, 7, 64, 1000003, 2147483647, -2147483647})
    for (int y : {1, -1, 2, 3, -7, 255, 65537, 2147483647, -2147483647 - 1}) {
      a.push_back(x);
      b.push_back(y);
    }
  for (int i = 0; i < 500; ++i) {
    a.push_back(static_cast<int>(random()));
    b.push_back(static_cast<int>(random() >> random() % 31) | 1);
  }
  int n = static_cast<int>(a.size());
  DevicePointer pa = h.upload(a), pb = h.upload(b), q = h.empty(a.size() * 4),
                r = h.empty(a.size() * 4), u = h.empty(a.size() * 4);
  ASSERT_EQ(h.launch("divide", {static_cast<unsigned>(n + 63) / 64}, {64}, q, r, u, pa, pb, n), "");
  auto quotient = h.download<int>(q, a.size()), remainder = h.download<int>(r, a.size());
  auto unsigned_quotient = h.download<unsigned>(u, a.size());
  for (int i = 0; i < n; ++i) {
    ASSERT_EQ(quotient[i], a[i] / b[i]) << a[i] << " / " << b[i];
    ASSERT_EQ(remainder[i], a[i] % b[i]) << a[i] << " % " << b[i];
    ASSERT_EQ(unsigned_quotient[i], static_cast<unsigned>(a[i]) / static_cast<unsigned>(b[i]));
  }
}

TEST_P(CompiledKernel, DivergentLoopsEndEachLaneAtItsOwnTime) {
  Harness h;
  h.load(compiledKernels("basics", GetParam()));
  constexpr int kN = 150;
  DevicePointer p = h.empty(kN * 4);
  ASSERT_EQ(h.launch("collatz", {3}, {64}, p, kN), "");
  auto steps = h.download<int>(p, kN);
  for (int i = 0; i < kN; ++i) {
    int s = 0;
    for (long v = i + 1; v != 1; ++s)
      v = v % 2 ? 3 * v + 1 : v / 2;
    ASSERT_EQ(steps[i], s) << i;
  }
}

TEST_P(CompiledKernel, FloatDivisionIsCorrectlyRounded) {
  Harness h;
  h.load(compiledKernels("basics", GetParam()));
  std::vector<float> values = {0.0f,   -0.0f, 1.0f,      3.0f,     7.0f,      1e-45f,
                               1e-38f, 3e38f, -2.5e-39f, INFINITY, -INFINITY, NAN};
  std::mt19937 random(3);
  for (int i = 0; i < 20; ++i)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  std::vector<float> a, b;
  for (float x : values)
    for (float y : values) {
      a.push_back(x);
      b.push_back(y);
    }
  int n = static_cast<int>(a.size());
  DevicePointer pa = h.upload(a), pb = h.upload(b), q = h.empty(a.size() * 4);
  ASSERT_EQ(h.launch("float_divide", {static_cast<unsigned>(n + 63) / 64}, {64}, q, pa, pb, n), "");
  auto quotient = h.download<float>(q, a.size());
  for (int i = 0; i < n; ++i) {
    float expected = a[i] / b[i];
    if (expected != expected)
      ASSERT_NE(quotient[i], quotient[i]) << a[i] << " / " << b[i];
    else
      ASSERT_EQ(quotient[i], expected) << a[i] << " / " << b[i];
  }
}

void checkGemm(int level, const std::string &kernel, int tile) {
  Harness h;
  h.load(compiledKernels("gemm", level));
  int m = tile * 2, n = tile * 3, k = 96;
  auto a = randomIntegers(static_cast<std::size_t>(m * k), 1);
  auto b = randomIntegers(static_cast<std::size_t>(n * k), 2);
  DevicePointer pa = h.upload(a), pb = h.upload(b),
                pc = h.empty(static_cast<std::size_t>(m * n) * 4);
  ASSERT_EQ(h.launch(kernel, {2, 3}, {64}, pc, pa, pb, n, k), "");
  auto c = h.download<float>(pc, static_cast<std::size_t>(m * n));
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int x = 0; x < k; ++x)
        sum += fromBf16(a[i * k + x]) * fromBf16(b[j * k + x]);
      ASSERT_EQ(c[i * n + j], sum) << i << ", " << j;
    }
  EXPECT_EQ(h.statistics.mfma_flops, 2ull * m * n * k);
}
TEST_P(CompiledKernel, Mfma16x16x32Bf16IsAMatrixProduct) {
  checkGemm(GetParam(), "gemm_16x16", 16);
}
TEST_P(CompiledKernel, Mfma32x32x16Bf16IsAMatrixProduct) {
  checkGemm(GetParam(), "gemm_32x32", 32);
}

TEST_P(CompiledKernel, GemmWithCopiesStraightToLdsHasExactTails) {
  Harness h;
  h.load(compiledKernels("gemm", GetParam()));
  int m = 200, n = 140, k = 192;
  auto a = randomIntegers(static_cast<std::size_t>(m * k), 1);
  auto b = randomIntegers(static_cast<std::size_t>(n * k), 2);
  DevicePointer pa = h.upload(a), pb = h.upload(b),
                pc = h.empty(static_cast<std::size_t>(m * n) * 2);
  ASSERT_EQ(h.launch("gemm_128x128x64", {2, 2}, {256}, pc, pa, pb, m, n, k), "");
  auto c = h.download<std::uint16_t>(pc, static_cast<std::size_t>(m * n));
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      float sum = 0;
      for (int x = 0; x < k; ++x)
        sum += fromBf16(a[i * k + x]) * fromBf16(b[j * k + x]);
      ASSERT_EQ(c[i * n + j], toBf16(sum)) << i << ", " << j;
    }
}

TEST_P(CompiledKernel, LastArriverAddsThePartsInOrderWhateverTheThreads) {
  for (int threads : {1, 2, 8}) {
    DeviceOptions options;
    options.threads = threads;
    Harness h(options);
    h.load(compiledKernels("split", GetParam()));
    constexpr int kTiles = 20, kSplits = 7;
    std::vector<float> in(kTiles * kSplits * 64);
    for (std::size_t i = 0; i < in.size(); ++i)
      in[i] = 1.0f / static_cast<float>(i + 1);
    DevicePointer pin = h.upload(in), pout = h.empty(kTiles * 64 * 4),
                  workspace = h.empty(in.size() * 4),
                  counter = h.upload(std::vector<std::uint32_t>(kTiles));
    for (int run = 0; run < 2; ++run)
      ASSERT_EQ(
          h.launch("split_sum", {kTiles, kSplits}, {64}, pout, workspace, counter, pin, kSplits),
          "");
    auto out = h.download<float>(pout, kTiles * 64);
    for (int tile = 0; tile < kTiles; ++tile)
      for (int t = 0; t < 64; ++t) {
        float sum = 0;
        for (int s = 0; s < kSplits; ++s)
          sum += in[(tile * kSplits + s) * 64 + t] * 2.0f;
        ASSERT_EQ(out[tile * 64 + t], sum);
      }
    EXPECT_EQ(h.download<std::uint32_t>(counter, kTiles), std::vector<std::uint32_t>(kTiles));
  }
}

} // namespace
} // namespace gemmsmith::emulator
