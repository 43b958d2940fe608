// v_smfmac_* against the sum over the elements that its indices select (CDNA4 ISA 7.5).
#include "tests/runtime/emulator/mfma_shapes.h"
#include "tests/runtime/emulator/wave_programs.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

const char *const kNames[] = {
    "v_smfmac_f32_16x16x32_f16",      "v_smfmac_f32_32x32x16_f16",
    "v_smfmac_f32_16x16x64_f16",      "v_smfmac_f32_32x32x32_f16",
    "v_smfmac_f32_16x16x32_bf16",     "v_smfmac_f32_32x32x16_bf16",
    "v_smfmac_f32_16x16x64_bf16",     "v_smfmac_f32_32x32x32_bf16",
    "v_smfmac_i32_16x16x64_i8",       "v_smfmac_i32_32x32x32_i8",
    "v_smfmac_i32_16x16x128_i8",      "v_smfmac_i32_32x32x64_i8",
    "v_smfmac_f32_16x16x64_fp8_fp8",  "v_smfmac_f32_16x16x64_fp8_bf8",
    "v_smfmac_f32_16x16x64_bf8_fp8",  "v_smfmac_f32_16x16x64_bf8_bf8",
    "v_smfmac_f32_32x32x32_fp8_fp8",  "v_smfmac_f32_32x32x32_fp8_bf8",
    "v_smfmac_f32_32x32x32_bf8_fp8",  "v_smfmac_f32_32x32x32_bf8_bf8",
    "v_smfmac_f32_16x16x128_fp8_fp8", "v_smfmac_f32_16x16x128_fp8_bf8",
    "v_smfmac_f32_16x16x128_bf8_fp8", "v_smfmac_f32_16x16x128_bf8_bf8",
    "v_smfmac_f32_32x32x64_fp8_fp8",  "v_smfmac_f32_32x32x64_fp8_bf8",
    "v_smfmac_f32_32x32x64_bf8_fp8",  "v_smfmac_f32_32x32x64_bf8_bf8",
};

constexpr int kA = 16, kB = 32, kIndex = 51, kD = 64;

struct Case {
  MatrixShape shape;
  int cbsz, abid;
  bool accumulation;
};

std::string codeOf(const Case &run) {
  const MatrixShape &s = run.shape;
  int ra = s.registersOf(s.a, s.k / 2), rb = s.registersB(), rd = s.registersC();
  std::string text;
  char file = run.accumulation ? 'a' : 'v';
  if (run.accumulation)
    for (auto [first, count] : {std::pair{kA, ra}, {kB, rb}, {kD, rd}})
      for (int r = first; r < first + count; ++r)
        text += fmt::format("v_accvgpr_write_b32 a{0}, v{0}\n", r);
  text += fmt::format("s_nop 7\n{} {}, {}, {}, v{} cbsz:{} abid:{}\ns_nop 15\ns_nop 15\n", s.name,
                      registerRange(file, kD, rd), registerRange(file, kA, ra),
                      registerRange(file, kB, rb), kIndex, run.cbsz, run.abid);
  if (run.accumulation)
    for (int r = kD; r < kD + rd; ++r)
      text += fmt::format("v_accvgpr_read_b32 v{0}, a{0}\n", r);
  return text;
}

// The k of item `item` of B in a lane of lane group `group` (tables of 7.5.1).
int kOf(const MatrixShape &s, int group, int item) {
  int per_lane = s.k * s.n / 64;
  if (s.registersB() == 4)
    return group * per_lane + item;
  int per_half = per_lane / 2;
  return item / per_half * (s.k / 2) + group * per_half + item % per_half;
}

