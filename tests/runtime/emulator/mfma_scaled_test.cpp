// v_mfma_[scale_]f32_*_f8f6f4 in all combinations of formats against products in higher precision,
// placed by the tables of CDNA4 ISA 7.1.5.1 and 7.2.1.
#include "tests/runtime/emulator/mfma_shapes.h"
#include "tests/runtime/emulator/wave_programs.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr Number kFormats[] = {Number::kFp8, Number::kBf8, Number::kFp6, Number::kBf6,
                               Number::kFp4}; // by CBSZ and BLGP
constexpr int kA = 16, kB = 32, kScaleA = 48, kScaleB = 49, kC = 64, kD = 96;

struct Case {
  int n, k;
  int a, b; // indices into kFormats
  bool scaled = false;
  int byte_a = 0, byte_b = 0;
  bool accumulation = false;
};

// 8-bit formats: 16 consecutive k of each half of K; smaller ones: 32 consecutive k.
Place placeOf(const Case &run, Number format, int row, int k) {
  if (bitsOf(format) < 8)
    return {row + run.n * (k / 32), k % 32};
  int half = k / (run.k / 2), rest = k % (run.k / 2);
  return {row + run.n * (rest / 16), half * 16 + rest % 16};
}

// As LLVM writes it.
std::string assemblyOf(const Case &run) {
  int ra = bitsOf(kFormats[run.a]), rb = bitsOf(kFormats[run.b]), rc = run.n * run.n / 64;
  std::string text = fmt::format("s_nop 7\nv_mfma{}_f32_{}x{}x{}_f8f6f4 {}, {}, {}, {}",
                                 run.scaled ? "_scale" : "", run.n, run.n, run.k,
                                 registerRange('v', kD, rc), registerRange('v', kA, ra),
                                 registerRange('v', kB, rb), registerRange('v', kC, rc));
  if (run.scaled)
    text += fmt::format(", v{}, v{} op_sel:[{},{},0] op_sel_hi:[{},{},0]", kScaleA, kScaleB,
                        run.byte_a & 1, run.byte_b & 1, run.byte_a >> 1, run.byte_b >> 1);
  return text + fmt::format(" cbsz:{} blgp:{}\ns_nop 15\ns_nop 15\n", run.a, run.b);
}

std::string codeOf(const Case &run) {
  int ra = bitsOf(kFormats[run.a]), rb = bitsOf(kFormats[run.b]), rc = run.n * run.n / 64;
  u32 vgpr = 256, dst = static_cast<u32>(run.accumulation ? kC : kD);
  u32 mfma[2] = {(run.n == 32 ? 0xd3ae0000u : 0xd3ad0000u) | static_cast<u32>(run.a) << 8 | dst,
                 (vgpr + kA) | (vgpr + kB) << 9 | (vgpr + kC) << 18 |
                     static_cast<u32>(run.b) << 29};
  std::string before, after;
  if (run.accumulation) {
    mfma[0] |= 1u << 15;
    mfma[1] |= 3u << 27;
    for (auto [first, count] : {std::pair{kA, ra}, {kB, rb}, {kC, rc}})
      for (int r = first; r < first + count; ++r)
        before += fmt::format("v_accvgpr_write_b32 a{0}, v{0}\n", r);
    for (int r = 0; r < rc; ++r)
      after += fmt::format("v_accvgpr_read_b32 v{}, a{}\n", kD + r, kC + r);
  }
  std::string text = before + "s_nop 7\n";
  if (run.scaled) {
    auto a = static_cast<u32>(run.byte_a), b = static_cast<u32>(run.byte_b);
    text += fmt::format(".long {:#x}, {:#x}\n", 0xd3ac0000u | (a & 1) << 11 | (b & 1) << 12,
                        (vgpr + kScaleA) | (vgpr + kScaleB) << 9 | (a >> 1) << 27 | (b >> 1) << 28);
    mfma[0] |= 1u << 11;
  }
  text += fmt::format(".long {:#x}, {:#x}\ns_nop 15\ns_nop 15\n", mfma[0], mfma[1]);
  return text + after;
}

// What the scale operands multiply row `row` by in block `block` of 32 k, as a binary exponent.
int exponentOf(const Case &run, const WaveRegisters &in, bool a, int row, int block) {
  u32 word = in.at(a ? kScaleA : kScaleB, row + run.n * block);
  u32 byte = word >> 8 * (a ? run.byte_a : run.byte_b) & 0xff;
  return byte == 0xff ? std::numeric_limits<int>::max() : static_cast<int>(byte) - 127;
}

