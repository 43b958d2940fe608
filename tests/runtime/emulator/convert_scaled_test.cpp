// v_cvt_scalef32_*: every instruction over values near the rounding points of its format and over
// any others, against the definitions of the formats (CDNA4 ISA 7.3, 12.11).
#include "tests/runtime/emulator/mfma_shapes.h"
#include "tests/runtime/emulator/wave_programs.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr int kSource = 16, kSeed = 56, kScale = 57, kTo = 64;

struct Conversion {
  std::string name;
  Number small, wide;
  bool to_small;
  int count; // values per lane
  bool stochastic = false;
  bool two_sources = false; // element n is element n / 2 of source n % 2
  int select = 0;           // which byte or half of the small operand
  int wide_half = 0;        // of one 16-bit value
  bool overflow = false;    // MODE.FP16_OVFL
};

int smallBits(const Conversion &c) {
  return bitsOf(c.small) * c.count;
}

std::vector<Conversion> conversions() {
  std::vector<Conversion> list;
  auto add = [&](Conversion c) {
    int places = c.count == 32 ? 1 : 32 / smallBits(c);
    for (int select = 0; select < places; ++select) {
      c.select = select;
      c.wide_half = c.count == 1 && c.wide == Number::kF16 ? select / 2 : 0;
      if (c.count == 1 && c.wide == Number::kBf16)
        c.wide_half = select % 2;
      c.overflow = select % 2 == 1;
      list.push_back(c);
    }
  };
  for (Number wide : {Number::kF32, Number::kF16, Number::kBf16}) {
    auto w = nameOf(wide);
    for (Number small : {Number::kFp8, Number::kBf8}) {
      auto s = nameOf(small);
      add({fmt::format("pk_{}_{}", s, w), small, wide, true, 2});
      add({fmt::format("sr_{}_{}", s, w), small, wide, true, 1, true});
      add({fmt::format("pk_{}_{}", w, s), small, wide, false, 2});
      if (wide != Number::kBf16)
        add({fmt::format("{}_{}", w, s), small, wide, false, 1});
    }
    add({fmt::format("pk_fp4_{}", w), Number::kFp4, wide, true, 2});
    add({fmt::format("sr_pk_fp4_{}", w), Number::kFp4, wide, true, 2, true});
    add({fmt::format("pk_{}_fp4", w), Number::kFp4, wide, false, 2});
    for (Number small : {Number::kFp6, Number::kBf6}) {
      auto s = nameOf(small);
      if (wide == Number::kF32)
        add({fmt::format("2xpk16_{}_f32", s), small, wide, true, 32, false, true});
      else
        add({fmt::format("pk32_{}_{}", s, w), small, wide, true, 32});
      add({fmt::format("sr_pk32_{}_{}", s, w), small, wide, true, 32, true});
      add({fmt::format("pk32_{}_{}", w, s), small, wide, false, 32});
    }
  }
  return list;
}

int wideRegisters(const Conversion &c) {
  return std::max(c.count * bitsOf(c.wide) / 32, 1);
}

std::string codeOf(const Conversion &c) {
  bool single_sources = c.to_small && c.count == 2 && c.wide == Number::kF32 && !c.stochastic;
  int small_registers = c.count == 32 ? 6 : 1, wide_registers = wideRegisters(c);
  std::string text = fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 23, 1), {}\n"
                                 "v_cvt_scalef32_{} ",
                                 int{c.overflow}, c.name);
  text += registerRange('v', kTo, c.to_small ? small_registers : wide_registers);
  if (single_sources)
    text += fmt::format(", v{}, v{}", kSource, kSource + 1);
  else if (c.two_sources)
    text += ", v[16:31], v[32:47]";
  else
    text += ", " + registerRange('v', kSource, c.to_small ? wide_registers : small_registers);
  if (c.stochastic)
    text += fmt::format(", v{}", kSeed);
  text += fmt::format(", v{}", kScale);
  // Destination: a half is op_sel[3], a byte op_sel[3:2]. Source: op_sel[0] or op_sel[1:0]. Of two
  // sources the third place of the text is the destination's.
  bool three = single_sources || c.stochastic;
  int low = c.select & 1, high = c.select >> 1;
  if (c.count == 32)
    return text;
  if (c.to_small && smallBits(c) == 16)
    text += three ? fmt::format(" op_sel:[0,0,0,{}]", low) : fmt::format(" op_sel:[0,0,{}]", low);
  else if (c.to_small)
    text += fmt::format(" op_sel:[{},0,{},{}]", c.wide_half, low, high);
  else if (smallBits(c) == 16)
    text += fmt::format(" op_sel:[{},0,0]", low);
  else
    text += fmt::format(" op_sel:[{},{},{}]", low, high, c.count == 1 ? c.wide_half : 0);
  return text;
}

