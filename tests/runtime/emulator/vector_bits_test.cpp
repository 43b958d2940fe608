// Bitwise operations, shifts, bit fields, and operations on bytes (CDNA4 ISA 12.7, 12.8, 12.11).
#include "tests/runtime/emulator/instruction_cases.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

u32 fromBits(const std::function<bool(int)> &bit, int count = 32) {
  u32 r = 0;
  for (int n = 0; n < count; ++n)
    r |= u32{bit(n)} << n;
  return r;
}
bool bitOf(u32 v, int n) {
  return v >> n & 1;
}

TEST(VectorBits, LogicOfEachBit) {
  std::vector<InstructionCase> cases = {
      ofValues("v_and_b32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a & b; }),
      ofValues("v_or_b32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a | b; }),
      ofValues("v_xor_b32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return a ^ b; }),
      ofValues("v_xnor_b32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return ~(a ^ b); }),
      ofValues("v_not_b32_e32 v32, v4", [](u32 a, u32, u32) { return ~a; }),
      ofValues("v_and_or_b32 v32, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a & b) | c; }),
      ofValues("v_or3_b32 v32, v4, v5, v6", [](u32 a, u32 b, u32 c) { return a | b | c; }),
      ofValues("v_lshl_or_b32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return a << (b & 31) | c; }),
      ofValues("v_bfi_b32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) {
                 return fromBits([=](int n) { return bitOf(a, n) ? bitOf(b, n) : bitOf(c, n); });
               }),
  };
  for (u32 table : {0x00u, 0x01u, 0x14u, 0x41u, 0x96u, 0xcau, 0xeau, 0xfeu, 0xffu, 0x5bu}) {
    auto lookup = [table](u32 a, u32 b, u32 c, int count) {
      return fromBits(
          [=](int n) { return table >> (bitOf(a, n) * 4 + bitOf(b, n) * 2 + bitOf(c, n)) & 1; },
          count);
    };
    cases.push_back(ofValues(fmt::format("v_bitop3_b32 v32, v4, v5, v6 bitop3:{:#x}", table),
                             [=](u32 a, u32 b, u32 c) { return lookup(a, b, c, 32); }));
    cases.push_back(ofValues(fmt::format("v_bitop3_b16 v32, v4, v5, v6 bitop3:{:#x}", table),
                             [=](u32 a, u32 b, u32 c) { return lookup(a, b, c, 16); }));
    cases.push_back(ofValuesAndOld(
        fmt::format("v_bitop3_b16 v32, v4, v5, v6 bitop3:{:#x} op_sel:[0,1,1,1]", table),
        [=](u32 a, u32 b, u32 c, u32 old) {
          return lookup(a, b >> 16, c >> 16, 16) << 16 | (old & 0xffff);
        }));
  }
  expectCases(cases);
}

TEST(VectorBits, ShiftsFieldsAndCounts) {
  const std::vector<InstructionCase> cases = {
      ofValues("v_lshlrev_b32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return b << (a & 31); }),
      ofValues("v_lshrrev_b32_e32 v32, v4, v5", [](u32 a, u32 b, u32) { return b >> (a & 31); }),
      ofValues("v_ashrrev_i32_e32 v32, v4, v5",
               [](u32 a, u32 b, u32) { return static_cast<u32>(asSigned(b) >> (a & 31)); }),
      ofValues("v_lshlrev_b16_e32 v32, v4, v5",
               [](u32 a, u32 b, u32) { return b << (a & 15) & 0xffff; }),
      ofValues("v_lshrrev_b16_e32 v32, v4, v5",
               [](u32 a, u32 b, u32) { return (b & 0xffff) >> (a & 15); }),
      ofValues("v_ashrrev_i16_e32 v32, v4, v5",
               [](u32 a, u32 b, u32) {
                 return static_cast<u32>(signedField(b, 0, 16) >> (a & 15)) & 0xffff;
               }),
      ofValues(
          "v_alignbit_b32 v32, v4, v5, v6",
          [](u32 a, u32 b, u32 c) { return static_cast<u32>((u64{a} << 32 | b) >> (c & 31)); }),
      ofValues("v_bfe_u32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) {
                 return static_cast<u32>(unsignedField(a >> (b & 31), 0, c & 31));
               }),
      ofValues("v_bfe_i32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) {
                 i64 shifted = asSigned(a) >> (b & 31);
                 int width = c & 31;
                 return width ? static_cast<u32>(signedField(static_cast<u64>(shifted), 0, width))
                              : 0;
               }),
      ofValues("v_bfm_b32 v32, v4, v5",
               [](u32 a, u32 b, u32) {
                 int width = a & 31, offset = b & 31;
                 return fromBits([=](int n) { return n >= offset && n < offset + width; });
               }),
      ofValues("v_bfrev_b32_e32 v32, v4",
               [](u32 a, u32, u32) { return fromBits([=](int n) { return bitOf(a, 31 - n); }); }),
      ofValues("v_ffbh_u32_e32 v32, v4",
               [](u32 a, u32, u32) {
                 for (int n = 0; n < 32; ++n)
                   if (bitOf(a, 31 - n))
                     return static_cast<u32>(n);
                 return ~0u;
               }),
      ofValues("v_ffbl_b32_e32 v32, v4",
               [](u32 a, u32, u32) {
                 for (int n = 0; n < 32; ++n)
                   if (bitOf(a, n))
                     return static_cast<u32>(n);
                 return ~0u;
               }),
      ofValues("v_ffbh_i32_e32 v32, v4",
               [](u32 a, u32, u32) {
                 for (int n = 1; n < 32; ++n)
                   if (bitOf(a, 31 - n) != bitOf(a, 31))
                     return static_cast<u32>(n);
                 return ~0u;
               }),
      ofValues("v_bcnt_u32_b32 v32, v4, v5",
               [](u32 a, u32 b, u32) {
                 for (int n = 0; n < 32; ++n)
                   b += bitOf(a, n);
                 return b;
               }),
  };
  expectCases(cases);
}

u32 byteOf(u64 v, int n) {
  return v >> 8 * n & 0xff;
}
u32 fromBytes(const std::function<u32(int)> &byte) {
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}
i64 difference(i64 a, i64 b) {
  return a < b ? b - a : a - b;
}
i64 sad8(u32 a, u32 b, bool masked = false) {
  i64 sum = 0;
  for (int n = 0; n < 4; ++n)
    if (!masked || byteOf(b, n))
      sum += difference(byteOf(a, n), byteOf(b, n));
  return sum;
}
u32 limitedU32(i64 v) {
  return static_cast<u32>(limited(v, 0, 0xffffffff));
}

u32 permuted(u32 high, u32 low, u32 selector) {
  return fromBytes([=](int n) {
    u64 data = u64{high} << 32 | low;
    u32 s = byteOf(selector, n);
    switch (s) {
    case 8:
      return byteOf(data, 1) & 0x80 ? 0xffu : 0;
    case 9:
      return byteOf(data, 3) & 0x80 ? 0xffu : 0;
    case 10:
      return byteOf(data, 5) & 0x80 ? 0xffu : 0;
    case 11:
      return byteOf(data, 7) & 0x80 ? 0xffu : 0;
    case 12:
      return 0u;
    default:
      return s >= 13 ? 0xffu : byteOf(data, static_cast<int>(s));
    }
  });
}

TEST(VectorBytes, PermutationsAveragesAndDifferences) {
  const std::vector<InstructionCase> cases = {
      ofValues("v_and_b32_e32 v10, 0x0f0f0f0f, v6\n v_perm_b32 v32, v4, v5, v10",
               [](u32 a, u32 b, u32 c) { return permuted(a, b, c & 0x0f0f0f0f); }),
      ofValues("v_perm_b32 v32, v4, v5, v6", permuted),
      ofValues("s_mov_b32 s20, 0x0c0d0703\n v_perm_b32 v32, v4, v5, s20",
               [](u32 a, u32 b, u32) { return 0x00ff0000 | (a >> 24) << 8 | b >> 24; }),
      ofValues(
          "v_alignbyte_b32 v32, v4, v5, v6",
          [](u32 a, u32 b, u32 c) { return static_cast<u32>((u64{a} << 32 | b) >> 8 * (c & 3)); }),
      ofValues("v_lerp_u8 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) {
                 return fromBytes(
                     [=](int n) { return (byteOf(a, n) + byteOf(b, n) + (byteOf(c, n) & 1)) / 2; });
               }),
      ofValues("v_sad_u8 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return static_cast<u32>(sad8(a, b)) + c; }),
      ofValues("v_sad_u8 v32, v4, v5, v6 clamp",
               [](u32 a, u32 b, u32 c) { return limitedU32(sad8(a, b) + c); }),
      ofValues("v_sad_hi_u8 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return (static_cast<u32>(sad8(a, b)) << 16) + c; }),
      ofValues("v_sad_hi_u8 v32, v4, v5, v6 clamp",
               [](u32 a, u32 b, u32 c) { return limitedU32((sad8(a, b) << 16) + c); }),
      ofValues("v_sad_u16 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) {
                 i64 sum = difference(a & 0xffff, b & 0xffff) + difference(a >> 16, b >> 16);
                 return static_cast<u32>(sum + c);
               }),
      ofValues("v_sad_u32 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return static_cast<u32>(difference(a, b) + c); }),
      ofValues("v_sad_u32 v32, v4, v5, v6 clamp",
               [](u32 a, u32 b, u32 c) { return limitedU32(difference(a, b) + c); }),
      ofValues("v_msad_u8 v32, v4, v5, v6",
               [](u32 a, u32 b, u32 c) { return static_cast<u32>(sad8(a, b, true)) + c; }),
      ofValues("v_msad_u8 v32, v4, v5, v6 clamp",
               [](u32 a, u32 b, u32 c) { return limitedU32(sad8(a, b, true) + c); }),
      ofValues("v_sat_pk_u8_i16_e32 v32, v4",
               [](u32 a, u32, u32) {
                 return static_cast<u32>(limited(signedField(a, 0, 16), 0, 255) |
                                         limited(signedField(a, 16, 16), 0, 255) << 8);
               }),
      ofValuesAndOld("v_ashr_pk_i8_i32 v32, v4, v5, v6",
                     [](u32 a, u32 b, u32 c, u32 old) {
                       auto one = [=](u32 v) {
                         return static_cast<u32>(limited(asSigned(v) >> (c & 31), -128, 127)) &
                                0xff;
                       };
                       return (old & 0xffff0000) | one(a) | one(b) << 8;
                     }),
      ofValuesAndOld("v_ashr_pk_u8_i32 v32, v4, v5, v6 op_sel:[0,0,0,1]",
                     [](u32 a, u32 b, u32 c, u32 old) {
                       auto one = [=](u32 v) {
                         return static_cast<u32>(limited(asSigned(v) >> (c & 31), 0, 255));
                       };
                       return (old & 0xffff) | one(a) << 16 | one(b) << 24;
                     }),
  };
  expectCases(cases);
}

// Four sums of S0's bytes n to n + 3 against S1, with S2's n-th part of `width` bits.
InstructionCase quadCase(const std::string &name, bool masked, int width, bool clamp) {
  std::string code;
  for (int n = 0; n < 8; ++n)
    code += fmt::format("v_mov_b32_e32 v{}, v{}\n", 12 + n, 4 + n);
  code +=
      "s_nop 7\n" + name +
      (width == 16 ? " v[32:33], v[12:13], v14, v[16:17]" : " v[32:35], v[12:13], v14, v[16:19]") +
      (clamp ? " clamp" : "") + "\n s_nop 7\n";
  if (width == 16)
    code += "v_mov_b32_e32 v34, 0\n v_mov_b32_e32 v35, 0\n";
  return {code, [=](const Inputs &in, unsigned) {
            Outputs out{};
            i64 top = (i64{1} << width) - 1;
            u64 data = in[0] | u64{in[1]} << 32;
            for (int n = 0; n < 4; ++n) {
              std::size_t at = static_cast<std::size_t>(n * width / 32);
              int shift = n * width % 32;
              i64 sum = sad8(static_cast<u32>(data >> 8 * n), in[2], masked) +
                        unsignedField(in[4 + at], shift, width);
              out[at] |= static_cast<u32>((clamp ? limited(sum, 0, top) : sum) & top) << shift;
            }
            return out;
          }};
}

TEST(VectorBytes, FourSumsOfDifferencesAtOnce) {
  const std::vector<InstructionCase> cases = {
      quadCase("v_qsad_pk_u16_u8", false, 16, false), quadCase("v_qsad_pk_u16_u8", false, 16, true),
      quadCase("v_mqsad_pk_u16_u8", true, 16, false), quadCase("v_mqsad_pk_u16_u8", true, 16, true),
      quadCase("v_mqsad_u32_u8", true, 32, false),    quadCase("v_mqsad_u32_u8", true, 32, true),
  };
  expectCases(cases, 4);
}

} // namespace
} // namespace gemmsmith::emulator
