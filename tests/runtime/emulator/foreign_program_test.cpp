// Programs with stacks, calls, data and asserts from HIP, and kernels from OpenCL C.
#include "tests/runtime/emulator/foreign.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace gemmsmith::emulator {
namespace {

using ForeignProgram = ForeignKernel;
INSTANTIATE_TEST_SUITE_P(Levels, ForeignProgram, testing::Values("0", "1", "2", "3", "s"),
                         levelName);
using ForeignOpenCl = ForeignKernel;
INSTANTIATE_TEST_SUITE_P(Levels, ForeignOpenCl, testing::Values("0", "1", "3"), levelName);

unsigned groupsOf64(int n) {
  return static_cast<unsigned>(n + 63) / 64;
}

TEST_P(ForeignProgram, ScratchArraysTakeVariableIndices) {
  load("calls");
  int n = 100;
  auto in = randomValues<int>(800, -50, 50, 1);
  std::vector<int> order{3, 1, 0, 7, 6, 2, 5, 4};
  DevicePointer out = h.empty(in.size() * 4);
  ASSERT_EQ(h.launch("sort_private", {2}, {64}, out, h.upload(in), h.upload(order), n), "");
  auto result = h.download<int>(out, in.size());
  for (int i = 0; i < n; ++i) {
    std::vector<int> v(in.begin() + i * 8, in.begin() + i * 8 + 8);
    std::sort(v.begin(), v.end());
    for (int k = 0; k < 8; ++k)
      ASSERT_EQ(result[i * 8 + k], v[order[(i + k) % 8]]) << i << ", " << k;
  }
}

TEST_P(ForeignProgram, CallsPassArgumentsAndResultsOfAllSorts) {
  load("calls");
  int n = 130;
  auto in = randomValues<int>(130, 0, 1000, 1);
  DevicePointer out = h.empty(in.size() * 8);
  ASSERT_EQ(h.launch("call_functions", {groupsOf64(n)}, {64}, out, h.upload(in), n), "");
  auto result = h.download<std::int64_t>(out, in.size());
  for (int i = 0; i < n; ++i) {
    int x = in[i], weighted = 0;
    for (int k = 0; k < 5; ++k)
      weighted += x % (k + 2) * (x + k) * (x + k);
    ASSERT_EQ(result[i], 7 * 1000000ll + (x + weighted)) << x;
  }
}

TEST_P(ForeignProgram, FunctionPointersDifferFromLaneToLane) {
  load("calls");
  int n = 100;
  auto in = randomValues<int>(100, -1000, 1000, 1);
  DevicePointer out = h.empty(in.size() * 4);
  ASSERT_EQ(h.launch("call_pointers", {groupsOf64(n)}, {64}, out, h.upload(in), n), "");
  auto result = h.download<int>(out, in.size());
  for (int i = 0; i < n; ++i) {
    int x = in[i];
    std::array values{x * x, 2 * x, -x, x + 5};
    ASSERT_EQ(result[i], values[(x & 0x7fffffff) % 4] + 1) << x;
  }
}

TEST_P(ForeignProgram, ModuleDataIsInitialisedRelocatedAndKept) {
  load("calls");
  DevicePointer out = h.empty(73 * 8);
  ASSERT_EQ(h.launch("globals", {1}, {64}, out), "");
  auto result = h.download<std::int64_t>(out, 73);
  std::vector<std::int64_t> expected{2, 3, 5, 7, 11, 13, 17, 19};
  expected.resize(72);
  expected.push_back(13);
  EXPECT_EQ(result, expected);
  // What the first launch stored is there for the second: zeroed[15 k] = 15 k for 15 k < 64.
  ASSERT_EQ(h.launch("globals", {1}, {64}, out), "");
  result = h.download<std::int64_t>(out, 73);
  for (int k = 0; k < 64; ++k)
    ASSERT_EQ(result[8 + k], 15 * k < 64 ? 15 * k : 0) << k;
}

struct Shape {
  char kind;
  short rows;
  float scale[3];
  double bias;
  struct {
    unsigned char bytes[5];
  } tail;
};
struct alignas(16) Float4 {
  float v[4];
};

TEST_P(ForeignProgram, StructuresArriveByValue) {
  load("calls");
  Shape shape{3, -300, {0.5f, 1.5f, -2.5f}, 1e100, {{1, 2, 3, 250, 255}}};
  DevicePointer out = h.empty(18 * 8);
  ASSERT_EQ(h.launch("by_value", {1}, {1}, out, char{-7}, shape, short{1234},
                     Float4{{1, 2, 3, 4.5f}}, true),
            "");
  EXPECT_EQ(h.download<double>(out, 18),
            (std::vector<double>{-7, 3, -300, 0.5, 1.5, -2.5, 1e100, 1, 2, 3, 250, 255, 1234, 1, 2,
                                 3, 4.5, 1}));
}

TEST_P(ForeignProgram, WideDivisionIsExact) {
  load("calls");
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min(),
                 kHigh = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int64_t> a, b;
  for (std::int64_t x :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, kHigh, kLow, std::int64_t{1} << 32,
        std::int64_t{0xffffffff}, std::int64_t{-12345678901}})
    for (std::int64_t y : {std::int64_t{1}, std::int64_t{2}, std::int64_t{-3}, kHigh, kLow,
                           std::int64_t{1} << 33, std::int64_t{0x80000001}}) {
      a.push_back(x);
      b.push_back(y);
    }
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    a.push_back(static_cast<std::int64_t>(random() >> random() % 64));
    b.push_back(static_cast<std::int64_t>(random() >> random() % 64) | 1);
    if (b.back() == -1)
      b.back() = 3;
  }
  int n = static_cast<int>(a.size());
  std::array<DevicePointer, 4> out;
  for (auto &p : out)
    p = h.empty(a.size() * 8);
  ASSERT_EQ(h.launch("divide_wide", {groupsOf64(n)}, {64}, out[0], out[1], out[2], out[3],
                     h.upload(a), h.upload(b), n),
            "");
  auto q = h.download<std::int64_t>(out[0], a.size()),
       r = h.download<std::int64_t>(out[1], a.size());
  auto uq = h.download<std::uint64_t>(out[2], a.size()),
       ur = h.download<std::uint64_t>(out[3], a.size());
  for (int i = 0; i < n; ++i) {
    auto ua = static_cast<std::uint64_t>(a[i]), ub = static_cast<std::uint64_t>(b[i]);
    ASSERT_EQ(q[i], a[i] / b[i]) << a[i] << " / " << b[i];
    ASSERT_EQ(r[i], a[i] % b[i]) << a[i] << " % " << b[i];
    ASSERT_EQ(uq[i], ua / ub) << ua << " / " << ub;
    ASSERT_EQ(ur[i], ua % ub) << ua << " % " << ub;
  }
}