// Where element n of the wide operand lies, in bits from its first register.
int wideBit(const Conversion &c, int n) {
  if (c.two_sources)
    return n % 2 * 16 * 32 + n / 2 * 32;
  return bitsOf(c.wide) * (c.count == 1 ? c.wide_half : n);
}
int smallBit(const Conversion &c, int n) {
  return (c.count == 32 ? 0 : c.select * smallBits(c)) + n * bitsOf(c.small);
}

u64 wideNearest(Number wide, double value, bool saturate) {
  if (wide == Number::kF32)
    return codeOf(wide, value);
  return nearestOf(wide, value, saturate && wide == Number::kF16 && !std::isinf(value));
}

// Near a rounding point of the small format under the scale, or anything.
u64 wideValue(const Conversion &c, int exponent, std::mt19937 &random) {
  u64 any = random() & ((u64{1} << bitsOf(c.wide)) - 1);
  if (random() % 4 == 0 || exponent == 0xff)
    return any;
  u64 code = random() % (largestOf(c.small) + 1);
  double low = valueOf(c.small, code);
  double high = code == largestOf(c.small) ? 2 * low - valueOf(c.small, code - 1)
                                           : valueOf(c.small, code + 1);
  constexpr double kPlaces[] = {0, 0.25, 0.5, 0.5, 0.75, 1};
  double value = std::ldexp(low + kPlaces[random() % 6] * (high - low), exponent - 127);
  u64 wide = wideNearest(c.wide, random() % 2 ? value : -value, false);
  return random() % 4 ? wide : wide + random() % 3 - 1;
}

double scaled(double value, u32 exponent, int sign) {
  if (exponent == 0xff)
    return std::copysign(std::numeric_limits<double>::quiet_NaN(), value);
  return std::ldexp(value, sign * (static_cast<int>(exponent) - 127));
}

WaveRegisters expectedOf(const Conversion &c, const WaveRegisters &in) {
  WaveRegisters out = in;
  for (int lane = 0; lane < 64; ++lane) {
    u32 exponent = in.at(kScale, lane) >> 23 & 0xff, random = in.at(kSeed, lane);
    for (int n = 0; n < c.count; ++n) {
      int ws = bitsOf(c.small), ww = bitsOf(c.wide);
      if (c.to_small) {
        double value =
            scaled(valueOf(c.wide, in.bits(kSource, lane, wideBit(c, n), ww)), exponent, -1);
        u64 code = c.stochastic
                       ? stochasticOf(c.small, value, random, mantissaOf(c.wide), c.overflow)
                       : nearestOf(c.small, value, c.overflow);
        out.setBits(kTo, lane, smallBit(c, n), ws, code);
      } else {
        double value =
            scaled(valueOf(c.small, in.bits(kSource, lane, smallBit(c, n), ws)), exponent, 1);
        out.setBits(kTo, lane, wideBit(c, n), ww, wideNearest(c.wide, value, c.overflow));
      }
      random = random << 1 ^ (random >> 31 ? 197 : 0); // V_PRNG_B32
    }
  }
  return out;
}

