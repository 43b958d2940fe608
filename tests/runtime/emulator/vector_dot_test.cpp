// Dot products, and multiply-adds of halves and floats (CDNA4 ISA 12.7, 12.10).
#include "tests/runtime/emulator/float_cases.h"
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

using reference::kF16;
using reference::kF32;

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

// --- floats; NaNs are made the same in all results

float asFloat(u32 v) {
  return std::bit_cast<float>(v);
}
u32 canonicalFloat(float f) {
  return f != f ? 0x7fc00000 : std::bit_cast<u32>(f);
}
std::string canonicalFloats(const std::string &code) {
  return code + "\n s_nop 7\n v_mov_b32_e32 v10, 0x7fc00000\n v_cmp_u_f32_e32 vcc, v32, v32\n"
                "v_cndmask_b32_e32 v32, v32, v10, vcc";
}
// What CLAMP makes of -0 is not specified, so 0 is added to the results.
float clampedFloat(float v) {
  return v > 0 ? std::min(v, 1.0f) : 0;
}
float halfToFloat(u32 v) {
  v &= 0xffff;
  if (isNaN(kF16, v))
    return NAN;
  return asFloat(static_cast<u32>(convert(kF16, kF32, v, reference::Round::kNearestEven)));
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
  auto halves = [](u32 a, u32 b, float c) {
    float sum = c + halfToFloat(a) * halfToFloat(b);
    return sum + halfToFloat(a >> 16) * halfToFloat(b >> 16);
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
      dot("v_dot2_f32_f16 v32, v4, v5, v6", halves),
      dot("v_dot2_f32_f16 v32, v4, v5, v6 neg_lo:[0,0,1] neg_hi:[1,0,0]",
          [](u32 a, u32 b, float c) {
            float sum = -c + halfToFloat(a) * halfToFloat(b);
            return sum - halfToFloat(a >> 16) * halfToFloat(b >> 16);
          }),
      dot("v_dot2_f32_f16 v32, v4, 2.0, v6",
          [](u32 a, u32, float c) { return c + halfToFloat(a) * 2 + halfToFloat(a >> 16) * 0.0f; }),
      dot(start + "v_dot2c_f32_f16_e32 v32, v4, v5", halves),
      dot(start + "v_dot2c_f32_f16_dpp v32, v4, v5 quad_perm:[0,1,2,3] row_mask:0xf bank_mask:0xf",
          halves),
  };
  expectCases(cases);
}

// --- multiply-adds of halves and floats

// How one source is read.
struct MixPick {
  bool half = false, upper = false, absolute = false, negate = false;
};
u64 picked(const FloatMode &mode, u32 v, const MixPick &p) {
  u64 f = v;
  if (p.half) {
    f = v >> (p.upper ? 16 : 0) & 0xffff;
    f = convert(kF16, kF32, mode.denormals_16_64 & 1 ? f : flushed(kF16, f), mode.round_32);
  } else if (!(mode.denormals_32 & 1)) {
    f = flushed(kF32, f);
  }
  if (f == reference::kAnyNaN)
    f = kF32.infinity() | kF32.quietBit();
  if (p.absolute)
    f &= ~kF32.sign();
  return p.negate ? f ^ kF32.sign() : f;
}
// The float32 result, NaN as kAnyNaN.
u64 mixed(const FloatMode &mode, const std::array<MixPick, 3> &p, u32 a, u32 b, u32 c) {
  u64 r = fused(kF32, picked(mode, a, p[0]), picked(mode, b, p[1]), picked(mode, c, p[2]),
                mode.round_32);
  if (r == reference::kAnyNaN || isNaN(kF32, r))
    return reference::kAnyNaN;
  return mode.denormals_32 & 2 ? r : flushed(kF32, r);
}

