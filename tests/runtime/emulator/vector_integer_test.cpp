// Integer sums, products, minima and maxima, saturation, carries (CDNA4 ISA 12.7, 12.8, 12.11).
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

__extension__ typedef __int128 i128;

u32 low(i64 v) {
  return static_cast<u32>(v);
}
i64 u16of(u32 v) {
  return unsignedField(v, 0, 16);
}
i64 i16of(u32 v) {
  return signedField(v, 0, 16);
}
u32 limitedU32(i64 v) {
  return low(limited(v, 0, 0xffffffff));
}
u32 limitedI32(i64 v) {
  return low(limited(v, -0x80000000ll, 0x7fffffff));
}
u32 limitedU16(i64 v) {
  return low(limited(v, 0, 0xffff));
}
u32 limitedI16(i64 v) {
  return low(limited(v, -0x8000, 0x7fff)) & 0xffff;
}

TEST(VectorInteger, SumsAndDifferencesWrapOrSaturate) {
  auto i = [](u32 v) { return i64{asSigned(v)}; };
  const std::vector<InstructionCase> cases = {
      ofValues("v_add_u32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a + b; }),
      ofValues("v_sub_u32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a - b; }),
      ofValues("v_subrev_u32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return b - a; }),
      ofValues("v_add_u32_e64 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedU32(i64{a} + b); }),
      ofValues("v_sub_u32_e64 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedU32(i64{a} - b); }),
      ofValues("v_subrev_u32_e64 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedU32(i64{b} - a); }),
      ofValues("v_add_i32 v32, v4, v5", [](u32 a, u32 b, u32) { return a + b; }),
      ofValues("v_sub_i32 v32, v4, v5", [](u32 a, u32 b, u32) { return a - b; }),
      ofValues("v_add_i32 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return limitedI32(i(a) + i(b)); }),
      ofValues("v_sub_i32 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return limitedI32(i(a) - i(b)); }),
      ofValues("v_add_u16_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return (a + b) & 0xffff; }),
      ofValues("v_sub_u16_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return (a - b) & 0xffff; }),
      ofValues("v_subrev_u16_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return (b - a) & 0xffff; }),
      ofValues("v_add_u16_e64 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedU16(u16of(a) + u16of(b)); }),
      ofValues("v_sub_u16_e64 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedU16(u16of(a) - u16of(b)); }),
      ofValues("v_subrev_u16_e64 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedU16(u16of(b) - u16of(a)); }),
      ofValues("v_add_i16 v32, v4, v5", [](u32 a, u32 b, u32) { return (a + b) & 0xffff; }),
      ofValues("v_sub_i16 v32, v4, v5", [](u32 a, u32 b, u32) { return (a - b) & 0xffff; }),
      ofValues("v_add_i16 v32, v4, v5 clamp",
               [](u32 a, u32 b, u32) { return limitedI16(i16of(a) + i16of(b)); }),
      ofValues("v_sub_i16 v32, v4, v5 op_sel:[1,0,0] clamp",
               [](u32 a, u32 b, u32) { return limitedI16(i16of(a >> 16) - i16of(b)); }),
      ofValuesAndOld("v_sub_i16 v32, v4, v5 op_sel:[0,1,1] clamp",
                     [](u32 a, u32 b, u32, u32 old) {
                       return limitedI16(i16of(a) - i16of(b >> 16)) << 16 | (old & 0xffff);
                     }),
      ofValues("v_add3_u32 v32, v4, v5, v6", [](u32 a, u32 b, u32 c) { return a + b + c; }),
      ofValues("v_lshl_add_u32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return (a << (b & 31)) + c; }),
      ofValues("v_add_lshl_u32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return (a + b) << (c & 31); }),
      ofValues("v_xad_u32 v32, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a ^ b) + c; }),
      // operands of other kinds
      ofValues("v_add_u32_e32 v32, 0x12345678, v5", [](u32, u32 b, u32) { return 0x12345678 + b; }),
      ofValues("v_add_u32_e32 v32, -16, v5", [](u32, u32 b, u32) { return b - 16; }),
      ofValues("v_add_u32_e32 v32, 1.0, v5", [](u32, u32 b, u32) { return 0x3f800000 + b; }),
      ofValues("s_mov_b32 s20, 77\n v_add_u32_e64 v32, v4, s20",
               [](u32 a, u32, u32) { return a + 77; }),
      ofValues("s_mov_b32 m0, 5\n v_add_u32_e32 v32, m0, v5",
               [](u32, u32 b, u32) { return b + 5; }),
      ofValues("v_add_u32_e32 v32, exec_hi, v5", [](u32, u32 b, u32) { return b - 1; }),
      ofValues("s_mov_b64 vcc, 9\n v_add_u32_e32 v32, vcc_lo, v5",
               [](u32, u32 b, u32) { return b + 9; }),
      ofValues("s_cmp_eq_u32 s64, s64\n v_add_u32_e32 v32, src_scc, v5",
               [](u32, u32 b, u32) { return b + 1; }),
      // a 16-bit integer operand reads the low half of a float constant
      ofValues("v_add_u16_e32 v32, 1.0, v5", [](u32, u32 b, u32) { return b & 0xffff; }),
      ofValues("v_add_u16_e32 v32, 0.15915494, v5",
               [](u32, u32 b, u32) { return (b + 0xf983) & 0xffff; }),
      ofValues("v_add_u16_e32 v32, -3, v5", [](u32, u32 b, u32) { return (b - 3) & 0xffff; }),
  };
  expectCases(cases);
}

TEST(VectorInteger, ProductsAndMultiplyAdds) {
  auto s24 = [](u32 v) { return signedField(v, 0, 24); };
  auto u24 = [](u32 v) { return unsignedField(v, 0, 24); };
  auto i = [](u32 v) { return i64{asSigned(v)}; };
  const std::vector<InstructionCase> cases = {
      ofValues("v_mul_lo_u32 v32, v4, v5", [](u32 a, u32 b, u32) { return a * b; }),
      ofValues("v_mul_hi_u32 v32, v4, v5",
               [](u32 a, u32 b, u32) { return static_cast<u32>(u64{a} * b >> 32); }),
      ofValues("v_mul_hi_i32 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return low(i(a) * i(b) >> 32); }),
      ofValues("v_mul_i32_i24_e32 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return low(s24(a) * s24(b)); }),
      ofValues("v_mul_i32_i24_e64 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return limitedI32(s24(a) * s24(b)); }),
      ofValues("v_mul_u32_u24_e32 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return low(u24(a) * u24(b)); }),
      ofValues("v_mul_u32_u24_e64 v32, v4, v5 clamp",
               [=](u32 a, u32 b, u32) { return limitedU32(u24(a) * u24(b)); }),
      ofValues("v_mul_hi_i32_i24_e32 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return low(s24(a) * s24(b) >> 32); }),
      ofValues("v_mul_hi_u32_u24_e32 v32, v4, v5",
               [=](u32 a, u32 b, u32) { return low(u24(a) * u24(b) >> 32); }),
      ofValues("v_mad_i32_i24 v32, v4, v5, v6",
               [=](u32 a, u32 b, u32 c) { return low(s24(a) * s24(b) + i(c)); }),
      ofValues("v_mad_i32_i24 v32, v4, v5, v6 clamp",
               [=](u32 a, u32 b, u32 c) { return limitedI32(s24(a) * s24(b) + i(c)); }),
      ofValues("v_mad_u32_u24 v32, v4, v5, v6",
               [=](u32 a, u32 b, u32 c) { return low(u24(a) * u24(b) + c); }),
      ofValues("v_mad_u32_u24 v32, v4, v5, v6 clamp",
               [=](u32 a, u32 b, u32 c) { return limitedU32(u24(a) * u24(b) + c); }),
      ofValues("v_mul_lo_u16_e32 v32, v4, v5",
               [](u32 a, u32 b, u32) { return low(u16of(a) * u16of(b)) & 0xffff; }),
      ofValuesAndOld("v_mad_u16 v32, v4, v5, v6",
                     [](u32 a, u32 b, u32 c, u32 old) {
                       return (low(u16of(a) * u16of(b) + u16of(c)) & 0xffff) | (old & 0xffff0000);
                     }),
      ofValuesAndOld("v_mad_i16 v32, v4, v5, v6 clamp",
                     [](u32 a, u32 b, u32 c, u32 old) {
                       return limitedI16(i16of(a) * i16of(b) + i16of(c)) | (old & 0xffff0000);
                     }),
      ofValuesAndOld("v_mad_u16 v32, v4, v5, v6 op_sel:[1,0,1,1] clamp",
                     [](u32 a, u32 b, u32 c, u32 old) {
                       return limitedU16(u16of(a >> 16) * u16of(b) + u16of(c >> 16)) << 16 |
                              (old & 0xffff);
                     }),
      ofValues("v_mad_legacy_u16 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return low(u16of(a) * u16of(b) + u16of(c)) & 0xffff; }),
      ofValues("v_mad_legacy_i16 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return low(i16of(a) * i16of(b) + i16of(c)) & 0xffff; }),
      ofValues("v_mad_legacy_i16 v32, v4, v5, v6 clamp",
               [](u32 a, u32 b, u32 c) { return limitedI16(i16of(a) * i16of(b) + i16of(c)); }),
      ofValues("v_mad_u32_u16 v32, v4, v5, v6 op_sel:[0,1,0,0]",
               [](u32 a, u32 b, u32 c) { return low(u16of(a) * u16of(b >> 16) + c); }),
      ofValues("v_mad_u32_u16 v32, v4, v5, v6 clamp",
               [](u32 a, u32 b, u32 c) { return limitedU32(u16of(a) * u16of(b) + c); }),
      ofValues("v_mad_i32_i16 v32, v4, v5, v6",
               [=](u32 a, u32 b, u32 c) { return low(i16of(a) * i16of(b) + i(c)); }),
      ofValues(
          "v_mad_i32_i16 v32, v4, v5, v6 op_sel:[1,1,0,0] clamp",
          [=](u32 a, u32 b, u32 c) { return limitedI32(i16of(a >> 16) * i16of(b >> 16) + i(c)); }),
  };
  expectCases(cases);
}

template <typename T> T middle(T a, T b, T c) {
  std::array<T, 3> v{a, b, c};
  std::sort(v.begin(), v.end());
  return v[1];
}

TEST(VectorInteger, MinimaMaximaAndMedians) {
  std::vector<InstructionCase> cases;
  struct Type {
    const char *name;
    std::function<i64(u32)> value;
    u32 mask;
  };
  const std::vector<Type> types = {{"i32", [](u32 v) { return i64{asSigned(v)}; }, ~0u},
                                   {"u32", [](u32 v) { return i64{v}; }, ~0u},
                                   {"i16", i16of, 0xffff},
                                   {"u16", u16of, 0xffff}};
  for (const Type &t : types) {
    auto add = [&](const std::string &name, const std::string &operands,
                   std::function<i64(i64, i64, i64)> f) {
      cases.push_back(ofValues(name + t.name + operands, [=](u32 a, u32 b, u32 c) {
        return low(f(t.value(a), t.value(b), t.value(c))) & t.mask;
      }));
    };
    add("v_min_", " v32, v4, v5", [](i64 a, i64 b, i64) { return std::min(a, b); });
    add("v_max_", " v32, v4, v5", [](i64 a, i64 b, i64) { return std::max(a, b); });
    add("v_min3_", " v32, v4, v5, v6", [](i64 a, i64 b, i64 c) { return std::min({a, b, c}); });
    add("v_max3_", " v32, v4, v5, v6", [](i64 a, i64 b, i64 c) { return std::max({a, b, c}); });
    add("v_med3_", " v32, v4, v5, v6", [](i64 a, i64 b, i64 c) { return middle(a, b, c); });
  }
  expectCases(cases);
}

// D and the carry bit, which v_addc of zeros makes a value.
InstructionCase carryCase(const std::string &code, std::function<i64(u32, u32, bool)> f,
                          std::function<u32(i64)> result) {
  return {"v_and_b32_e32 v10, 1, v6\n v_cmp_eq_u32_e32 vcc, 1, v10\n v_mov_b32_e32 v33, 0\n" +
              code + "\n v_addc_co_u32_e32 v33, vcc, 0, v33, vcc\n",
          [=](const Inputs &in, unsigned) {
            i64 exact = f(in[0], in[1], in[2] & 1);
            return Outputs{result(exact), exact < 0 || exact > 0xffffffff ? 1u : 0u};
          }};
}

TEST(VectorInteger, CarriesInAndOut) {
  auto sum = [](u32 a, u32 b, bool) { return i64{a} + b; };
  auto difference = [](u32 a, u32 b, bool) { return i64{a} - b; };
  auto reverse = [](u32 a, u32 b, bool) { return i64{b} - a; };
  auto sum_in = [](u32 a, u32 b, bool c) { return i64{a} + b + c; };
  auto difference_in = [](u32 a, u32 b, bool c) { return i64{a} - b - c; };
  auto reverse_in = [](u32 a, u32 b, bool c) { return i64{b} - a - c; };
  const std::vector<InstructionCase> cases = {
      carryCase("v_add_co_u32_e32 v32, vcc, v4, v5", sum, low),
      carryCase("v_sub_co_u32_e32 v32, vcc, v4, v5", difference, low),
      carryCase("v_subrev_co_u32_e32 v32, vcc, v4, v5", reverse, low),
      carryCase("v_addc_co_u32_e32 v32, vcc, v4, v5, vcc", sum_in, low),
      carryCase("v_subb_co_u32_e32 v32, vcc, v4, v5, vcc", difference_in, low),
      carryCase("v_subbrev_co_u32_e32 v32, vcc, v4, v5, vcc", reverse_in, low),
      carryCase("v_add_co_u32_e64 v32, vcc, v4, v5 clamp", sum, limitedU32),
      carryCase("v_sub_co_u32_e64 v32, vcc, v4, v5 clamp", difference, limitedU32),
      carryCase("v_subrev_co_u32_e64 v32, vcc, v4, v5 clamp", reverse, limitedU32),
      carryCase("s_mov_b64 s[20:21], vcc\n v_addc_co_u32_e64 v32, vcc, v4, v5, s[20:21] clamp",
                sum_in, limitedU32),
      carryCase("v_subb_co_u32_e64 v32, s[20:21], v4, v5, vcc clamp\n s_mov_b64 vcc, s[20:21]",
                difference_in, limitedU32),
      carryCase("v_subbrev_co_u32_e64 v32, vcc, v4, v5, vcc clamp", reverse_in, limitedU32),
  };
  expectCases(cases, 2);
}

// v32, v33 and, by v_cndmask, the carry mask in v34.
InstructionCase wideCase(const std::string &code,
                         std::function<std::pair<u64, bool>(const Inputs &)> f) {
  return {"s_mov_b64 vcc, 0\n v_mov_b32_e32 v10, v6\n v_mov_b32_e32 v11, v7\n"
          "v_mov_b32_e32 v12, v4\n v_mov_b32_e32 v13, v5\n s_nop 7\n" +
              code + "\n s_nop 7\n v_cndmask_b32_e64 v34, 0, 1, vcc\n",
          [=](const Inputs &in, unsigned) {
            auto [d, carry] = f(in);
            return Outputs{static_cast<u32>(d), static_cast<u32>(d >> 32), carry ? 1u : 0u};
          }};
}

TEST(VectorInteger, SixtyFourBits) {
  auto pair = [](const Inputs &in, std::size_t n) { return in[n] | u64{in[n + 1]} << 32; };
  auto unsigned_sum = [=](const Inputs &in) {
    return static_cast<i128>(u64{in[0]} * in[1]) + static_cast<i128>(pair(in, 2));
  };
  auto signed_sum = [=](const Inputs &in) {
    return static_cast<i128>(i64{asSigned(in[0])} * asSigned(in[1])) +
           static_cast<i64>(pair(in, 2));
  };
  constexpr i128 kU64 = ~u64{0}, kMin = std::numeric_limits<i64>::min(),
                 kMax = std::numeric_limits<i64>::max();
  const std::vector<InstructionCase> cases = {
      wideCase("v_mad_u64_u32 v[32:33], vcc, v4, v5, v[10:11]",
               [=](const Inputs &in) {
                 i128 r = unsigned_sum(in);
                 return std::pair{static_cast<u64>(r), r > kU64};
               }),
      wideCase("v_mad_u64_u32 v[32:33], vcc, v4, v5, v[10:11] clamp",
               [=](const Inputs &in) {
                 i128 r = unsigned_sum(in);
                 return std::pair{static_cast<u64>(std::min(r, kU64)), r > kU64};
               }),
      wideCase("v_mad_u64_u32 v[32:33], vcc, v4, v5, -2",
               [=](const Inputs &in) {
                 u64 product = u64{in[0]} * in[1];
                 return std::pair{product - 2, product >= 2};
               }),
      wideCase("v_mad_i64_i32 v[32:33], vcc, v4, v5, v[10:11]",
               [=](const Inputs &in) {
                 i128 r = signed_sum(in);
                 return std::pair{static_cast<u64>(r), r < 0};
               }),
      wideCase("v_mad_i64_i32 v[32:33], vcc, v4, v5, v[10:11] clamp",
               [=](const Inputs &in) {
                 i128 r = signed_sum(in);
                 return std::pair{static_cast<u64>(std::clamp(r, kMin, kMax)), r < 0};
               }),
      wideCase("v_lshl_add_u64 v[32:33], v[12:13], v8, v[10:11]",
               [=](const Inputs &in) {
                 u32 n = in[4] & 7;
                 return std::pair{(pair(in, 0) << (n > 4 ? 0 : n)) + pair(in, 2), false};
               }),
      wideCase("v_lshl_add_u64 v[32:33], v[12:13], 3, 1.0",
               [=](const Inputs &in) {
                 return std::pair{(pair(in, 0) << 3) + 0x3ff0000000000000, false};
               }),
      wideCase("v_lshlrev_b64 v[32:33], v6, v[12:13]",
               [=](const Inputs &in) { return std::pair{pair(in, 0) << (in[2] & 63), false}; }),
      wideCase("v_lshrrev_b64 v[32:33], v6, v[12:13]",
               [=](const Inputs &in) { return std::pair{pair(in, 0) >> (in[2] & 63), false}; }),
      wideCase("v_ashrrev_i64 v[32:33], v6, v[12:13]",
               [=](const Inputs &in) {
                 return std::pair{static_cast<u64>(static_cast<i64>(pair(in, 0)) >> (in[2] & 63)),
                                  false};
               }),
      wideCase("v_ashrrev_i64 v[32:33], v6, -2.0",
               [=](const Inputs &in) {
                 return std::pair{
                     static_cast<u64>(static_cast<i64>(0xc000000000000000) >> (in[2] & 63)), false};
               }),
      wideCase("v_mov_b64_e32 v[32:33], v[12:13]",
               [=](const Inputs &in) { return std::pair{pair(in, 0), false}; }),
      wideCase("v_mov_b64_e32 v[32:33], 4.0",
               [=](const Inputs &) { return std::pair{u64{0x4010000000000000}, false}; }),
      wideCase("v_mov_b64_e32 v[32:33], -1",
               [=](const Inputs &) { return std::pair{~u64{0}, false}; }),
      wideCase("v_mov_b64_e32 v[32:33], 0x89abcdef",
               [=](const Inputs &) { return std::pair{u64{0x89abcdef}, false}; }),
      wideCase("s_mov_b32 s20, 3\n s_mov_b32 s21, 4\n v_mov_b64_e32 v[32:33], s[20:21]",
               [=](const Inputs &) { return std::pair{u64{0x400000003}, false}; }),
  };
  expectCases(cases, 3);
}

TEST(VectorInteger, OnlyActiveLanesAreWritten) {
  constexpr u64 kMask = 0xf00f0ff055aa0001;
  const std::vector<InstructionCase> cases = {
      inLanes(kMask,
              ofValues("v_add_u32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a + b; })),
      inLanes(kMask, ofValues("v_mul_lo_u32 v32, v4, v5", [](u32 a, u32 b, u32) { return a * b; })),
      inLanes(kMask, ofValuesAndOld("v_mad_u16 v32, v4, v5, v6",
                                    [](u32 a, u32 b, u32 c, u32 old) {
                                      return ((a * b + c) & 0xffff) | (old & 0xffff0000);
                                    })),
      inLanes(0, ofValues("v_add_u32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a + b; })),
  };
  expectCases(cases);
}

} // namespace
} // namespace gemmsmith::emulator