TEST(ScaledConversions, EachRoundsOnceAndWritesOnlyItsPart) {
  std::mt19937 random(23);
  auto list = conversions();
  std::vector<WaveProgram> programs;
  for (const Conversion &c : list) {
    WaveProgram program{codeOf(c), {}};
    for (int wave = 0; wave < (c.count == 32 ? 2 : 8); ++wave) {
      WaveRegisters in;
      for (u32 &value : in.values())
        value = static_cast<u32>(random());
      for (int lane = 0; lane < 64; ++lane) {
        u32 exponent = random() % 4 ? 100 + random() % 50 : random() & 0xff;
        if (random() % 2)
          exponent = 120 + random() % 16;
        in.setBits(kScale, lane, 23, 8, exponent);
        for (int n = 0; c.to_small && n < c.count; ++n)
          in.setBits(kSource, lane, wideBit(c, n), bitsOf(c.wide),
                     wideValue(c, static_cast<int>(exponent), random));
      }
      program.inputs.push_back(in);
    }
    programs.push_back(std::move(program));
  }
  auto results = runPrograms(programs);
  for (std::size_t p = 0; p < list.size(); ++p) {
    const Conversion &c = list[p];
    ASSERT_EQ(results[p].size(), programs[p].inputs.size());
    for (std::size_t wave = 0; wave < results[p].size(); ++wave) {
      const WaveRegisters &in = programs[p].inputs[wave], &got = results[p][wave];
      WaveRegisters want = expectedOf(c, in);
      Number to = c.to_small ? c.small : c.wide;
      for (int lane = 0; lane < 64; ++lane) {
        for (int n = 0; n < c.count; ++n) {
          int bit = c.to_small ? smallBit(c, n) : wideBit(c, n), bits = bitsOf(to);
          u64 a = got.bits(kTo, lane, bit, bits), b = want.bits(kTo, lane, bit, bits);
          int from_bit = c.to_small ? wideBit(c, n) : smallBit(c, n);
          Number from = c.to_small ? c.wide : c.small;
          u64 source = in.bits(kSource, lane, from_bit, bitsOf(from));
          ASSERT_TRUE(sameNumber(to, a, b))
              << programs[p].code
              << fmt::format(" element {} of {:#x} ({}) scale {:#x} seed {:#x}: ", n, source,
                             valueOf(from, source), in.at(kScale, lane), in.at(kSeed, lane))
              << fmt::format("{:#x}, not {:#x}", a, b);
          want.setBits(kTo, lane, bit, bits, a); // NaNs may differ
        }
        for (int r = WaveRegisters::kFirst; r < WaveRegisters::kFirst + WaveRegisters::kCount; ++r)
          ASSERT_EQ(got.at(r, lane), want.at(r, lane)) << programs[p].code << ", v" << r;
      }
    }
  }
}

TEST(ScaledConversions, DenormalsOfFloat32FollowTheMode) {
  struct ModeCase {
    const char *code;
    u32 source, kept, flushed; // the low byte of a small result
  };
  // 2^-127, the scale, is a denormal of float32; sources and results of the same size.
  const ModeCase cases[] = {
      {"v_cvt_scalef32_pk_fp8_f32 v64, v16, v16, v57", 0x00400000, 0x3838, 0},
      {"v_cvt_scalef32_sr_bf8_f32 v64, v16, v17, v57", 0x80400000, 0xbc, 0x80},
      {"v_cvt_scalef32_sr_pk_fp4_f32 v64, v[18:19], v17, v57", 0x00400000, 0x22, 0},
      {"v_cvt_scalef32_f32_fp8 v64, v16, v57", 0x38, 0x00400000, 0},
      {"v_cvt_scalef32_f32_bf8 v64, v16, v57", 0xbc, 0x80400000, 0x80000000},
  };
  std::vector<WaveProgram> programs;
  for (const ModeCase &c : cases)
    for (int mode : {3, 0}) {
      WaveRegisters in;
      for (int lane = 0; lane < 64; ++lane)
        for (int r : {16, 18, 19})
          in.at(r, lane) = c.source;
      programs.push_back(
          {fmt::format("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), {}\n{}", mode, c.code), {in}});
    }
  auto results = runPrograms(programs);
  for (std::size_t n = 0; n < programs.size(); ++n) {
    ASSERT_EQ(results[n].size(), 1u);
    const ModeCase &c = cases[n / 2];
    for (int lane = 0; lane < 64; ++lane)
      ASSERT_EQ(results[n][0].at(64, lane), n % 2 ? c.flushed : c.kept) << programs[n].code;
  }
}

TEST(ScaledConversions, WhatIsNotDefinedIsRefused) {
  const std::string codes[] = {"v_cvt_scalef32_pk_fp8_f16 v64, -v16, v57"};
  auto errors = errorsOf(codes);
  EXPECT_NE(errors[0].find("neg and abs of this conversion are not defined"), std::string::npos)
      << errors[0];
}

} // namespace
} // namespace gemmsmith::emulator