void checkProduct(const Case &run, bool integers, const WaveRegisters &in,
                  const WaveRegisters &out) {
  constexpr int kNan = std::numeric_limits<int>::max();
  MatrixShape shape;
  shape.n = run.n;
  shape.c = Number::kF32;
  Number fa = kFormats[run.a], fb = kFormats[run.b];
  for (int i = 0; i < run.n; ++i)
    for (int j = 0; j < run.n; ++j) {
      Place p = shape.output(0, i, j);
      auto where = [&] {
        return fmt::format("{}x{}x{} {} {} {} D[{}][{}]", run.n, run.n, run.k, nameOf(fa),
                           nameOf(fb), run.scaled ? "scaled" : "", i, j);
      };
      float c = std::bit_cast<float>(in.at(kC + p.item, p.lane)), chain = c;
      long double exact = c, magnitude = std::fabs(c);
      for (int block = 0; block < run.k / 32; ++block) {
        float sum = 0;
        int ea = run.scaled ? exponentOf(run, in, true, i, block) : 0;
        int eb = run.scaled ? exponentOf(run, in, false, j, block) : 0;
        bool nan = ea == kNan || eb == kNan;
        for (int k = 32 * block; k < 32 * block + 32; ++k) {
          Place pa = placeOf(run, fa, i, k), pb = placeOf(run, fb, j, k);
          int wa = bitsOf(fa), wb = bitsOf(fb);
          double a = valueOf(fa, in.bits(kA, pa.lane, pa.item * wa, wa));
          double b = valueOf(fb, in.bits(kB, pb.lane, pb.item * wb, wb));
          sum = std::fma(static_cast<float>(a), static_cast<float>(b), sum);
          if (nan)
            exact = std::numeric_limits<long double>::quiet_NaN();
          else
            exact += std::ldexp(static_cast<long double>(a * b), ea + eb);
          magnitude += std::ldexp(static_cast<long double>(std::fabs(a * b)), nan ? 0 : ea + eb);
        }
        // One rounding, from 113 bits.
        auto scaled =
            static_cast<__float128>(std::ldexp(static_cast<long double>(sum), nan ? 0 : ea + eb));
        chain = nan ? std::numeric_limits<float>::quiet_NaN()
                    : static_cast<float>(scaled + static_cast<__float128>(chain));
      }
      u32 code = out.at(kD + p.item, p.lane);
      float got = std::bit_cast<float>(code);
      if (std::isnan(chain)) {
        ASSERT_TRUE(std::isnan(got)) << where() << " is " << got;
        continue;
      }
      ASSERT_EQ(code, std::bit_cast<u32>(chain)) << where() << ": " << got << ", " << chain;
      if (std::isnan(exact))
        ADD_FAILURE() << where() << " is not NaN";
      else if (integers)
        ASSERT_EQ(static_cast<long double>(got), exact) << where();
      else if (std::isinf(got))
        ASSERT_GT(magnitude, std::numeric_limits<float>::max() * 0.9999L) << where();
      else
        ASSERT_LE(std::fabs(got - exact), (run.k + 8) * 0x1p-24L * magnitude + 0x1p-147L)
            << where();
    }
}

TEST(ScaledMfma, EveryPairOfFormatsIsAMatrixProductWithAndWithoutScales) {
  std::mt19937 random(21);
  std::vector<Case> runs;
  for (int n : {16, 32})
    for (int a = 0; a < 5; ++a)
      for (int b = 0; b < 5; ++b) {
        Case run{.n = n, .k = n == 16 ? 128 : 64, .a = a, .b = b};
        run.accumulation = (a + b) % 3 == 1;
        runs.push_back(run);
        run.scaled = true;
        run.byte_a = static_cast<int>(random() % 4);
        run.byte_b = static_cast<int>(random() % 4);
        runs.push_back(run);
      }
  std::vector<WaveProgram> programs;
  for (const Case &run : runs) {
    WaveProgram program{run.accumulation ? codeOf(run) : assemblyOf(run), {}};
    // Integers with mild scales, any values with mild scales, any values with any scales.
    for (int fill = 0; fill < 3; ++fill) {
      WaveRegisters in;
      for (u32 &value : in.values())
        value = static_cast<u32>(random());
      auto put = [&](int first, Number format) {
        for (int lane = 0; lane < 64; ++lane)
          for (int bit = 0; bit < 32 * bitsOf(format); bit += bitsOf(format)) {
            u64 code = random() & ((1u << bitsOf(format)) - 1);
            if (fill == 0)
              code = codeOf(format, static_cast<int>(random() % 7) - 3);
            else if (!std::isfinite(valueOf(format, code)) && random() % 16)
              code = 0;
            in.setBits(first, lane, bit, bitsOf(format), code);
          }
      };
      put(kA, kFormats[run.a]);
      put(kB, kFormats[run.b]);
      for (int lane = 0; lane < 64; ++lane) {
        for (int reg : {kScaleA, kScaleB})
          for (int byte = 0; byte < 4; ++byte) {
            u32 scale = fill == 2 ? static_cast<u32>(random() & 0xff) : 125 + random() % 5;
            if (fill == 2 && random() % 8)
              scale = 120 + random() % 16;
            in.setBits(reg, lane, 8 * byte, 8, scale);
          }
        for (int r = 0; r < 16; ++r) {
          auto c = static_cast<float>(static_cast<int>(random() % 101) - 50);
          in.at(kC + r, lane) = std::bit_cast<u32>(fill == 0 ? c : c * 1.37e-3f);
        }
      }
      program.inputs.push_back(in);
    }
    programs.push_back(std::move(program));
  }
  checkPrograms(programs,
                [&](std::size_t n, std::size_t f, const WaveRegisters &in,
                    const WaveRegisters &out) { checkProduct(runs[n], f == 0, in, out); });
}

TEST(ScaledMfma, WhatIsNotDefinedIsRefused) {
  const std::string scale = ".long 0xd3ac0000, 0x00026330\n"; // v48, v49
  const std::string codes[] = {
      ".long 0xd3ad0560, 0x05024110",                               // cbsz:5
      ".long 0xd3ad0060, 0xe5024110",                               // blgp:7
      ".long 0xd3ad0860, 0x05024110",                               // abid:1 without scales
      scale + ".long 0xd3ad0060, 0x05024110",                       // scales without abid:1
      ".long 0xd3ac0000, 0x00026202\n.long 0xd3ad0860, 0x05024110", // s2 as scale
  };
  const char *const expected[] = {"format 5 of matrix A (cbsz) is none",
                                  "format 7 of matrix B (blgp) is none", "is not an instruction",
                                  "v_mfma_ld_scale_b32 is not emulated", "is not an instruction"};
  auto errors = errorsOf(codes);
  for (std::size_t n = 0; n < errors.size(); ++n)
    EXPECT_NE(errors[n].find(expected[n]), std::string::npos) << codes[n] << ": " << errors[n];
}

} // namespace
} // namespace gemmsmith::emulator
