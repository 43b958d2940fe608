// Conversions between float32 and FP8 or BF8: every code, and values around every rounding point
// (CDNA4 ISA 7.3, 12.8, 12.11).
#include "tests/runtime/emulator/number_formats.h"
#include "tests/runtime/emulator/snippets.h"

#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

u32 bits(double value) {
  return static_cast<u32>(codeOf(Number::kF32, value));
}

// Rows of two floats and a random number; each float is at, between or beside codes.
std::vector<u32> roundingPoints(Number format) {
  std::vector<u32> floats = {0x00000000, 0x80000000, 0x00000001, 0x807fffff,
                             0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000,
                             0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345};
  for (u64 code = 0; code < largestOf(format); ++code) {
    double low = valueOf(format, code), high = valueOf(format, code + 1);
    for (double value : {low, (low + high) / 2})
      for (int step : {-1, 0, 1})
        for (u32 sign : {0u, 0x80000000u})
          floats.push_back((bits(value) + (value > 0 ? static_cast<u32>(step) : 0)) | sign);
  }
  // Beyond the largest value: where rounding stops to save it.
  double largest = valueOf(format, largestOf(format));
  double step = largest - valueOf(format, largestOf(format) - 1);
  for (double value : {largest, largest + step / 2, largest + step, 2 * largest})
    for (u32 around : {~0u, 0u, 1u})
      floats.push_back(bits(value) + around);
  std::mt19937 random(24);
  std::vector<u32> rows;
  for (u32 f : floats) {
    rows.push_back(f);
    rows.push_back(floats[random() % floats.size()]);
    rows.push_back(static_cast<u32>(random()));
  }
  while (rows.size() / 3 % 64)
    rows.push_back(static_cast<u32>(random()));
  return rows;
}

struct Encoding {
  std::string code; // from v4, v5, v6 to v32
  std::function<u32(u32, u32, u32)> expected;
};

double floatOf(u32 f) {
  return valueOf(Number::kF32, f);
}

// The codes in the bytes of two words are the same numbers.
bool sameBytes(Number format, u32 a, u32 b, u32 bytes) {
  for (int n = 0; n < 32; n += 8) {
    u32 x = a >> n & 0xff, y = b >> n & 0xff;
    if (bytes >> n / 8 & 1 ? !sameNumber(format, x, y) : x != y)
      return false;
  }
  return true;
}

TEST(SmallFloats, EveryCodeDecodesExactlyFromEveryPlace) {
  std::vector<u32> rows;
  for (u32 code = 0; code < 256; ++code)
    rows.push_back(code | (code * 3 & 0xff) << 8 | (code * 5 & 0xff) << 16 | (255 - code) << 24);
  for (Number format : {Number::kFp8, Number::kBf8}) {
    auto name = nameOf(format);
    struct Decoding {
      std::string code;
      int first, count;
      bool negate = false;
    };
    std::vector<Decoding> decodings = {
        {fmt::format("v_cvt_f32_{}_e32 v32, v4", name), 0, 1},
        {fmt::format("v_cvt_f32_{}_e64 v32, v4", name), 0, 1},
        {fmt::format("v_cvt_pk_f32_{}_e32 v[32:33], v4", name), 0, 2}};
    for (int n = 0; n < 4; ++n)
      decodings.push_back(
          {fmt::format("v_cvt_f32_{}_sdwa v32, v4 src0_sel:BYTE_{}", name, n), n, 1});
    for (int n = 0; n < 2; ++n)
      decodings.push_back(
          {fmt::format("v_cvt_pk_f32_{}_sdwa v[32:33], v4 src0_sel:WORD_{}", name, n), 2 * n, 2});
    std::vector<std::string> snippets;
    for (const Decoding &d : decodings)
      snippets.push_back("v_mov_b32 v33, 0x1234\n" + d.code);
    auto results = runSnippets(
        snippets,
        {.inputs = rows, .input_dwords = 1, .output_dwords = 2, .directives = {}, .device = {}});
    for (std::size_t s = 0; s < decodings.size(); ++s) {
      ASSERT_EQ(results[s].size(), 512u);
      for (std::size_t n = 0; n < 256; ++n) {
        for (int e = 0; e < decodings[s].count; ++e) {
          double want = valueOf(format, rows[n] >> 8 * (decodings[s].first + e) & 0xff);
          u32 got = results[s][2 * n + static_cast<std::size_t>(e)];
          ASSERT_TRUE(sameNumber(Number::kF32, got, bits(want)))
              << decodings[s].code << fmt::format(" of {:#x}: {:#x}", rows[n], got);
        }
        if (decodings[s].count == 1) {
          ASSERT_EQ(results[s][2 * n + 1], 0x1234u);
        }
      }
    }
  }
}