TEST(VectorMix, HalvesAndFloatsInOneMultiplyAdd) {
  std::vector<FloatMode> modes(3);
  modes[1].round_32 = reference::Round::kUp;
  modes[1].round_16_64 = reference::Round::kDown;
  modes[2].round_32 = modes[2].round_16_64 = reference::Round::kTowardZero;
  modes[2].denormals_32 = modes[2].denormals_16_64 = 0;
  for (const FloatMode &mode : modes) {
    auto toFloat = [&](const std::string &operands, std::array<MixPick, 3> p) {
      return ofValues(canonicalFloats("v_fma_mix_f32 v32, " + operands), [=](u32 a, u32 b, u32 c) {
        u64 r = mixed(mode, p, a, b, c);
        return r == reference::kAnyNaN ? 0x7fc00000 : static_cast<u32>(r);
      });
    };
    // The half that is not written keeps its bits, so only the other one is made canonical.
    auto toHalf = [&](const std::string &operands, bool high, std::array<MixPick, 3> p) {
      std::string code = fmt::format(
          "v_fma_mix{}_f16 v32, {}\n s_nop 7\n v_mov_b32_e32 v10, 0x7e00\n"
          "v_bfe_u32 v11, v32, {}, 16\n v_and_b32_e32 v12, 0x7fff, v11\n"
          "v_cmp_lt_u32_e32 vcc, 0x7c00, v12\n v_cndmask_b32_e32 v11, v11, v10, vcc\n"
          "v_lshlrev_b32_e32 v11, {}, v11\n v_and_b32_e32 v32, {:#x}, v32\n"
          "v_or_b32_e32 v32, v11, v32",
          high ? "hi" : "lo", operands, high ? 16 : 0, high ? 16 : 0, high ? 0xffffu : 0xffff0000u);
      return ofValuesAndOld(code, [=](u32 a, u32 b, u32 c, u32 old) {
        u64 f = mixed(mode, p, a, b, c), h = 0x7e00;
        if (f != reference::kAnyNaN)
          h = convert(kF32, kF16, f, mode.round_16_64);
        if (!(mode.denormals_16_64 & 2))
          h = flushed(kF16, h);
        auto r = static_cast<u32>(h);
        return high ? r << 16 | (old & 0xffff) : r | (old & 0xffff0000);
      });
    };
    constexpr MixPick kFloat{}, kLow{.half = true}, kHigh{.half = true, .upper = true};
    const std::vector<InstructionCase> cases = {
        toFloat("v4, v5, v6", {kFloat, kFloat, kFloat}),
        toFloat("v4, v5, v6 op_sel:[1,0,0] op_sel_hi:[1,1,0]", {kHigh, kLow, kFloat}),
        toFloat("-v4, |v5|, -|v6| op_sel:[0,0,1] op_sel_hi:[0,1,1]",
                {MixPick{.negate = true}, MixPick{.half = true, .absolute = true},
                 MixPick{.half = true, .upper = true, .absolute = true, .negate = true}}),
        toHalf("v4, v5, v6 op_sel_hi:[1,0,1]", false, {kLow, kFloat, kLow}),
        toHalf("v4, v5, v6", true, {kFloat, kFloat, kFloat}),
        toHalf("v4, v5, v6 op_sel:[1,1,1] op_sel_hi:[1,1,1]", true, {kHigh, kHigh, kHigh}),
    };
    expectCases(cases, 1, mode.directives(), mode.setup());
  }
}

TEST(VectorMix, ClampAndConstants) {
  const std::vector<InstructionCase> cases = {
      ofValues("v_fma_mix_f32 v32, v4, v5, v6 op_sel_hi:[1,0,1] clamp\n s_nop 7\n"
               "v_add_f32_e32 v32, 0, v32",
               [](u32 a, u32 b, u32 c) {
                 return std::bit_cast<u32>(
                     clampedFloat(std::fma(halfToFloat(a), asFloat(b), halfToFloat(c))));
               }),
      ofValues("v_mov_b32_e32 v32, 0\n v_fma_mixlo_f16 v32, v4, v5, |v6| op_sel:[1,1,1] "
               "op_sel_hi:[1,1,1] clamp",
               [](u32 a, u32 b, u32 c) {
                 float f = std::fma(halfToFloat(a >> 16), halfToFloat(b >> 16),
                                    std::fabs(halfToFloat(c >> 16)));
                 return static_cast<u32>(convert(kF32, kF16, std::bit_cast<u32>(clampedFloat(f)),
                                                 reference::Round::kNearestEven));
               }),
      // as a half, a constant is one with zeros above it
      ofValues(
          canonicalFloats("v_fma_mix_f32 v32, v4, 2.0, v6"),
          [](u32 a, u32, u32 c) { return canonicalFloat(std::fma(asFloat(a), 2.0f, asFloat(c))); }),
      ofValues(
          canonicalFloats("v_fma_mix_f32 v32, v4, 2.0, v6 op_sel_hi:[0,1,0]"),
          [](u32 a, u32, u32 c) { return canonicalFloat(std::fma(asFloat(a), 2.0f, asFloat(c))); }),
  };
  expectCases(cases);
}

} // namespace
} // namespace gemmsmith::emulator