TEST_P(ForeignProgram, BytesAndWordsKeepTheirSigns) {
  load("calls");
  constexpr std::size_t kCount = 128;
  auto sb = randomValues<std::int8_t>(kCount, -128, 127, 1);
  auto ub = randomValues<std::uint8_t>(kCount, 0, 255, 2);
  auto sw = randomValues<std::int16_t>(kCount, -32768, 32767, 3);
  auto uw = randomValues<std::uint16_t>(kCount, 0, 65535, 4);
  DevicePointer bytes = h.empty(kCount), words = h.empty(kCount * 2), sums = h.empty(kCount * 4);
  ASSERT_EQ(h.launch("narrow", {2}, {64}, bytes, words, sums, h.upload(sb), h.upload(ub),
                     h.upload(sw), h.upload(uw)),
            "");
  auto b = h.download<std::uint8_t>(bytes, kCount);
  auto w = h.download<std::uint16_t>(words, kCount);
  auto s = h.download<int>(sums, kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    std::size_t first = i & ~std::size_t{63}, t = i & 63;
    int sum = sb[i] + ub[i] + sw[i] + uw[i];
    ASSERT_EQ(s[i], sum + sb[first + 63 - t] * uw[first + (t ^ 1)]) << i;
    ASSERT_EQ(b[i], static_cast<std::uint8_t>(sum >> 3)) << i;
    ASSERT_EQ(w[i], static_cast<std::uint16_t>(sb[i] * sw[i])) << i;
  }
}

TEST_P(ForeignProgram, AssertsStopOnlyWhereTheyFail) {
  load("calls");
  std::vector<int> in(100, 4);
  DevicePointer out = h.empty(400);
  ASSERT_EQ(h.launch("assert_positive", {2}, {64}, out, h.upload(in), 100), "");
  EXPECT_EQ(h.download<int>(out, 100), std::vector<int>(100, 8));
  in[70] = -1;
  EXPECT_NE(h.launch("assert_positive", {2}, {64}, out, h.upload(in), 100).find("trap"),
            std::string::npos);
  EXPECT_EQ(h.launch("assert_positive", {2}, {64}, out, h.upload(in), 70), "");
}

