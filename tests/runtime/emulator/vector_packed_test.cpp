// Packed 16-bit and float32 operations, mixed precision and dot products (CDNA4 ISA 6.7, 12.10).
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i64 = std::int64_t;

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

// --- halves, by way of exact arithmetic on doubles

double halfToDouble(u32 v) {
  int exponent = v >> 10 & 31, mantissa = v & 0x3ff;
  double magnitude = exponent == 31 ? (mantissa ? NAN : INFINITY)
                     : exponent     ? std::ldexp(1024 + mantissa, exponent - 25)
                                    : std::ldexp(mantissa, -24);
  return v & 0x8000 ? -magnitude : magnitude;
}
// To nearest, ties to even: x is the sum of the doubles `high` and `low`, exactly.
u32 nearestHalf(double high, double low = 0) {
  if (high != high)
    return 0x7e00;
  u32 sign = std::signbit(high) ? 0x8000 : 0;
  if (std::isinf(high))
    return sign | 0x7c00;
  double magnitude = std::fabs(high), rest = sign ? -low : low;
  u32 below = 0; // the largest half that is not above
  for (u32 bit = 0x4000; bit; bit >>= 1) {
    u32 candidate = below | bit;
    double v = halfToDouble(candidate);
    if (candidate < 0x7c00 && (v < magnitude || (v == magnitude && rest >= 0)))
      below = candidate;
  }
  double v = halfToDouble(below);
  double step =
      below >= 0x0400 ? std::ldexp(1.0, static_cast<int>(below >> 10) - 25) : std::ldexp(1.0, -24);
  double over = (magnitude - v) - step / 2; // exact: of few bits, except for `rest`
  bool up = over > 0 || (over == 0 && (rest > 0 || (rest == 0 && (below & 1))));
  if (over != 0 && std::fabs(over) <= std::fabs(rest))
    up = over + rest > 0;
  return sign | (below + up);
}
// Both NaNs are equal; their payloads are not specified.
u32 canonicalHalf(u32 v) {
  return (v & 0x7fff) > 0x7c00 ? 0x7e00 : v;
}

// v32's halves with every NaN made the same.
std::string canonicalHalves(const std::string &code) {
  return code + "\n s_nop 7\n v_mov_b32_e32 v10, 0x7e00\n v_lshrrev_b32_e32 v11, 16, v32\n"
                "v_and_b32_e32 v12, 0x7fff, v32\n v_cmp_lt_u32_e32 vcc, 0x7c00, v12\n"
                "v_and_b32_e32 v13, 0xffff, v32\n v_cndmask_b32_e32 v13, v13, v10, vcc\n"
                "v_and_b32_e32 v12, 0x7fff, v11\n v_cmp_lt_u32_e32 vcc, 0x7c00, v12\n"
                "v_cndmask_b32_e32 v11, v11, v10, vcc\n v_lshl_or_b32 v32, v11, 16, v13";
}

u32 halfSum(u32 a, u32 b) {
  return nearestHalf(halfToDouble(a) + halfToDouble(b));
}
u32 halfProduct(u32 a, u32 b) {
  return nearestHalf(halfToDouble(a) * halfToDouble(b));
}
u32 halfFused(u32 a, u32 b, u32 c) {
  double product = halfToDouble(a) * halfToDouble(b), addend = halfToDouble(c);
  // product + addend = high + low exactly: fast two-sum with the larger one first.
  bool larger = std::fabs(product) > std::fabs(addend);
  double first = larger ? product : addend, second = larger ? addend : product;
  double high = first + second, low = second - (high - first);
  return nearestHalf(high, std::isfinite(high) ? low : 0);
}
bool isNanHalf(u32 v) {
  return (v & 0x7fff) > 0x7c00;
}
// minNum and maxNum: a NaN loses, -0 is below +0.
u32 halfMin(u32 a, u32 b) {
  if (isNanHalf(a) || isNanHalf(b))
    return canonicalHalf(isNanHalf(a) ? b : a);
  if (halfToDouble(a) == halfToDouble(b))
    return a | (b & 0x8000);
  return halfToDouble(a) < halfToDouble(b) ? a : b;
}
u32 halfMax(u32 a, u32 b) {
  if (isNanHalf(a) || isNanHalf(b))
    return canonicalHalf(isNanHalf(a) ? b : a);
  if (halfToDouble(a) == halfToDouble(b))
    return a & (b | 0x7fff);
  return halfToDouble(a) > halfToDouble(b) ? a : b;
}
u32 clampedHalf(u32 v) {
  if (isNanHalf(v) || halfToDouble(v) <= 0)
    return 0;
  return halfToDouble(v) > 1 ? 0x3c00 : v;
}

