// Packed 16-bit and float32 operations (CDNA4 ISA 6.7, 12.10).
#include "tests/runtime/emulator/float_cases.h"
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using reference::kF16;
using reference::kF32;

// Which half of each source a result takes, and whether it is negated.
struct Pick {
  int from[3] = {0, 0, 0};
  bool negate[3] = {false, false, false};
};

using HalfFunction = std::function<u32(u32, u32, u32)>;
InstructionCase pairCase(const std::string &code, const HalfFunction &f, Pick low = {},
                         Pick high = {.from = {1, 1, 1}}) {
  return ofValues(code, [=](u32 a, u32 b, u32 c) {
    auto half = [&](const Pick &p) {
      u32 v[3];
      const u32 in[3] = {a, b, c};
      for (int n = 0; n < 3; ++n)
        v[n] = (in[n] >> 16 * p.from[n] & 0xffff) ^ (p.negate[n] ? 0x8000u : 0);
      return f(v[0], v[1], v[2]) & 0xffff;
    };
    return half(low) | half(high) << 16;
  });
}

TEST(VectorPacked, IntegersOfSixteenBits) {
  auto s = [](u32 v) { return signedField(v, 0, 16); };
  auto signedLimit = [](i64 v) { return static_cast<u32>(limited(v, -0x8000, 0x7fff)); };
  auto unsignedLimit = [](i64 v) { return static_cast<u32>(limited(v, 0, 0xffff)); };
  const std::vector<InstructionCase> cases = {
      pairCase("v_pk_add_u16 v32, v4, v5", [](u32 a, u32 b, u32) { return a + b; }),
      pairCase("v_pk_sub_u16 v32, v4, v5", [](u32 a, u32 b, u32) { return a - b; }),
      pairCase("v_pk_add_i16 v32, v4, v5", [](u32 a, u32 b, u32) { return a + b; }),
      pairCase("v_pk_sub_i16 v32, v4, v5", [](u32 a, u32 b, u32) { return a - b; }),
      pairCase("v_pk_add_u16 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return unsignedLimit(i64{a} + b); }),
      pairCase("v_pk_sub_u16 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return unsignedLimit(i64{a} - b); }),
      pairCase("v_pk_add_i16 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return signedLimit(s(a) + s(b)); }),
      pairCase("v_pk_sub_i16 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return signedLimit(s(a) - s(b)); }),
      pairCase("v_pk_mul_lo_u16 v32, v4, v5", [](u32 a, u32 b, u32) { return a * b; }),
      pairCase("v_pk_mul_lo_u16 v32, v4, v5 op_sel:[1,0] op_sel_hi:[0,1]",
               [](u32 a, u32 b, u32) { return a * b; }, {.from = {1, 0, 0}}, {.from = {0, 1, 1}}),
      pairCase("v_pk_mad_u16 v32, v4, v5, v6", [](u32 a, u32 b, u32 c) { return a * b + c; }),
      pairCase("v_pk_mad_u16 v32, v4, v5, v6 clamp",
               [=](u32 a, u32 b, u32 c) { return unsignedLimit(i64{a} * b + c); }),
      pairCase("v_pk_mad_i16 v32, v4, v5, v6 op_sel:[0,0,1] op_sel_hi:[1,0,0]",
               [](u32 a, u32 b, u32 c) { return a * b + c; }, {.from = {0, 0, 1}},
               {.from = {1, 0, 0}}),
      pairCase("v_pk_mad_i16 v32, v4, v5, v6 clamp",
               [=](u32 a, u32 b, u32 c) { return signedLimit(s(a) * s(b) + s(c)); }),
      pairCase("v_pk_lshlrev_b16 v32, v4, v5", [](u32 a, u32 b, u32) { return b << (a & 15); }),
      pairCase("v_pk_lshrrev_b16 v32, v4, v5", [](u32 a, u32 b, u32) { return b >> (a & 15); }),
      pairCase("v_pk_ashrrev_i16 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return static_cast<u32>(s(b) >> (a & 15)); }),
      pairCase("v_pk_max_i16 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return static_cast<u32>(std::max(s(a), s(b))); }),
      pairCase("v_pk_min_i16 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return static_cast<u32>(std::min(s(a), s(b))); }),
      pairCase("v_pk_max_u16 v32, v4, v5", [](u32 a, u32 b, u32) { return std::max(a, b); }),
      pairCase("v_pk_min_u16 v32, v4, v5", [](u32 a, u32 b, u32) { return std::min(a, b); }),
      // constants: 32-bit patterns, of which OP_SEL picks halves
      ofValues("v_pk_add_u16 v32, v4, 3",
               [](u32 a, u32, u32) { return (a & 0xffff0000) | ((a + 3) & 0xffff); }),
      ofValues("v_pk_add_u16 v32, v4, 3 op_sel_hi:[1,0]",
               [](u32 a, u32, u32) { return ((a >> 16) + 3) << 16 | ((a + 3) & 0xffff); }),
      ofValues("v_pk_add_u16 v32, v4, -1",
               [](u32 a, u32, u32) { return ((a >> 16) - 1) << 16 | ((a - 1) & 0xffff); }),
      ofValues("v_pk_add_u16 v32, v4, 1.0",
               [](u32 a, u32, u32) { return ((a >> 16) + 0x3f80) << 16 | (a & 0xffff); }),
      ofValues("s_mov_b32 s20, 0x50003\n v_pk_add_u16 v32, v4, s20",
               [](u32 a, u32, u32) { return ((a >> 16) + 5) << 16 | ((a + 3) & 0xffff); }),
  };
  expectCases(cases);
}

// --- floats, against the integer reference

// MODEs beside the default: other rounding, denormals flushed on one or both sides, FP16_OVFL.
std::vector<FloatMode> modes() {
  using reference::Round;
  std::vector<FloatMode> list(5);
  list[1].round_32 = Round::kUp;
  list[1].round_16_64 = Round::kDown;
  list[2].round_32 = list[2].round_16_64 = Round::kTowardZero;
  list[2].denormals_32 = list[2].denormals_16_64 = 0;
  list[3].round_16_64 = Round::kUp;
  list[3].denormals_32 = 1;
  list[3].denormals_16_64 = 2;
  list[3].ieee = false;
  list[4].half_overflow = true;
  list[4].denormals_32 = 2;
  list[4].denormals_16_64 = 1;
  return list;
}

// A function of values of one format under MODE, with every NaN made the same.
using FloatOfThree = std::function<u64(u64, u64, u64, reference::Round)>;
u32 underMode(const FloatMode &mode, reference::BinaryFormat f, const FloatOfThree &function, u64 a,
              u64 b, u64 c) {
  u64 v[] = {a, b, c};
  bool infinite = false;
  for (u64 &x : v) {
    x = mode.denormals(f) & 1 ? x : flushed(f, x);
    infinite = infinite || isInfinite(f, x);
  }
  u64 r = function(v[0], v[1], v[2], mode.round(f));
  if (r == reference::kAnyNaN || isNaN(f, r))
    return static_cast<u32>(f.infinity() | f.quietBit());
  if (f.mantissa_bits == 10 && mode.half_overflow && isInfinite(f, r) && !infinite)
    r -= 1;
  return static_cast<u32>(mode.denormals(f) & 2 ? r : flushed(f, r));
}
FloatOfThree sumOf(reference::BinaryFormat f) {
  return [f](u64 a, u64 b, u64, reference::Round round) { return add(f, a, b, round); };
}
FloatOfThree productOf(reference::BinaryFormat f) {
  return [f](u64 a, u64 b, u64, reference::Round round) { return multiply(f, a, b, round); };
}
FloatOfThree fusedOf(reference::BinaryFormat f) {
  return [f](u64 a, u64 b, u64 c, reference::Round round) { return fused(f, a, b, c, round); };
}
// A NaN loses against a number, -0 lies below +0; of two NaNs some NaN is the result.
u64 least(u64 a, u64 b) {
  if (isNaN(kF16, a) || isNaN(kF16, b))
    return isNaN(kF16, a) ? b : a;
  int order = compare(kF16, a, b);
  return order ? (order < 0 ? a : b) : a | b;
}
u64 greatest(u64 a, u64 b) {
  if (isNaN(kF16, a) || isNaN(kF16, b))
    return isNaN(kF16, a) ? b : a;
  int order = compare(kF16, a, b);
  return order ? (order > 0 ? a : b) : a & b;
}
u64 clamped(reference::BinaryFormat f, u64 v) {
  u64 one = static_cast<u64>(f.bias()) << f.mantissa_bits;
  if (v == reference::kAnyNaN || isNaN(f, v) || compare(f, v, 0) <= 0)
    return 0;
  return compare(f, v, one) > 0 ? one : v;
}

// v32's halves with every NaN made the same.
std::string canonicalHalves(const std::string &code) {
  return code + "\n s_nop 7\n v_mov_b32_e32 v10, 0x7e00\n v_lshrrev_b32_e32 v11, 16, v32\n"
                "v_and_b32_e32 v12, 0x7fff, v32\n v_cmp_lt_u32_e32 vcc, 0x7c00, v12\n"
                "v_and_b32_e32 v13, 0xffff, v32\n v_cndmask_b32_e32 v13, v13, v10, vcc\n"
                "v_and_b32_e32 v12, 0x7fff, v11\n v_cmp_lt_u32_e32 vcc, 0x7c00, v12\n"
                "v_cndmask_b32_e32 v11, v11, v10, vcc\n v_lshl_or_b32 v32, v11, 16, v13";
}

TEST(VectorPacked, HalvesInEveryMode) {
  for (const FloatMode &mode : modes()) {
    auto halves = [&](const std::string &code, const FloatOfThree &f, Pick low = {},
                      Pick high = {.from = {1, 1, 1}}) {
      return pairCase(
          canonicalHalves(code),
          [=](u32 a, u32 b, u32 c) { return underMode(mode, kF16, f, a, b, c); }, low, high);
    };
    auto constant = [&](const std::string &code, const FloatOfThree &f, u32 low, u32 high) {
      return ofValues(canonicalHalves(code), [=](u32 a, u32, u32) {
        return underMode(mode, kF16, f, a & 0xffff, low, 0) |
               underMode(mode, kF16, f, a >> 16, high, 0) << 16;
      });
    };
    const std::vector<InstructionCase> cases = {
        halves("v_pk_add_f16 v32, v4, v5", sumOf(kF16)),
        halves("v_pk_add_f16 v32, v4, v5 neg_lo:[1,0] neg_hi:[0,1]", sumOf(kF16),
               {.negate = {true, false, false}},
               {.from = {1, 1, 1}, .negate = {false, true, false}}),
        halves("v_pk_mul_f16 v32, v4, v5", productOf(kF16)),
        halves("v_pk_mul_f16 v32, v4, v5 op_sel:[1,1] op_sel_hi:[0,0]", productOf(kF16),
               {.from = {1, 1, 1}}, {}),
        halves("v_pk_fma_f16 v32, v4, v5, v6", fusedOf(kF16)),
        halves("v_pk_fma_f16 v32, v4, v5, v6 op_sel_hi:[0,1,0] neg_lo:[0,0,1]", fusedOf(kF16),
               {.negate = {false, false, true}}, {.from = {0, 1, 0}}),
        halves("v_mov_b32_e32 v32, v6\n s_nop 7\n v_pk_fmac_f16_e32 v32, v4, v5", fusedOf(kF16)),
        // a constant is a half with zeros above it
        constant("v_pk_add_f16 v32, v4, 1.0", sumOf(kF16), 0x3c00, 0),
        constant("v_pk_mul_f16 v32, v4, -4.0 op_sel_hi:[1,0]", productOf(kF16), 0xc400, 0xc400),
    };
    expectCases(cases, 1, mode.directives(), mode.setup());
  }
}

TEST(VectorPacked, LeastAndGreatestHalves) {
  // Without signaling NaNs: what becomes of these depends on MODE.
  auto quiet = [](const std::string &code, const FloatOfThree &f) {
    std::string inputs;
    for (int v = 4; v < 8; ++v)
      inputs += fmt::format("v_or_b32_e32 v{0}, 0x02000200, v{0}\n", v);
    InstructionCase inner = pairCase(canonicalHalves(inputs + code), [=](u32 a, u32 b, u32 c) {
      return underMode({}, kF16, f, a, b, c);
    });
    return InstructionCase{inner.code, [expected = inner.expected](Inputs in, unsigned lane) {
                             for (u32 &v : in)
                               v |= 0x02000200;
                             return expected(in, lane);
                           }};
  };
  auto anyNan = [](u64 a, u64 b, u64 c) {
    return isNaN(kF16, a) || isNaN(kF16, b) || isNaN(kF16, c);
  };
  const std::vector<InstructionCase> cases = {
      quiet("v_pk_min_f16 v32, v4, v5",
            [](u64 a, u64 b, u64, reference::Round) { return least(a, b); }),
      quiet("v_pk_max_f16 v32, v4, v5",
            [](u64 a, u64 b, u64, reference::Round) { return greatest(a, b); }),
      quiet("v_pk_minimum3_f16 v32, v4, v5, v6",
            [=](u64 a, u64 b, u64 c, reference::Round) {
              return anyNan(a, b, c) ? reference::kAnyNaN : least(least(a, b), c);
            }),
      quiet("v_pk_maximum3_f16 v32, v4, v5, v6",
            [=](u64 a, u64 b, u64 c, reference::Round) {
              return anyNan(a, b, c) ? reference::kAnyNaN : greatest(greatest(a, b), c);
            }),
  };
  expectCases(cases);
}

TEST(VectorPacked, SignalingNansWinInIeeeModeOnly) {
  for (bool ieee : {false, true}) {
    FloatMode mode;
    mode.ieee = ieee;
    // 0x7c01 against 1.0 above, 2.0 against 0xfc01 below
    std::string operands = "v_mov_b32_e32 v10, 0x7c014000\n v_mov_b32_e32 v11, 0x3c00fc01\n"
                           "s_nop 7\n";
    u32 want = ieee ? 0x7e01fe01 : 0x3c004000;
    const std::vector<InstructionCase> cases = {
        ofValues(operands + "v_pk_min_f16 v32, v10, v11", [=](u32, u32, u32) { return want; }),
        ofValues(operands + "v_pk_max_f16 v32, v10, v11", [=](u32, u32, u32) { return want; }),
    };
    expectCases(cases, 1, mode.directives(), mode.setup());
  }
}

TEST(VectorPacked, FusedHalvesRoundOnce) {
  struct Row {
    u32 a, b, c, want;
  };
  std::vector<InstructionCase> cases;
  for (const Row &r : {
           Row{0x7801, 0x3c00, 0x4c00, 0x7802}, // 32800 + 16, a tie to even
           Row{0x0001, 0x0001, 0x7801, 0x7801}, // 2^-48 vanishes
           Row{0x7bff, 0x7bff, 0xfbff, 0x7c00}, // overflow
           Row{0x0001, 0x3800, 0x8001, 0x8000}, // 2^-25 - 2^-24, a tie to -0
           Row{0x0001, 0x3801, 0x0000, 0x0001}, // just above 2^-25
           Row{0x1000, 0x3c01, 0x3c00, 0x3c01}, // 1 + 2^-11 + 2^-21, just above a tie
           Row{0x1000, 0x3bff, 0x3c00, 0x3c00}, // just below it
       })
    cases.push_back(ofValues(fmt::format("v_mov_b32_e32 v10, {:#x}\n v_mov_b32_e32 v11, {:#x}\n"
                                         "v_mov_b32_e32 v12, {:#x}\n s_nop 7\n"
                                         "v_pk_fma_f16 v32, v10, v11, v12",
                                         r.a << 16 | r.a, r.b << 16 | r.b, r.c << 16 | r.c),
                             [=](u32, u32, u32) { return r.want << 16 | r.want; }));
  expectCases(cases);
}

// v[32:33] with every NaN made the same.
std::string canonicalFloats(const std::string &code) {
  std::string text = code + "\n s_nop 7\n v_mov_b32_e32 v10, 0x7fc00000\n";
  for (int r = 32; r < 34; ++r)
    text += fmt::format(
        "v_cmp_u_f32_e32 vcc, v{0}, v{0}\n v_cndmask_b32_e32 v{0}, v{0}, v10, vcc\n", r);
  return text;
}
std::string threePairs() { // v[12:13], v[14:15], v[16:17] are the inputs
  std::string text;
  for (int n = 0; n < 6; ++n)
    text += fmt::format("v_mov_b32_e32 v{}, v{}\n", 12 + n, 4 + n);
  return text + "s_nop 7\n";
}

TEST(VectorPacked, PairsOfFloatsInEveryMode) {
  for (const FloatMode &mode : modes()) {
    auto pairs = [&](const std::string &code, const FloatOfThree &f, Pick low = {},
                     Pick high = {.from = {1, 1, 1}}) {
      return InstructionCase{canonicalFloats(threePairs() + code), [=](const Inputs &in, unsigned) {
                               auto one = [&](const Pick &p) {
                                 u32 v[3];
                                 for (std::size_t n = 0; n < 3; ++n)
                                   v[n] = in[2 * n + static_cast<std::size_t>(p.from[n])] ^
                                          (p.negate[n] ? 0x80000000 : 0);
                                 return underMode(mode, kF32, f, v[0], v[1], v[2]);
                               };
                               return Outputs{one(low), one(high)};
                             }};
    };
    auto constant = [&](const std::string &code, const FloatOfThree &f, u32 low, u32 high) {
      return InstructionCase{canonicalFloats(threePairs() + code), [=](const Inputs &in, unsigned) {
                               return Outputs{underMode(mode, kF32, f, in[0], low, 0),
                                              underMode(mode, kF32, f, in[1], high, 0)};
                             }};
    };
    const std::vector<InstructionCase> cases = {
        pairs("v_pk_mul_f32 v[32:33], v[12:13], v[14:15]", productOf(kF32)),
        pairs("v_pk_add_f32 v[32:33], v[12:13], v[14:15] op_sel:[1,0] op_sel_hi:[0,1]", sumOf(kF32),
              {.from = {1, 0, 0}}, {.from = {0, 1, 0}}),
        pairs("v_pk_add_f32 v[32:33], v[12:13], v[14:15] neg_lo:[0,1] neg_hi:[1,0]", sumOf(kF32),
              {.negate = {false, true, false}},
              {.from = {1, 1, 1}, .negate = {true, false, false}}),
        pairs("v_pk_fma_f32 v[32:33], v[12:13], v[14:15], v[16:17]", fusedOf(kF32)),
        pairs("v_pk_fma_f32 v[32:33], v[12:13], v[14:15], v[16:17] op_sel:[0,0,1] "
              "op_sel_hi:[1,0,1] neg_lo:[0,0,1] neg_hi:[0,0,1]",
              fusedOf(kF32), {.from = {0, 0, 1}, .negate = {false, false, true}},
              {.from = {1, 0, 1}, .negate = {false, false, true}}),
        // a constant is the low float of its pair, and 0 above
        constant("v_pk_add_f32 v[32:33], v[12:13], 2.0", sumOf(kF32), 0x40000000, 0),
        constant("v_pk_mul_f32 v[32:33], v[12:13], 2.0 op_sel_hi:[1,0]", productOf(kF32),
                 0x40000000, 0x40000000),
        constant("s_mov_b32 s20, 0x40400000\n s_mov_b32 s21, 0xc0a00000\n"
                 "v_pk_mul_f32 v[32:33], v[12:13], s[20:21]",
                 productOf(kF32), 0x40400000, 0xc0a00000),
    };
    expectCases(cases, 2, mode.directives(), mode.setup());
  }
}

// What CLAMP makes of -0 is not specified, so 0 is added to the results.
TEST(VectorPacked, ClampLimitsToOneAndMakesNansZero) {
  using reference::Round;
  const std::vector<InstructionCase> halves = {
      pairCase("v_pk_add_f16 v32, v4, v5 clamp\n s_nop 7\n v_pk_add_f16 v32, v32, 0",
               [](u32 a, u32 b, u32) {
                 return static_cast<u32>(clamped(kF16, add(kF16, a, b, Round::kNearestEven)));
               }),
      pairCase("v_pk_fma_f16 v32, v4, v5, v6 clamp\n s_nop 7\n v_pk_add_f16 v32, v32, 0",
               [](u32 a, u32 b, u32 c) {
                 return static_cast<u32>(clamped(kF16, fused(kF16, a, b, c, Round::kNearestEven)));
               }),
  };
  expectCases(halves);
  const std::vector<InstructionCase> floats = {
      {threePairs() + "v_pk_mul_f32 v[32:33], v[12:13], v[14:15] clamp\n s_nop 7\n"
                      "v_pk_add_f32 v[32:33], v[32:33], 0\n s_nop 7\n",
       [](const Inputs &in, unsigned) {
         auto one = [&](std::size_t n) {
           return static_cast<u32>(
               clamped(kF32, multiply(kF32, in[n], in[n + 2], Round::kNearestEven)));
         };
         return Outputs{one(0), one(1)};
       }},
  };
  expectCases(floats, 2);
}

TEST(VectorPacked, MovesOfPairs) {
  auto moved = [](const std::string &code, std::function<std::pair<u32, u32>(const Inputs &)> f) {
    std::string text;
    for (int n = 0; n < 4; ++n)
      text += fmt::format("v_mov_b32_e32 v{}, v{}\n", 12 + n, 4 + n);
    return InstructionCase{text + "s_nop 7\n" + code + "\n s_nop 7\n",
                           [=](const Inputs &in, unsigned) {
                             auto [low, high] = f(in);
                             return Outputs{low, high};
                           }};
  };
  const std::vector<InstructionCase> cases = {
      moved("v_pk_mov_b32 v[32:33], v[12:13], v[14:15]",
            [](const Inputs &in) { return std::pair{in[0], in[2]}; }),
      moved("v_pk_mov_b32 v[32:33], v[12:13], v[14:15] op_sel:[1,0]",
            [](const Inputs &in) { return std::pair{in[1], in[2]}; }),
      moved("v_pk_mov_b32 v[32:33], v[12:13], v[14:15] op_sel:[0,1]",
            [](const Inputs &in) { return std::pair{in[0], in[3]}; }),
      moved("s_mov_b32 s20, 11\n s_mov_b32 s21, 12\n"
            "v_pk_mov_b32 v[32:33], s[20:21], s[20:21] op_sel:[0,1]",
            [](const Inputs &) { return std::pair{11u, 12u}; }),
      moved("v_pk_mov_b32 v[32:33], v[12:13], 1.0 op_sel:[1,0]",
            [](const Inputs &in) { return std::pair{in[1], 0x3f800000u}; }),
  };
  expectCases(cases, 2);
}

} // namespace
} // namespace gemmsmith::emulator