TEST_P(ForeignProgram, SwitchesTakeEveryLaneItsOwnWay) {
  load("calls");
  auto in = randomValues<int>(300, 0, 40000, 1);
  int n = 300;
  DevicePointer out = h.empty(in.size() * 4);
  ASSERT_EQ(h.launch("many_cases", {groupsOf64(n)}, {64}, out, h.upload(in), n), "");
  auto result = h.download<int>(out, in.size());
  auto expected = [](int x) {
    auto u = static_cast<unsigned>(x);
    switch (x % 11) {
    case 0:
      return x * 3 + 1;
    case 1:
      return x ^ 0x55;
    case 2:
      return x / 7;
    case 3:
      return std::popcount(u);
    case 4:
      return std::countl_zero(u | 1);
    case 5: {
      unsigned reversed = 0;
      for (int bit = 0; bit < 32; ++bit)
        reversed |= (u >> bit & 1) << (31 - bit);
      return static_cast<int>(reversed >> 16);
    }
    case 6:
      return static_cast<int>(u << x % 13);
    case 7:
      return static_cast<int>(std::int64_t{x} * x >> 20);
    case 8:
      return std::countr_zero(u | 64);
    default:
      return -x;
    }
  };
  for (int i = 0; i < n; ++i)
    ASSERT_EQ(result[i], expected(in[i])) << in[i];
}

TEST_P(ForeignProgram, RecursionHasAStackThatEnds) {
  load("calls");
  auto depth = randomValues<int>(100, 0, 40, 1);
  DevicePointer out = h.empty(400);
  ASSERT_EQ(h.launch("recursion", {2}, {64}, out, h.upload(depth), 100), "");
  auto result = h.download<int>(out, 100);
  for (int i = 0; i < 100; ++i) {
    int x = i;
    for (int d = depth[i]; d > 0; --d)
      x = (x + d) & 0xffff;
    ASSERT_EQ(result[i], x + depth[i]) << i;
  }
  depth[7] = 100000;
  EXPECT_NE(h.launch("recursion", {2}, {64}, out, h.upload(depth), 100).find("private byte"),
            std::string::npos);
}

// --- opencl.cl

TEST_P(ForeignOpenCl, TilesInLocalMemoryMakeAMatrixProduct) {
  load("opencl");
  for (auto [m, n, k] : {std::array{32, 32, 32}, {40, 17, 48}, {1, 1, 16}}) {
    auto ia = randomValues<int>(static_cast<std::size_t>(m * k), -9, 9, 1),
         ib = randomValues<int>(static_cast<std::size_t>(k * n), -9, 9, 2);
    std::vector<float> a(ia.begin(), ia.end()), b(ib.begin(), ib.end());
    auto count = static_cast<std::size_t>(m * n);
    DevicePointer c = h.empty(count * 4);
    Dim3 grid{static_cast<unsigned>(n + 15) / 16, static_cast<unsigned>(m + 15) / 16};
    ASSERT_EQ(h.launch("tiled", grid, {16, 16}, c, h.upload(a), h.upload(b), m, n, k), "");
    auto expected = productOfRows(a, transposed(b, k, n), m, n, k);
    auto result = h.download<float>(c, count);
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(result[i], expected[i]) << i;
  }
}

TEST_P(ForeignOpenCl, LocalArgumentsAreOffsetsIntoTheHostsLds) {
  load("opencl");
  auto integers = randomValues<int>(500, -100, 100, 1);
  std::vector<float> in(integers.begin(), integers.end());
  for (unsigned threads : {64u, 256u}) {
    unsigned groups = (500 + threads - 1) / threads;
    DevicePointer sums = h.empty(groups * 8);
    h.dynamic_lds = threads * 8;
    ASSERT_EQ(
        h.launch("local_arguments", {groups}, {threads}, sums, h.upload(in), 0u, threads * 4, 500),
        "");
    auto result = h.download<float>(sums, groups * 2);
    for (unsigned g = 0; g < groups; ++g) {
      auto first = in.begin() + g * threads,
           last = in.begin() + std::min<unsigned>(500, (g + 1) * threads);
      ASSERT_EQ(result[2 * g], std::accumulate(first, last, 0.0f));
      ASSERT_EQ(result[2 * g + 1], static_cast<float>(last - first));
    }
  }
}