// Inputs without signaling NaN: whether minimum and maximum quiet or drop it depends on MODE.
std::string quietInputs() {
  std::string code;
  for (int v = 4; v < 8; ++v)
    code += fmt::format("v_or_b32_e32 v{0}, 0x02000200, v{0}\n", v);
  return code;
}
u32 quietPair(u32 v) {
  return v | 0x02000200;
}

TEST(VectorPacked, Halves) {
  auto canonical = [](const std::string &code, const HalfFunction &f, Pick low = {},
                      Pick high = {.from = {1, 1, 1}}) {
    return pairCase(canonicalHalves(code), f, low, high);
  };
  auto quiet = [](const std::string &code, const HalfFunction &f) {
    InstructionCase inner = pairCase(canonicalHalves(quietInputs() + code), f);
    return InstructionCase{inner.code, [expected = inner.expected](Inputs in, unsigned lane) {
                             for (u32 &v : in)
                               v = quietPair(v);
                             return expected(in, lane);
                           }};
  };
  const std::vector<InstructionCase> cases = {
      canonical("v_pk_add_f16 v32, v4, v5", [](u32 a, u32 b, u32) { return halfSum(a, b); }),
      canonical("v_pk_add_f16 v32, v4, v5 neg_lo:[1,0] neg_hi:[0,1]",
                [](u32 a, u32 b, u32) { return halfSum(a, b); }, {.negate = {true, false, false}},
                {.from = {1, 1, 1}, .negate = {false, true, false}}),
      canonical("v_pk_add_f16 v32, v4, v5 clamp\n s_nop 7\n v_pk_add_f16 v32, v32, 0",
                [](u32 a, u32 b, u32) { return clampedHalf(halfSum(a, b)); }),
      canonical("v_pk_mul_f16 v32, v4, v5", [](u32 a, u32 b, u32) { return halfProduct(a, b); }),
      canonical("v_pk_mul_f16 v32, v4, v5 op_sel:[1,1] op_sel_hi:[0,0]",
                [](u32 a, u32 b, u32) { return halfProduct(a, b); }, {.from = {1, 1, 1}}, {}),
      canonical("v_pk_fma_f16 v32, v4, v5, v6", halfFused),
      canonical("v_pk_fma_f16 v32, v4, v5, v6 op_sel_hi:[0,1,0] neg_lo:[0,0,1] clamp\n s_nop 7\n"
                "v_pk_add_f16 v32, v32, 0",
                [](u32 a, u32 b, u32 c) { return clampedHalf(halfFused(a, b, c)); },
                {.negate = {false, false, true}}, {.from = {0, 1, 0}}),
      canonical("v_mov_b32_e32 v32, v6\n s_nop 7\n v_pk_fmac_f16_e32 v32, v4, v5", halfFused),
      quiet("v_pk_min_f16 v32, v4, v5", [](u32 a, u32 b, u32) { return halfMin(a, b); }),
      quiet("v_pk_max_f16 v32, v4, v5", [](u32 a, u32 b, u32) { return halfMax(a, b); }),
      quiet("v_pk_minimum3_f16 v32, v4, v5, v6",
            [](u32 a, u32 b, u32 c) {
              return isNanHalf(a) || isNanHalf(b) || isNanHalf(c) ? 0x7e00
                                                                  : halfMin(halfMin(a, b), c);
            }),
      quiet("v_pk_maximum3_f16 v32, v4, v5, v6",
            [](u32 a, u32 b, u32 c) {
              return isNanHalf(a) || isNanHalf(b) || isNanHalf(c) ? 0x7e00
                                                                  : halfMax(halfMax(a, b), c);
            }),
      // a constant is a half with zeros above it
      ofValues(
          canonicalHalves("v_pk_add_f16 v32, v4, 1.0"),
          [](u32 a, u32, u32) { return halfSum(a & 0xffff, 0x3c00) | halfSum(a >> 16, 0) << 16; }),
      ofValues(canonicalHalves("v_pk_mul_f16 v32, v4, -4.0 op_sel_hi:[1,0]"),
               [](u32 a, u32, u32) {
                 return halfProduct(a & 0xffff, 0xc400) | halfProduct(a >> 16, 0xc400) << 16;
               }),
  };
  expectCases(cases);
}