TEST(SmallFloats, EncodingRoundsOverflowsAndKeepsTheOtherBytes) {
  for (Number format : {Number::kFp8, Number::kBf8}) {
    auto name = nameOf(format);
    auto pair = [=](double low, double high, bool saturate) {
      return static_cast<u32>(nearestOf(format, low, saturate) | nearestOf(format, high, saturate)
                                                                     << 8);
    };
    constexpr u32 kOld = 0x5a3c2b1d;
    std::vector<std::pair<Encoding, u32>> encodings; // with the bytes that are written
    for (bool saturate : {false, true}) {
      std::string mode = fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), {}\n"
                                     "v_mov_b32 v32, 0x5a3c2b1d\n",
                                     int{saturate});
      encodings.push_back({{mode + fmt::format("v_cvt_pk_{}_f32 v32, v4, v5", name),
                            [=](u32 a, u32 b, u32) {
                              return (kOld & 0xffff0000) | pair(floatOf(a), floatOf(b), saturate);
                            }},
                           0b0011});
      encodings.push_back(
          {{mode + fmt::format("v_cvt_pk_{}_f32 v32, -v4, |v5| op_sel:[0,0,1]", name),
            [=](u32 a, u32 b, u32) {
              double low = floatOf(a ^ 0x80000000), high = floatOf(b & 0x7fffffff);
              return (kOld & 0xffff) | pair(low, high, saturate) << 16;
            }},
           0b1100});
      for (int byte = 0; byte < 4; ++byte)
        encodings.push_back({{mode + fmt::format("v_cvt_sr_{}_f32 v32, v4, v6 op_sel:[0,0,{},{}]",
                                                 name, byte & 1, byte >> 1),
                              [=](u32 a, u32, u32 random) {
                                u64 code = stochasticOf(format, floatOf(a), random, 23, saturate);
                                return (kOld & ~(0xffu << 8 * byte)) | static_cast<u32>(code)
                                                                           << 8 * byte;
                              }},
                             1u << byte});
    }
    std::vector<std::string> snippets;
    for (const auto &[encoding, bytes] : encodings)
      snippets.push_back(encoding.code);
    auto rows = roundingPoints(format);
    auto results = runSnippets(snippets, {.inputs = rows, .directives = {}, .device = {}});
    for (std::size_t s = 0; s < encodings.size(); ++s) {
      const auto &[encoding, bytes] = encodings[s];
      ASSERT_EQ(results[s].size(), rows.size() / 3);
      for (std::size_t n = 0; n < results[s].size(); ++n) {
        u32 want = encoding.expected(rows[3 * n], rows[3 * n + 1], rows[3 * n + 2]);
        ASSERT_TRUE(sameBytes(format, results[s][n], want, bytes))
            << encoding.code
            << fmt::format(" of {:#x} {:#x} {:#x}: {:#x}, not {:#x}", rows[3 * n], rows[3 * n + 1],
                           rows[3 * n + 2], results[s][n], want);
      }
    }
  }
}

// Overflow by the manual's own table (7.3).
TEST(SmallFloats, OverflowIsAsTheManualsTableSays) {
  struct Overflow {
    const char *mnemonic;
    double value;
    bool saturate;
    Number format;
    double expected;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Overflow> cases;
  for (const char *kind : {"pk", "sr"})
    for (double sign : {1.0, -1.0})
      for (double value : {kInfinity, 1e6}) {
        cases.push_back({kind, sign * value, true, Number::kFp8, sign * 448});
        cases.push_back({kind, sign * value, false, Number::kFp8, nan});
        cases.push_back({kind, sign * value, true, Number::kBf8, sign * 57344});
        cases.push_back({kind, sign * value, false, Number::kBf8, sign * kInfinity});
      }
  std::vector<std::string> snippets;
  for (const Overflow &c : cases)
    snippets.push_back(fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), {}\n"
                                   "v_mov_b32 v4, {:#x}\nv_mov_b32 v5, 0\nv_mov_b32 v32, 0\n"
                                   "v_cvt_{}_{}_f32 v32, v4, v5",
                                   int{c.saturate}, bits(c.value), c.mnemonic, nameOf(c.format)));
  std::vector<u32> rows(64);
  auto results =
      runSnippets(snippets, {.inputs = rows, .input_dwords = 1, .directives = {}, .device = {}});
  for (std::size_t n = 0; n < cases.size(); ++n) {
    ASSERT_EQ(results[n].size(), 64u);
    for (u32 word : results[n]) {
      double got = valueOf(cases[n].format, word & 0xff);
      ASSERT_TRUE(got == cases[n].expected || (std::isnan(got) && std::isnan(cases[n].expected)))
          << snippets[n] << " gives " << got;
    }
  }
}

} // namespace
} // namespace gemmsmith::emulator
