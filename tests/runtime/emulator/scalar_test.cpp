// Scalar arithmetic, bit and comparison instructions, with SCC (CDNA4 ISA 12.1-12.4).
#include "tests/runtime/emulator/instruction_cases.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gemmsmith::emulator {
namespace {

__extension__ typedef __int128 i128;
using State = ScalarCaseState;

u32 low(u64 v) {
  return static_cast<u32>(v);
}
i64 s32(u64 v) {
  return asSigned(static_cast<u32>(v));
}
// The 32-bit destination is s28; s29 keeps what it has.
void set32(State &s, u64 v) {
  s.d = (s.d & ~u64{0xffffffff}) | low(v);
}
// A 32-bit result that sets SCC if it is not zero, and one that leaves SCC alone.
std::function<void(State &)> nonZero32(std::function<u64(u64, u64)> f) {
  return [=](State &s) {
    set32(s, f(s.a, s.b));
    s.scc = low(s.d) != 0;
  };
}
std::function<void(State &)> keep32(std::function<u64(u64, u64)> f) {
  return [=](State &s) { set32(s, f(s.a, s.b)); };
}
std::function<void(State &)> nonZero64(std::function<u64(u64, u64)> f) {
  return [=](State &s) {
    s.d = f(s.a, s.b);
    s.scc = s.d != 0;
  };
}
std::function<void(State &)> keep64(std::function<u64(u64, u64)> f) {
  return [=](State &s) { s.d = f(s.a, s.b); };
}
std::function<void(State &)> compare(std::function<bool(u64, u64)> f) {
  return [=](State &s) { s.scc = f(s.a, s.b); };
}

void expectScalar(const std::vector<std::pair<std::string, std::function<void(State &)>>> &list) {
  std::vector<InstructionCase> cases;
  for (const auto &[code, f] : list)
    cases.push_back(scalarCase(code, f));
  expectCases(cases, 3);
}

TEST(Scalar, SumsAndProducts) {
  auto carry = [](std::function<i64(i64, i64, bool)> f) {
    return [=](State &s) {
      i64 r = f(low(s.a), low(s.b), s.scc);
      set32(s, static_cast<u64>(r));
      s.scc = r < 0 || r > 0xffffffff;
    };
  };
  auto overflow = [](std::function<i64(i64, i64)> f) {
    return [=](State &s) {
      i64 r = f(s32(s.a), s32(s.b));
      set32(s, static_cast<u64>(r));
      s.scc = r != s32(static_cast<u64>(r));
    };
  };
  expectScalar({
      {"s_add_u32 s28, s24, s26", carry([](i64 a, i64 b, bool) { return a + b; })},
      {"s_sub_u32 s28, s24, s26", carry([](i64 a, i64 b, bool) { return a - b; })},
      {"s_addc_u32 s28, s24, s26", carry([](i64 a, i64 b, bool c) { return a + b + c; })},
      {"s_subb_u32 s28, s24, s26", carry([](i64 a, i64 b, bool c) { return a - b - c; })},
      {"s_add_i32 s28, s24, s26", overflow([](i64 a, i64 b) { return a + b; })},
      {"s_sub_i32 s28, s24, s26", overflow([](i64 a, i64 b) { return a - b; })},
      {"s_lshl1_add_u32 s28, s24, s26", carry([](i64 a, i64 b, bool) { return 2 * a + b; })},
      {"s_lshl2_add_u32 s28, s24, s26", carry([](i64 a, i64 b, bool) { return 4 * a + b; })},
      {"s_lshl3_add_u32 s28, s24, s26", carry([](i64 a, i64 b, bool) { return 8 * a + b; })},
      {"s_lshl4_add_u32 s28, s24, s26", carry([](i64 a, i64 b, bool) { return 16 * a + b; })},
      {"s_mul_i32 s28, s24, s26", keep32([](u64 a, u64 b) { return low(a) * low(b); })},
      {"s_mul_hi_u32 s28, s24, s26",
       keep32([](u64 a, u64 b) { return u64{low(a)} * low(b) >> 32; })},
      {"s_mul_hi_i32 s28, s24, s26",
       keep32([](u64 a, u64 b) { return static_cast<u64>(s32(a) * s32(b) >> 32); })},
      {"s_absdiff_i32 s28, s24, s26", nonZero32([](u64 a, u64 b) {
         i64 d = s32(low(a) - low(b));
         return static_cast<u64>(d < 0 ? -d : d);
       })},
      {"s_abs_i32 s28, s24",
       nonZero32([](u64 a, u64) { return static_cast<u64>(s32(a) < 0 ? -s32(a) : s32(a)); })},
      {"s_addk_i32 s28, 0x7fff",
       [](State &s) {
         i64 r = s32(s.d) + 0x7fff;
         set32(s, static_cast<u64>(r));
         s.scc = r != s32(static_cast<u64>(r));
       }},
      {"s_addk_i32 s28, 0x8000",
       [](State &s) {
         i64 r = s32(s.d) - 0x8000;
         set32(s, static_cast<u64>(r));
         s.scc = r != s32(static_cast<u64>(r));
       }},
      {"s_mulk_i32 s28, 0xfffd", [](State &s) { set32(s, low(s.d) * static_cast<u32>(-3)); }},
      // operands of other kinds
      {"s_add_u32 s28, s24, 0x89abcdef", carry([](i64 a, i64, bool) { return a + 0x89abcdef; })},
      {"s_add_i32 s28, -16, s26", overflow([](i64, i64 b) { return b - 16; })},
      {"s_sub_u32 s28, 64, s26", carry([](i64, i64 b, bool) { return 64 - b; })},
      {"s_add_u32 s28, s24, 0.5", carry([](i64 a, i64, bool) { return a + 0x3f000000; })},
      {"s_mov_b32 m0, 3\n s_add_u32 s28, m0, s26", carry([](i64, i64 b, bool) { return b + 3; })},
      {"s_add_u32 s28, s24, exec_lo", carry([](i64 a, i64, bool) { return a + 0xffffffff; })},
      {"s_mov_b32 vcc_hi, 6\n s_sub_u32 s28, s24, vcc_hi",
       carry([](i64 a, i64, bool) { return a - 6; })},
  });
}

TEST(Scalar, MinimaAndMaximaSayWhichInSCC) {
  auto pick = [](std::function<bool(u64, u64)> first) {
    return [=](State &s) {
      s.scc = first(s.a, s.b);
      set32(s, s.scc ? s.a : s.b);
    };
  };
  expectScalar({
      {"s_min_i32 s28, s24, s26", pick([](u64 a, u64 b) { return s32(a) < s32(b); })},
      {"s_max_i32 s28, s24, s26", pick([](u64 a, u64 b) { return s32(a) >= s32(b); })},
      {"s_min_u32 s28, s24, s26", pick([](u64 a, u64 b) { return low(a) < low(b); })},
      {"s_max_u32 s28, s24, s26", pick([](u64 a, u64 b) { return low(a) >= low(b); })},
  });
}

TEST(Scalar, LogicOfBothWidths) {
  std::vector<std::pair<std::string, std::function<void(State &)>>> list;
  struct Operation {
    const char *name;
    std::function<u64(u64, u64)> f;
  };
  std::vector<Operation> operations = {
      {"and", [](u64 a, u64 b) { return a & b; }},
      {"or", [](u64 a, u64 b) { return a | b; }},
      {"xor", [](u64 a, u64 b) { return a ^ b; }},
      {"andn2", [](u64 a, u64 b) { return a & ~b; }},
      {"orn2", [](u64 a, u64 b) { return a | ~b; }},
      {"nand", [](u64 a, u64 b) { return ~(a & b); }},
      {"nor", [](u64 a, u64 b) { return ~(a | b); }},
      {"xnor", [](u64 a, u64 b) { return ~(a ^ b); }},
  };
  for (const Operation &o : operations) {
    list.push_back({fmt::format("s_{}_b32 s28, s24, s26", o.name), nonZero32(o.f)});
    list.push_back({fmt::format("s_{}_b64 s[28:29], s[24:25], s[26:27]", o.name), nonZero64(o.f)});
  }
  // EXEC as the second operand and the result; the old mask goes to the destination.
  operations.push_back({"andn1", [](u64 a, u64 b) { return ~a & b; }});
  operations.push_back({"orn1", [](u64 a, u64 b) { return ~a | b; }});
  for (const Operation &o : operations)
    list.push_back({fmt::format("s_mov_b64 exec, s[26:27]\n s_{}_saveexec_b64 s[28:29], s[24:25]\n"
                                "s_cselect_b32 s30, 1, 0\n s_mov_b64 s[26:27], exec\n"
                                "s_mov_b64 exec, -1\n s_xor_b64 s[28:29], s[28:29], s[26:27]\n"
                                "s_cmp_lg_u32 s30, 0",
                                o.name),
                    [f = o.f](State &s) {
                      u64 next = f(s.a, s.b);
                      s.d = s.b ^ next;
                      s.scc = next != 0;
                    }});
  // The new mask goes there.
  for (auto [name, f] : {Operation{"andn1", [](u64 a, u64 b) { return ~a & b; }},
                         Operation{"andn2", [](u64 a, u64 b) { return a & ~b; }}})
    list.push_back({fmt::format("s_mov_b64 exec, s[26:27]\n s_{}_wrexec_b64 s[28:29], s[24:25]\n"
                                "s_cselect_b32 s30, 1, 0\n s_mov_b64 s[26:27], exec\n"
                                "s_mov_b64 exec, -1\n s_cmp_eq_u64 s[28:29], s[26:27]\n"
                                "s_cselect_b64 s[28:29], s[28:29], 0\n s_cmp_lg_u32 s30, 0",
                                name),
                    [f = f](State &s) {
                      s.d = f(s.a, s.b);
                      s.scc = s.d != 0;
                    }});
  list.push_back({"s_not_b32 s28, s24", nonZero32([](u64 a, u64) { return ~a; })});
  list.push_back({"s_not_b64 s[28:29], s[24:25]", nonZero64([](u64 a, u64) { return ~a; })});
  expectScalar(list);
}

TEST(Scalar, MovesAndSelections) {
  auto select = [](State &s, u64 a, u64 b) { return s.scc ? a : b; };
  expectScalar({
      {"s_mov_b32 s28, s24", keep32([](u64 a, u64) { return a; })},
      {"s_mov_b64 s[28:29], s[24:25]", keep64([](u64 a, u64) { return a; })},
      {"s_mov_b64 s[28:29], -7", keep64([](u64, u64) { return static_cast<u64>(-7); })},
      {"s_mov_b64 s[28:29], 1.0", keep64([](u64, u64) { return u64{0x3ff0000000000000}; })},
      {"s_mov_b64 s[28:29], 0x1234567", keep64([](u64, u64) { return u64{0x1234567}; })},
      {"s_mov_b32 s28, -4.0", keep32([](u64, u64) { return u64{0xc0800000}; })},
      {"s_movk_i32 s28, 0x8001", keep32([](u64, u64) { return u64{0xffff8001}; })},
      {"s_cmov_b32 s28, s24", [=](State &s) { set32(s, select(s, s.a, s.d)); }},
      {"s_cmov_b64 s[28:29], s[24:25]", [=](State &s) { s.d = select(s, s.a, s.d); }},
      {"s_cmovk_i32 s28, 0xfff0", [=](State &s) { set32(s, select(s, 0xfffffff0, s.d)); }},
      {"s_cselect_b32 s28, s24, s26", [=](State &s) { set32(s, select(s, s.a, s.b)); }},
      {"s_cselect_b64 s[28:29], s[24:25], s[26:27]", [=](State &s) { s.d = select(s, s.a, s.b); }},
      {"s_mov_b32 m0, 4\n s_nop 1\n s_movrels_b32 s28, s20", keep32([](u64 a, u64) { return a; })},
      {"s_mov_b32 m0, 6\n s_nop 1\n s_movrels_b64 s[28:29], s[20:21]",
       keep64([](u64, u64 b) { return b; })},
      {"s_mov_b32 m0, 8\n s_nop 1\n s_movreld_b32 s20, s25",
       keep32([](u64 a, u64) { return a >> 32; })},
      {"s_mov_b32 m0, 28\n s_nop 1\n s_movreld_b64 s[0:1], s[24:25]",
       keep64([](u64 a, u64) { return a; })},
      {"s_pack_ll_b32_b16 s28, s24, s26",
       keep32([](u64 a, u64 b) { return (a & 0xffff) | (b & 0xffff) << 16; })},
      {"s_pack_lh_b32_b16 s28, s24, s26",
       keep32([](u64 a, u64 b) { return (a & 0xffff) | (b & 0xffff0000); })},
      {"s_pack_hh_b32_b16 s28, s24, s26",
       keep32([](u64 a, u64 b) { return (a >> 16 & 0xffff) | (b & 0xffff0000); })},
  });
}

u64 bitsWhere(int count, const std::function<bool(int)> &bit) {
  u64 r = 0;
  for (int n = 0; n < count; ++n)
    r |= u64{bit(n)} << n;
  return r;
}
bool bitOf(u64 v, int n) {
  return v >> n & 1;
}

TEST(Scalar, ShiftsAndFields) {
  auto mask = [](int width, int offset, int bits) {
    return bitsWhere(bits, [=](int n) { return n >= offset && n < offset + width; });
  };
  // width bits from offset on, as an infinite shift right of the value sees them
  auto field = [](i128 v, u64 b, int offset_bits, bool is_signed) {
    int offset = static_cast<int>(b & ((1u << offset_bits) - 1)), width = b >> 16 & 127;
    u64 r = 0;
    int limit = 1 << offset_bits;
    for (int n = 0; n < std::min(width, limit); ++n)
      r |= static_cast<u64>(v >> std::min(offset + n, 126) & 1) << n;
    if (is_signed && width > 0 && width < 64 && width < limit && (r >> (width - 1) & 1))
      r |= ~u64{0} << width;
    return r;
  };
  expectScalar({
      {"s_lshl_b32 s28, s24, s26", nonZero32([](u64 a, u64 b) { return a << (b & 31); })},
      {"s_lshl_b64 s[28:29], s[24:25], s26", nonZero64([](u64 a, u64 b) { return a << (b & 63); })},
      {"s_lshr_b32 s28, s24, s26", nonZero32([](u64 a, u64 b) { return low(a) >> (b & 31); })},
      {"s_lshr_b64 s[28:29], s[24:25], s26", nonZero64([](u64 a, u64 b) { return a >> (b & 63); })},
      {"s_ashr_i32 s28, s24, s26",
       nonZero32([](u64 a, u64 b) { return static_cast<u64>(s32(a) >> (b & 31)); })},
      {"s_ashr_i64 s[28:29], s[24:25], s26",
       nonZero64([](u64 a, u64 b) { return static_cast<u64>(static_cast<i64>(a) >> (b & 63)); })},
      {"s_bfm_b32 s28, s24, s26", keep32([=](u64 a, u64 b) { return mask(a & 31, b & 31, 32); })},
      {"s_bfm_b64 s[28:29], s24, s26",
       keep64([=](u64 a, u64 b) { return mask(a & 63, b & 63, 64); })},
      {"s_bfe_u32 s28, s24, s26",
       nonZero32([=](u64 a, u64 b) { return field(low(a), b, 5, false); })},
      {"s_bfe_i32 s28, s24, s26",
       nonZero32([=](u64 a, u64 b) { return field(s32(a), b, 5, true); })},
      {"s_bfe_i32 s28, s24, 0x8001c", // the field reaches past the sign
       nonZero32([=](u64 a, u64) { return static_cast<u64>(s32(a) >> 28); })},
      {"s_bfe_u64 s[28:29], s[24:25], s26",
       nonZero64([=](u64 a, u64 b) { return field(static_cast<i128>(a), b, 6, false); })},
      {"s_bfe_i64 s[28:29], s[24:25], s26",
       nonZero64([=](u64 a, u64 b) { return field(static_cast<i64>(a), b, 6, true); })},
      {"s_sext_i32_i8 s28, s24",
       keep32([](u64 a, u64) { return static_cast<u64>(signedField(a, 0, 8)); })},
      {"s_sext_i32_i16 s28, s24",
       keep32([](u64 a, u64) { return static_cast<u64>(signedField(a, 0, 16)); })},
      {"s_brev_b32 s28, s24",
       keep32([](u64 a, u64) { return bitsWhere(32, [=](int n) { return bitOf(a, 31 - n); }); })},
      {"s_brev_b64 s[28:29], s[24:25]",
       keep64([](u64 a, u64) { return bitsWhere(64, [=](int n) { return bitOf(a, 63 - n); }); })},
      {"s_bitset0_b32 s28, s24", [](State &s) { set32(s, s.d & ~(u64{1} << (s.a & 31))); }},
      {"s_bitset1_b32 s28, s24", [](State &s) { set32(s, s.d | u64{1} << (s.a & 31)); }},
      {"s_bitset0_b64 s[28:29], s24", [](State &s) { s.d &= ~(u64{1} << (s.a & 63)); }},
      {"s_bitset1_b64 s[28:29], s24", [](State &s) { s.d |= u64{1} << (s.a & 63); }},
      {"s_bitreplicate_b64_b32 s[28:29], s24",
       keep64([](u64 a, u64) { return bitsWhere(64, [=](int n) { return bitOf(a, n / 2); }); })},
      {"s_quadmask_b32 s28, s24", nonZero32([](u64 a, u64) {
         return bitsWhere(8, [=](int n) { return (a >> 4 * n & 15) != 0; });
       })},
      {"s_quadmask_b64 s[28:29], s[24:25]", nonZero64([](u64 a, u64) {
         return bitsWhere(16, [=](int n) { return (a >> 4 * n & 15) != 0; });
       })},
      {"s_wqm_b32 s28, s24", nonZero32([](u64 a, u64) {
         return bitsWhere(32, [=](int n) { return (a >> (n & ~3) & 15) != 0; });
       })},
      {"s_wqm_b64 s[28:29], s[24:25]", nonZero64([](u64 a, u64) {
         return bitsWhere(64, [=](int n) { return (a >> (n & ~3) & 15) != 0; });
       })},
  });
}

TEST(Scalar, CountsOfBits) {
  auto count = [](u64 v, int bits, bool of) {
    u64 n = 0;
    for (int k = 0; k < bits; ++k)
      n += bitOf(v, k) == of;
    return n;
  };
  auto firstWhere = [](int bits, const std::function<bool(int)> &found) {
    for (int n = 0; n < bits; ++n)
      if (found(n))
        return static_cast<u64>(n);
    return ~u64{0};
  };
  expectScalar({
      {"s_bcnt0_i32_b32 s28, s24", nonZero32([=](u64 a, u64) { return count(a, 32, false); })},
      {"s_bcnt1_i32_b32 s28, s24", nonZero32([=](u64 a, u64) { return count(a, 32, true); })},
      {"s_bcnt0_i32_b64 s28, s[24:25]", nonZero32([=](u64 a, u64) { return count(a, 64, false); })},
      {"s_bcnt1_i32_b64 s28, s[24:25]", nonZero32([=](u64 a, u64) { return count(a, 64, true); })},
      {"s_ff0_i32_b32 s28, s24",
       keep32([=](u64 a, u64) { return firstWhere(32, [=](int n) { return !bitOf(a, n); }); })},
      {"s_ff0_i32_b64 s28, s[24:25]",
       keep32([=](u64 a, u64) { return firstWhere(64, [=](int n) { return !bitOf(a, n); }); })},
      {"s_ff1_i32_b32 s28, s24",
       keep32([=](u64 a, u64) { return firstWhere(32, [=](int n) { return bitOf(a, n); }); })},
      {"s_ff1_i32_b64 s28, s[24:25]",
       keep32([=](u64 a, u64) { return firstWhere(64, [=](int n) { return bitOf(a, n); }); })},
      {"s_flbit_i32_b32 s28, s24",
       keep32([=](u64 a, u64) { return firstWhere(32, [=](int n) { return bitOf(a, 31 - n); }); })},
      {"s_flbit_i32_b64 s28, s[24:25]",
       keep32([=](u64 a, u64) { return firstWhere(64, [=](int n) { return bitOf(a, 63 - n); }); })},
      {"s_flbit_i32 s28, s24", keep32([=](u64 a, u64) {
         return firstWhere(32, [=](int n) { return bitOf(a, 31 - n) != bitOf(a, 31); });
       })},
      {"s_flbit_i32_i64 s28, s[24:25]", keep32([=](u64 a, u64) {
         return firstWhere(64, [=](int n) { return bitOf(a, 63 - n) != bitOf(a, 63); });
       })},
  });
}

TEST(Scalar, Comparisons) {
  std::vector<std::pair<std::string, std::function<void(State &)>>> list;
  struct Relation {
    const char *name;
    std::function<bool(i64, i64)> f;
  };
  for (const Relation &r : {Relation{"eq", [](i64 a, i64 b) { return a == b; }},
                            Relation{"lg", [](i64 a, i64 b) { return a != b; }},
                            Relation{"gt", [](i64 a, i64 b) { return a > b; }},
                            Relation{"ge", [](i64 a, i64 b) { return a >= b; }},
                            Relation{"lt", [](i64 a, i64 b) { return a < b; }},
                            Relation{"le", [](i64 a, i64 b) { return a <= b; }}}) {
    list.push_back({fmt::format("s_cmp_{}_i32 s24, s26", r.name),
                    compare([=](u64 a, u64 b) { return r.f(s32(a), s32(b)); })});
    list.push_back({fmt::format("s_cmp_{}_u32 s24, s26", r.name),
                    compare([=](u64 a, u64 b) { return r.f(low(a), low(b)); })});
    list.push_back({fmt::format("s_cmpk_{}_i32 s24, 0x8000", r.name),
                    compare([=](u64 a, u64) { return r.f(s32(a), -0x8000); })});
    list.push_back({fmt::format("s_cmpk_{}_u32 s24, 0x8000", r.name),
                    compare([=](u64 a, u64) { return r.f(low(a), 0x8000); })});
  }
  list.push_back({"s_cmp_eq_u64 s[24:25], s[26:27]", compare([](u64 a, u64 b) { return a == b; })});
  list.push_back({"s_cmp_lg_u64 s[24:25], s[26:27]", compare([](u64 a, u64 b) { return a != b; })});
  list.push_back(
      {"s_bitcmp0_b32 s24, s26", compare([](u64 a, u64 b) { return !bitOf(a, b & 31); })});
  list.push_back(
      {"s_bitcmp1_b32 s24, s26", compare([](u64 a, u64 b) { return bitOf(a, b & 31); })});
  list.push_back(
      {"s_bitcmp0_b64 s[24:25], s26", compare([](u64 a, u64 b) { return !bitOf(a, b & 63); })});
  list.push_back(
      {"s_bitcmp1_b64 s[24:25], s26", compare([](u64 a, u64 b) { return bitOf(a, b & 63); })});
  expectScalar(list);
}

} // namespace
} // namespace gemmsmith::emulator