TEST(VectorPacked, FusedHalvesRoundOnce) {
  // 2^15 + 2^5 - 2^4 lies in the middle between two halves; what is added decides, however small.
  struct Row {
    u32 a, b, c, want;
  };
  const std::vector<Row> rows = {
      {0x7801, 0x3c00, 0x4c00, 0x7802}, // 32800 + 16, a tie to even
      {0x0001, 0x0001, 0x7801, 0x7801}, // 2^-48 vanishes
      {0x7bff, 0x7bff, 0xfbff, 0x7c00}, // overflow
      {0x0001, 0x3800, 0x8001, 0x8000 /* 2^-25 - 2^-24 = -2^-25: a tie to even, -0 */},
      {0x0001, 0x3801, 0x0000, 0x0001}, // just above 2^-25
      {0x1401, 0x1401, 0x3c00, 0x3c00}, // 1 + a little more than 2^-20
      {0x1000, 0x3c01, 0x3c00, 0x3c01}, // 1 + 2^-11 + 2^-21: just above a tie
      {0x1000, 0x3bff, 0x3c00, 0x3c00}, // just below it
  };
  for (const Row &r : rows)
    EXPECT_EQ(halfFused(r.a, r.b, r.c), r.want) << fmt::format("{:#x} {:#x} {:#x}", r.a, r.b, r.c);
  std::vector<InstructionCase> cases;
  for (const Row &r : rows)
    cases.push_back(ofValues(fmt::format("v_mov_b32_e32 v10, {:#x}\n v_mov_b32_e32 v11, {:#x}\n"
                                         "v_mov_b32_e32 v12, {:#x}\n s_nop 7\n"
                                         "v_pk_fma_f16 v32, v10, v11, v12",
                                         r.a << 16 | r.a, r.b << 16 | r.b, r.c << 16 | r.c),
                             [=](u32, u32, u32) { return r.want << 16 | r.want; }));
  expectCases(cases);
}

float asFloat(u32 v) {
  return std::bit_cast<float>(v);
}
u32 canonicalFloat(float f) {
  return f != f ? 0x7fc00000 : std::bit_cast<u32>(f);
}
std::string canonicalFloats(const std::string &code, int registers = 1) {
  std::string text = code + "\n s_nop 7\n v_mov_b32_e32 v10, 0x7fc00000\n";
  for (int r = 32; r < 32 + registers; ++r)
    text += fmt::format(
        "v_cmp_u_f32_e32 vcc, v{0}, v{0}\n v_cndmask_b32_e32 v{0}, v{0}, v10, vcc\n", r);
  return text;
}

// v[12:13], v[14:15], v[16:17] are three pairs of floats.
InstructionCase floatPairCase(const std::string &code,
                              std::function<std::pair<float, float>(const float *)> f) {
  std::string text;
  for (int n = 0; n < 6; ++n)
    text += fmt::format("v_mov_b32_e32 v{}, v{}\n", 12 + n, 4 + n);
  return {canonicalFloats(text + "s_nop 7\n" + code, 2), [=](const Inputs &in, unsigned) {
            float v[6];
            for (std::size_t n = 0; n < 6; ++n)
              v[n] = asFloat(in[n]);
            auto [low, high] = f(v);
            return Outputs{canonicalFloat(low), canonicalFloat(high)};
          }};
}
// What CLAMP makes of -0 is not specified, so the snippets avoid -0, or add 0 to it.
float clampedFloat(float v) {
  return v > 0 ? std::min(v, 1.0f) : 0;
}