TEST_P(ForeignOpenCl, VectorsOfThreeAndFourConvertAndShuffle) {
  load("opencl");
  auto in = randomValues<std::uint8_t>(64 * 4, 0, 255, 1);
  auto words = randomValues<std::int16_t>(64 * 4, -1000, 1000, 2); // short3 has the room of four
  std::vector<float> weights{0.5f, 2, -1, 0.25f};
  DevicePointer out = h.empty(64 * 16);
  ASSERT_EQ(h.launch("vectors", {1}, {64}, out, h.upload(in), h.upload(words), h.upload(weights)),
            "");
  auto result = h.download<float>(out, 64 * 4);
  for (int i = 0; i < 64; ++i) {
    const std::uint8_t *b = &in[i * 4];
    const std::int16_t *w = &words[i * 4];
    std::array<float, 4> expected{b[0] + b[1] * weights[i % 4], static_cast<float>(b[1]),
                                  b[2] + b[3] * weights[i % 4], static_cast<float>(b[3])};
    std::array folded{b[0] * -1, b[1] * w[2], b[2] * w[1], b[3] * w[0]};
    for (int e = 0; e < 4; ++e)
      ASSERT_EQ(result[i * 4 + e], expected[e] + static_cast<float>(folded[e])) << i << ", " << e;
  }
}

TEST_P(ForeignOpenCl, HalvesAndDoublesSideBySide) {
  load("opencl");
  auto in = randomValues<float>(100, -30, 30, 1);
  DevicePointer half = h.empty(200), wide = h.empty(800);
  ASSERT_EQ(h.launch("precisions", {2}, {64}, half, wide, h.upload(in), 100), "");
  auto a = h.download<_Float16>(half, 100);
  auto b = h.download<double>(wide, 100);
  for (int i = 0; i < 100; ++i) {
    double x = static_cast<double>(static_cast<_Float16>(in[i])), y = in[i];
    // Contracted to one rounding or not.
    double fused = static_cast<double>(static_cast<_Float16>(x * x + 0.5));
    ASSERT_NEAR(static_cast<double>(a[i]), fused, std::abs(fused) / 1024) << x;
    double expected = y * y / 3.0 - std::trunc(y * 1000.0) + std::trunc(std::abs(y));
    ASSERT_NEAR(b[i], expected, 1e-9) << y;
  }
}

TEST_P(ForeignOpenCl, ProgramDataInBothAddressSpaces) {
  load("opencl");
  DevicePointer out = h.empty(400);
  ASSERT_EQ(h.launch("program_data", {2}, {64}, out, 100), "");
  auto result = h.download<int>(out, 100);
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(result[i], (i % 6) * (i % 6)) << i;
}

TEST_P(ForeignOpenCl, GenericPointersReachAllThreeMemories) {
  load("opencl");
  auto in = randomValues<int>(64, -100, 100, 1);
  DevicePointer out = h.empty(64 * 12);
  ASSERT_EQ(h.launch("generic_pointers", {1}, {64}, out, h.upload(in)), "");
  auto result = h.download<int>(out, 64 * 3);
  for (int t = 0; t < 64; ++t) {
    int sum = std::accumulate(in.begin(), in.begin() + t + 1, 0), own = 0;
    for (int i = 0; i < 4; ++i)
      own += in[(t + i) % 64] * 3;
    ASSERT_EQ(result[t * 3], sum) << t;
    ASSERT_EQ(result[t * 3 + 1], sum * 2) << t;
    ASSERT_EQ(result[t * 3 + 2], own) << t;
  }
}

TEST_P(ForeignOpenCl, SortsInLocalMemory) {
  load("opencl");
  auto data = randomValues<std::uint32_t>(512, 0, 0xffffffff, 1);
  DevicePointer p = h.upload(data);
  ASSERT_EQ(h.launch("bitonic", {2}, {256}, p), "");
  std::sort(data.begin(), data.begin() + 256);
  std::sort(data.begin() + 256, data.end());
  EXPECT_EQ(h.download<std::uint32_t>(p, 512), data);
}

} // namespace
} // namespace gemmsmith::emulator