void checkProduct(const Case &run, bool integers, const WaveRegisters &in,
                  const WaveRegisters &out) {
  const MatrixShape &s = run.shape;
  int groups = 64 / s.n, elements = s.k / 2 / groups;
  int sets = 32 / (2 * elements), set = run.cbsz % 4 ? 0 : run.abid % sets;
  for (int i = 0; i < s.n; ++i)
    for (int j = 0; j < s.n; ++j) {
      struct Term {
        int k;
        double a, b;
      };
      std::vector<Term> terms;
      for (int g = 0; g < groups; ++g)
        for (int e = 0; e < elements; ++e) {
          int row = i + s.n * g, column = j + s.n * g;
          auto index = static_cast<int>(in.bits(kIndex, row, set * 2 * elements + 2 * e, 2));
          int item = e / 2 * 4 + index;
          terms.push_back({kOf(s, g, item),
                           valueOf(s.a, in.bits(kA, row, e * bitsOf(s.a), bitsOf(s.a))),
                           valueOf(s.b, in.bits(kB, column, item * bitsOf(s.b), bitsOf(s.b)))});
        }
      std::sort(terms.begin(), terms.end(), [](auto &x, auto &y) { return x.k < y.k; });
      Place p = s.output(0, i, j);
      double d = valueOf(s.c, in.at(kD + p.item, p.lane)), exact = d, magnitude = std::fabs(d);
      auto chain = static_cast<float>(d);
      for (const Term &t : terms) {
        chain = std::fma(static_cast<float>(t.a), static_cast<float>(t.b), chain);
        exact += t.a * t.b;
        magnitude += std::fabs(t.a * t.b);
      }
      u32 code = out.at(kD + p.item, p.lane);
      double got = valueOf(s.c, code);
      auto where = [&] { return fmt::format("{} D[{}][{}]", s.name, i, j); };
      if (s.c == Number::kI32) {
        ASSERT_EQ(code, static_cast<u32>(static_cast<std::int64_t>(exact))) << where();
      } else if (std::isnan(exact)) {
        ASSERT_TRUE(std::isnan(got)) << where() << " is " << got;
      } else {
        if (integers || std::isinf(exact))
          ASSERT_EQ(got, exact) << where();
        else
          ASSERT_LE(std::fabs(got - exact), s.k * 0x1p-24 * magnitude) << where();
        ASSERT_EQ(code, codeOf(s.c, chain)) << where();
      }
    }
}

TEST(SparseMfma, EveryShapeMultipliesWhatItsIndicesSelect) {
  std::mt19937 random(22);
  std::vector<Case> runs;
  for (const char *name : kNames) {
    MatrixShape s = MatrixShape::parse(name);
    for (int n = 0; n < 3; ++n)
      runs.push_back({s, n == 2 ? 1 + static_cast<int>(random() % 3) : 0,
                      static_cast<int>(random() % 4), n == 1});
  }
  std::vector<WaveProgram> programs;
  for (const Case &run : runs) {
    const MatrixShape &s = run.shape;
    WaveProgram program{codeOf(run), {}};
    for (bool integers : {true, false}) {
      WaveRegisters in;
      auto put = [&](int first, int registers, Number format) {
        int bits = bitsOf(format);
        for (int lane = 0; lane < 64; ++lane)
          for (int bit = 0; bit < 32 * registers; bit += bits) {
            u64 code = random() & ((u64{1} << bits) - 1);
            if (integers)
              code = codeOf(format, static_cast<int>(random() % 7) - 3);
            else if (format == Number::kF32)
              code = codeOf(format, static_cast<double>(random() % 1000) / 7);
            else if (double value = valueOf(format, code);
                     std::isfinite(value) ? std::fabs(value) >= 0x1p15 : random() % 64 != 0)
              code = 1; // nothing that overflows, and few infinities and NaNs
            in.setBits(first, lane, bit, bits, code);
          }
      };
      put(kA, s.registersOf(s.a, s.k / 2), s.a);
      put(kB, s.registersB(), s.b);
      put(kD, s.registersC(), s.c);
      for (int lane = 0; lane < 64; ++lane)
        for (int bit = 0; bit < 32; bit += 4) {
          static constexpr u64 kPairs[] = {0b0100, 0b1000, 0b1100, 0b1001, 0b1101, 0b1110};
          in.setBits(kIndex, lane, bit, 4, kPairs[random() % 6]);
        }
      program.inputs.push_back(in);
    }
    programs.push_back(std::move(program));
  }
  auto results = runPrograms(programs);
  for (std::size_t n = 0; n < runs.size(); ++n) {
    ASSERT_EQ(results[n].size(), 2u);
    for (std::size_t f = 0; f < 2; ++f) {
      checkProduct(runs[n], f == 0, programs[n].inputs[f], results[n][f]);
      if (testing::Test::HasFatalFailure())
        return;
    }
  }
}

TEST(SparseMfma, IndicesThatDoNotAscendAreRefused) {
  const std::string codes[] = {
      "s_nop 7\nv_smfmac_f32_16x16x32_f16 v[64:67], v[16:17], v[32:35], v51"};
  std::string error = errorsOf(codes)[0];
  EXPECT_NE(error.find("the indices of elements 0 and 1 do not ascend"), std::string::npos)
      << error;
}

} // namespace
} // namespace gemmsmith::emulator