TEST(VectorPacked, PairsOfFloats) {
  const std::vector<InstructionCase> cases = {
      floatPairCase("v_pk_mul_f32 v[32:33], v[12:13], v[14:15]",
                    [](const float *v) { return std::pair{v[0] * v[2], v[1] * v[3]}; }),
      floatPairCase("v_pk_add_f32 v[32:33], v[12:13], v[14:15] op_sel:[1,0] op_sel_hi:[0,1]",
                    [](const float *v) { return std::pair{v[1] + v[2], v[0] + v[3]}; }),
      floatPairCase("v_pk_add_f32 v[32:33], v[12:13], v[14:15] neg_lo:[0,1] neg_hi:[1,0] clamp\n"
                    "s_nop 7\n v_pk_add_f32 v[32:33], v[32:33], 0",
                    [](const float *v) {
                      return std::pair{clampedFloat(v[0] - v[2]), clampedFloat(v[3] - v[1])};
                    }),
      floatPairCase("v_pk_fma_f32 v[32:33], v[12:13], v[14:15], v[16:17]",
                    [](const float *v) {
                      return std::pair{std::fma(v[0], v[2], v[4]), std::fma(v[1], v[3], v[5])};
                    }),
      floatPairCase("v_pk_fma_f32 v[32:33], v[12:13], v[14:15], v[16:17] op_sel:[0,0,1] "
                    "op_sel_hi:[1,0,1] neg_lo:[0,0,1] neg_hi:[0,0,1]",
                    [](const float *v) {
                      return std::pair{std::fma(v[0], v[2], -v[5]), std::fma(v[1], v[2], -v[5])};
                    }),
      // a constant is the low float of its pair, and 0 above
      floatPairCase("v_pk_add_f32 v[32:33], v[12:13], 2.0",
                    [](const float *v) { return std::pair{v[0] + 2, v[1] + 0.0f}; }),
      floatPairCase("v_pk_mul_f32 v[32:33], v[12:13], 2.0 op_sel_hi:[1,0]",
                    [](const float *v) { return std::pair{v[0] * 2, v[1] * 2}; }),
      floatPairCase("s_mov_b32 s20, 0x40400000\n s_mov_b32 s21, 0xc0a00000\n"
                    "v_pk_mul_f32 v[32:33], v[12:13], s[20:21]",
                    [](const float *v) { return std::pair{v[0] * 3, v[1] * -5}; }),
  };
  expectCases(cases, 2);
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

float halfToFloat(u32 v) {
  return static_cast<float>(halfToDouble(v & 0xffff));
}

TEST(VectorMix, HalvesAndFloatsInOneMultiplyAdd) {
  auto mix = [](const std::string &code, std::function<float(u32, u32, u32)> f) {
    return ofValues(canonicalFloats(code),
                    [=](u32 a, u32 b, u32 c) { return canonicalFloat(f(a, b, c)); });
  };
  auto rounded = [](float f) { return canonicalHalf(nearestHalf(static_cast<double>(f))); };
  // The half that is not written keeps its bits, so only the other one is made canonical.
  auto half = [](const std::string &code, bool high, std::function<u32(u32, u32, u32)> f) {
    std::string text =
        fmt::format("{}\n s_nop 7\n v_mov_b32_e32 v10, 0x7e00\n v_bfe_u32 v11, v32, {}, 16\n"
                    "v_and_b32_e32 v12, 0x7fff, v11\n v_cmp_lt_u32_e32 vcc, 0x7c00, v12\n"
                    "v_cndmask_b32_e32 v11, v11, v10, vcc\n v_lshlrev_b32_e32 v11, {}, v11\n"
                    "v_and_b32_e32 v32, {:#x}, v32\n v_or_b32_e32 v32, v11, v32",
                    code, high ? 16 : 0, high ? 16 : 0, high ? 0xffffu : 0xffff0000u);
    return ofValuesAndOld(text, [=](u32 a, u32 b, u32 c, u32 old) {
      u32 r = f(a, b, c);
      return high ? r << 16 | (old & 0xffff) : r | (old & 0xffff0000);
    });
  };
  const std::vector<InstructionCase> cases = {
      mix("v_fma_mix_f32 v32, v4, v5, v6",
          [](u32 a, u32 b, u32 c) { return std::fma(asFloat(a), asFloat(b), asFloat(c)); }),
      mix("v_fma_mix_f32 v32, v4, v5, v6 op_sel:[1,0,0] op_sel_hi:[1,1,0]",
          [](u32 a, u32 b, u32 c) {
            return std::fma(halfToFloat(a >> 16), halfToFloat(b), asFloat(c));
          }),
      mix("v_fma_mix_f32 v32, -v4, |v5|, -|v6| op_sel:[0,0,1] op_sel_hi:[0,1,1]",
          [](u32 a, u32 b, u32 c) {
            return std::fma(-asFloat(a), std::fabs(halfToFloat(b)),
                            -std::fabs(halfToFloat(c >> 16)));
          }),
      mix("v_fma_mix_f32 v32, v4, v5, v6 op_sel_hi:[1,0,1] clamp\n s_nop 7\n v_add_f32_e32 v32, 0, "
          "v32",
          [](u32 a, u32 b, u32 c) {
            return clampedFloat(std::fma(halfToFloat(a), asFloat(b), halfToFloat(c)));
          }),
      half("v_fma_mixlo_f16 v32, v4, v5, v6 op_sel_hi:[1,0,1]", false,
           [=](u32 a, u32 b, u32 c) {
             return rounded(std::fma(halfToFloat(a), asFloat(b), halfToFloat(c)));
           }),
      half("v_fma_mixhi_f16 v32, v4, v5, v6", true,
           [=](u32 a, u32 b, u32 c) {
             return rounded(std::fma(asFloat(a), asFloat(b), asFloat(c)));
           }),
      half("v_fma_mixhi_f16 v32, v4, v5, |v6| op_sel:[1,1,1] op_sel_hi:[1,1,1] clamp", true,
           [=](u32 a, u32 b, u32 c) {
             return rounded(clampedFloat(std::fma(halfToFloat(a >> 16), halfToFloat(b >> 16),
                                                  std::fabs(halfToFloat(c >> 16)))));
           }),
  };
  expectCases(cases);
}

InstructionCase dotCase(const std::string &code, int width, bool is_signed, bool clamp) {
  return ofValues(code, [=](u32 a, u32 b, u32 c) {
    auto at = [&](u32 v, int n) {
      return is_signed ? signedField(v, n, width) : unsignedField(v, n, width);
    };
    i64 sum = is_signed ? i64{asSigned(c)} : i64{c};
    for (int n = 0; n < 32; n += width)
      sum += at(a, n) * at(b, n);
    if (clamp)
      sum = is_signed ? limited(sum, -0x80000000ll, 0x7fffffff) : limited(sum, 0, 0xffffffff);
    return static_cast<u32>(sum);
  });
}

TEST(VectorDot, Integers) {
  std::vector<InstructionCase> cases;
  struct Form {
    const char *name;
    int width;
    bool is_signed;
  };
  for (const Form &f : {Form{"v_dot2_i32_i16", 16, true}, Form{"v_dot2_u32_u16", 16, false},
                        Form{"v_dot4_i32_i8", 8, true}, Form{"v_dot4_u32_u8", 8, false},
                        Form{"v_dot8_i32_i4", 4, true}, Form{"v_dot8_u32_u4", 4, false}})
    for (bool clamp : {false, true})
      cases.push_back(dotCase(fmt::format("{} v32, v4, v5, v6{}", f.name, clamp ? " clamp" : ""),
                              f.width, f.is_signed, clamp));
  for (const Form &f : {Form{"v_dot2c_i32_i16", 16, true}, Form{"v_dot4c_i32_i8", 8, true},
                        Form{"v_dot8c_i32_i4", 4, true}}) {
    std::string start = "v_mov_b32_e32 v32, v6\n s_nop 7\n";
    cases.push_back(dotCase(start + f.name + "_e32 v32, v4, v5", f.width, true, false));
    cases.push_back(dotCase(start + f.name + "_e64 v32, v4, v5 clamp", f.width, true, true));
  }
  expectCases(cases);
}

// Float32 denormals are zeros on the way in and out.
float flushed(float f) {
  return std::fpclassify(f) == FP_SUBNORMAL ? std::copysign(0.0f, f) : f;
}
float bf16(u32 v) {
  return flushed(asFloat(v << 16));
}

TEST(VectorDot, FloatsWithoutDenormals) {
  auto dot = [](const std::string &code, std::function<float(u32, u32, float)> f) {
    return ofValues(canonicalFloats(code), [=](u32 a, u32 b, u32 c) {
      return canonicalFloat(flushed(f(a, b, flushed(asFloat(c)))));
    });
  };
  std::string start = "v_mov_b32_e32 v32, v6\n s_nop 7\n";
  const std::vector<InstructionCase> cases = {
      // the addend is last here and first in the others
      dot("v_dot2_f32_bf16 v32, v4, v5, v6",
          [](u32 a, u32 b, float c) {
            float sum = bf16(a) * bf16(b) + bf16(a >> 16) * bf16(b >> 16);
            return sum + c;
          }),
      dot("v_dot2_f32_bf16 v32, v4, v5, v6 neg_lo:[1,0,0] neg_hi:[0,1,0] clamp\n s_nop 7\n"
          "v_add_f32_e32 v32, 0, v32",
          [](u32 a, u32 b, float c) {
            float sum = -bf16(a) * bf16(b) + bf16(a >> 16) * -bf16(b >> 16);
            return clampedFloat(sum + c);
          }),
      dot("v_dot2_f32_bf16 v32, v4, 1.0, v6",
          [](u32 a, u32, float c) { return bf16(a) + bf16(a >> 16) * 0.0f + c; }),
      dot(start + "v_dot2c_f32_bf16_e32 v32, v4, v5",
          [](u32 a, u32 b, float c) {
            float sum = c + bf16(a) * bf16(b);
            return sum + bf16(a >> 16) * bf16(b >> 16);
          }),
      dot(start + "v_dot2c_f32_bf16_e64 v32, -v4, |v5|",
          [](u32 a, u32 b, float c) {
            float sum = c - bf16(a) * bf16(b);
            return sum + bf16(a >> 16) * -bf16(b >> 16);
          }),
      dot("v_dot2_f32_f16 v32, v4, v5, v6",
          [](u32 a, u32 b, float c) {
            float sum = c + halfToFloat(a) * halfToFloat(b);
            return sum + halfToFloat(a >> 16) * halfToFloat(b >> 16);
          }),
      dot("v_dot2_f32_f16 v32, v4, v5, v6 neg_lo:[0,0,1] neg_hi:[1,0,0]",
          [](u32 a, u32 b, float c) {
            float sum = -c + halfToFloat(a) * halfToFloat(b);
            return sum - halfToFloat(a >> 16) * halfToFloat(b >> 16);
          }),
      dot("v_dot2_f32_f16 v32, v4, 2.0, v6",
          [](u32 a, u32, float c) { return c + halfToFloat(a) * 2 + halfToFloat(a >> 16) * 0.0f; }),
      dot(start + "v_dot2c_f32_f16_e32 v32, v4, v5",
          [](u32 a, u32 b, float c) {
            float sum = c + halfToFloat(a) * halfToFloat(b);
            return sum + halfToFloat(a >> 16) * halfToFloat(b >> 16);
          }),
      dot(start + "v_dot2c_f32_f16_dpp v32, v4, v5 quad_perm:[0,1,2,3] row_mask:0xf bank_mask:0xf",
          [](u32 a, u32 b, float c) {
            float sum = c + halfToFloat(a) * halfToFloat(b);
            return sum + halfToFloat(a >> 16) * halfToFloat(b >> 16);
          }),
  };
  expectCases(cases);
}

} // namespace
} // namespace gemmsmith::emulator
