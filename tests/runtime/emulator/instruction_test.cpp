// Single instructions over edge values, against what the manual's pseudocode gives.
#include "tests/runtime/emulator/harness.h"

#include <cmath>
#include <fmt/format.h>
#include <functional>

namespace gemmsmith::emulator {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

float asFloat(u32 v) {
  return std::bit_cast<float>(v);
}
u32 bits(float f) {
  return std::bit_cast<u32>(f);
}

const std::vector<u32> kEdges = {
    0,          1,          2,          31,         32,         0x7f,       0x80,       0xff,
    0x7fff,     0x8000,     0xffff,     0x10000,    0xffffff,   0x1000000,  0x3f800000, 0x3f808000,
    0x3f818000, 0x3f7fffff, 0xbf800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
    0x00000001, 0x807fffff, 0x00800000, 0x4f800000, 0xcf000000, 0x7fffffff, 0x80000000, 0xffffffff,
    0x40490fdb, 0xc2f6e979, 0x12345678, 0xdeadbeef};

// Runs `code`, which computes v8 from v4, v5, v6, over triples of edge values, 64 at a time.
void runTriples(const std::string &code, const std::function<u32(u32, u32, u32)> &expected,
                bool floats = false) {
  Harness h({.checks = Checks().without(Check::kHazards)});
  h.load(assemble(fmt::format(R"(
  s_load_dwordx4 s[4:7], s[0:1], 0x0
  v_mul_u32_u24_e32 v1, 12, v0
  v_lshlrev_b32_e32 v2, 2, v0
  s_mul_i32 s8, s2, 0x300
  s_lshl_b32 s9, s2, 8
  v_add_u32_e32 v1, s8, v1
  v_add_u32_e32 v2, s9, v2
  s_waitcnt lgkmcnt(0)
  global_load_dwordx3 v[4:6], v1, s[6:7]
  s_waitcnt vmcnt(0)
  {}
  global_store_dword v2, v8, s[4:5])",
                              code)));
  std::vector<u32> in;
  std::mt19937 random(11);
  for (u32 a : kEdges)
    for (u32 b : kEdges) {
      in.push_back(a);
      in.push_back(b);
      in.push_back(kEdges[random() % kEdges.size()]);
    }
  while (in.size() / 3 % 64) {
    for (int n = 0; n < 3; ++n)
      in.push_back(static_cast<u32>(random()));
  }
  std::size_t count = in.size() / 3;
  DevicePointer pin = h.upload(in), pout = h.empty(count * 4);
  ASSERT_EQ(h.launch("test", {static_cast<u32>(count / 64)}, {64}, pout, pin, 0u), "") << code;
  auto out = h.download<u32>(pout, count);
  for (std::size_t n = 0; n < count; ++n) {
    u32 want = expected(in[3 * n], in[3 * n + 1], in[3 * n + 2]);
    if (floats && asFloat(want) != asFloat(want))
      ASSERT_NE(asFloat(out[n]), asFloat(out[n]))
          << code << fmt::format(" of {:#x} {:#x} {:#x}", in[3 * n], in[3 * n + 1], in[3 * n + 2]);
    else
      ASSERT_EQ(out[n], want) << code
                              << fmt::format(" of {:#x} {:#x} {:#x}", in[3 * n], in[3 * n + 1],
                                             in[3 * n + 2]);
  }
}

struct Operation {
  const char *code;
  std::function<u32(u32, u32, u32)> expected;
  bool floats = false;
};

TEST(Vector, IntegerAndBitOperations) {
  const std::vector<Operation> operations = {
      {"v_add_u32_e32 v8, v4, v5", [](u32 a, u32 b, u32) { return a + b; }},
      {"v_sub_u32_e32 v8, v4, v5", [](u32 a, u32 b, u32) { return a - b; }},
      {"v_subrev_u32_e32 v8, v4, v5", [](u32 a, u32 b, u32) { return b - a; }},
      {"v_mul_lo_u32 v8, v4, v5", [](u32 a, u32 b, u32) { return a * b; }},
      {"v_mul_hi_u32 v8, v4, v5",
       [](u32 a, u32 b, u32) { return static_cast<u32>(u64{a} * b >> 32); }},
      {"v_mul_hi_i32 v8, v4, v5",
       [](u32 a, u32 b, u32) {
         return static_cast<u32>(i64{static_cast<i32>(a)} * static_cast<i32>(b) >> 32);
       }},
      {"v_mul_u32_u24_e32 v8, v4, v5",
       [](u32 a, u32 b, u32) { return (a & 0xffffff) * (b & 0xffffff); }},
      {"v_lshlrev_b32_e32 v8, v4, v5", [](u32 a, u32 b, u32) { return b << (a & 31); }},
      {"v_lshrrev_b32_e32 v8, v4, v5", [](u32 a, u32 b, u32) { return b >> (a & 31); }},
      {"v_ashrrev_i32_e32 v8, v4, v5",
       [](u32 a, u32 b, u32) { return static_cast<u32>(static_cast<i32>(b) >> (a & 31)); }},
      {"v_min_i32_e32 v8, v4, v5",
       [](u32 a, u32 b, u32) { return static_cast<u32>(std::min<i32>(i32(a), i32(b))); }},
      {"v_max_u32_e32 v8, v4, v5", [](u32 a, u32 b, u32) { return std::max(a, b); }},
      {"v_bfe_u32 v8, v4, v5, v6",
       [](u32 a, u32 b, u32 c) { return a >> (b & 31) & ((1u << (c & 31)) - 1); }},
      {"v_bfi_b32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }},
      {"v_lshl_or_b32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return a << (b & 31) | c; }},
      {"v_lshl_add_u32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a << (b & 31)) + c; }},
      {"v_add_lshl_u32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a + b) << (c & 31); }},
      {"v_and_or_b32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a & b) | c; }},
      {"v_or3_b32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return a | b | c; }},
      {"v_add3_u32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return a + b + c; }},
      {"v_xad_u32 v8, v4, v5, v6", [](u32 a, u32 b, u32 c) { return (a ^ b) + c; }},
      {"v_alignbit_b32 v8, v4, v5, v6",
       [](u32 a, u32 b, u32 c) { return static_cast<u32>((u64{a} << 32 | b) >> (c & 31)); }},
      {"s_mov_b32 s20, 0x05040100\n v_perm_b32 v8, v4, v5, s20",
       [](u32 a, u32 b, u32) { return (b & 0xffff) | a << 16; }},
      {"s_mov_b32 s20, 0x0c0d0703\n v_perm_b32 v8, v4, v5, s20",
       [](u32 a, u32 b, u32) { return 0x00ff0000 | (a >> 24) << 8 | b >> 24; }},
      {"v_bitop3_b32 v8, v4, v5, v6 bitop3:0x96", [](u32 a, u32 b, u32 c) { return a ^ b ^ c; }},
      {"v_bitop3_b32 v8, v4, v5, v6 bitop3:0xca",
       [](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }},
      {"v_mad_u64_u32 v[8:9], vcc, v4, v5, 7",
       [](u32 a, u32 b, u32) { return static_cast<u32>(u64{a} * b + 7); }},
      {"v_mad_u64_u32 v[10:11], vcc, v4, v5, 7\n v_mov_b32_e32 v8, v11",
       [](u32 a, u32 b, u32) { return static_cast<u32>((u64{a} * b + 7) >> 32); }},
      {"v_lshl_add_u64 v[10:11], v[4:5], 3, v[4:5]\n v_mov_b32_e32 v8, v11",
       [](u32 a, u32 b, u32) { return static_cast<u32>((u64{a} | u64{b} << 32) * 9 >> 32); }},
      {"v_add_co_u32_e32 v10, vcc, v4, v5\n v_addc_co_u32_e32 v8, vcc, v4, v6, vcc",
       [](u32 a, u32 b, u32 c) { return a + c + (a + b < a); }},
      {"v_sub_co_u32_e32 v10, vcc, v4, v5\n v_subb_co_u32_e32 v8, vcc, v4, v6, vcc",
       [](u32 a, u32 b, u32 c) { return a - c - (b > a); }},
      {"v_cmp_lt_i32_e32 vcc, v4, v5\n v_cndmask_b32_e32 v8, v5, v6, vcc",
       [](u32 a, u32 b, u32 c) { return i32(a) < i32(b) ? c : b; }},
      {"v_cmp_gt_u32_e64 s[20:21], v4, v5\n v_cndmask_b32_e64 v8, v5, v6, s[20:21]",
       [](u32 a, u32 b, u32 c) { return a > b ? c : b; }},
      {"v_ffbh_u32_e32 v8, v4",
       [](u32 a, u32, u32) { return a ? static_cast<u32>(std::countl_zero(a)) : ~0u; }},
      {"v_bcnt_u32_b32 v8, v4, v5",
       [](u32 a, u32 b, u32) { return static_cast<u32>(std::popcount(a)) + b; }},
      {"v_pk_add_u16 v8, v4, v5",
       [](u32 a, u32 b, u32) { return ((a + b) & 0xffff) | ((a >> 16) + (b >> 16)) << 16; }},
      {"v_pk_mul_lo_u16 v8, v4, v5 op_sel:[1,0] op_sel_hi:[0,1]",
       [](u32 a, u32 b, u32) {
         return ((a >> 16) * (b & 0xffff) & 0xffff) | (a & 0xffff) * (b >> 16) << 16;
       }},
      {"v_add_u32_sdwa v8, v4, v5 dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:WORD_1 "
       "src1_sel:BYTE_2",
       [](u32 a, u32 b, u32) { return (a >> 16) + (b >> 16 & 0xff); }},
      {"v_mov_b32_e32 v8, v6\n v_add_u16_sdwa v8, v4, v5 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE "
       "src0_sel:DWORD src1_sel:DWORD",
       [](u32 a, u32 b, u32 c) { return (c & 0xffff) | (a + b) << 16; }},
  };
  for (const Operation &o : operations)
    runTriples(o.code, o.expected);
}

TEST(Vector, FloatOperationsKeepDenormalsAndModifiers) {
  auto f = asFloat;
  auto minimum = [](float a, float b) { return a != a ? b : b != b ? a : std::fmin(a, b); };
  const std::vector<Operation> operations = {
      {"v_add_f32_e32 v8, v4, v5", [=](u32 a, u32 b, u32) { return bits(f(a) + f(b)); }, true},
      {"v_sub_f32_e32 v8, v4, v5", [=](u32 a, u32 b, u32) { return bits(f(a) - f(b)); }, true},
      {"v_mul_f32_e32 v8, v4, v5", [=](u32 a, u32 b, u32) { return bits(f(a) * f(b)); }, true},
      {"v_fma_f32 v8, v4, v5, v6",
       [=](u32 a, u32 b, u32 c) { return bits(std::fma(f(a), f(b), f(c))); }, true},
      {"v_fma_f32 v8, -v4, |v5|, -v6",
       [=](u32 a, u32 b, u32 c) { return bits(std::fma(-f(a), std::fabs(f(b)), -f(c))); }, true},
      {"v_mov_b32_e32 v8, v6\n v_fmac_f32_e32 v8, v4, v5",
       [=](u32 a, u32 b, u32 c) { return bits(std::fma(f(a), f(b), f(c))); }, true},
      {"v_add_f32_e64 v8, v4, v5 mul:2", [=](u32 a, u32 b, u32) { return bits((f(a) + f(b)) * 2); },
       true},
      {"v_add_f32_e64 v8, v4, 0 clamp",
       [=](u32 a, u32, u32) {
         float v = f(a) + 0.0f;
         return v != v ? 0u : v < 0 ? 0u : bits(std::min(v, 1.0f));
       }},
      {"v_cvt_u32_f32_e32 v8, v4",
       [=](u32 a, u32, u32) {
         float v = f(a);
         return v != v || v <= 0 ? 0u : v >= 4294967296.0f ? ~0u : static_cast<u32>(v);
       }},
      {"v_cvt_i32_f32_e32 v8, v4",
       [=](u32 a, u32, u32) {
         float v = f(a);
         return v != v                ? 0u
                : v >= 2147483648.0f  ? 0x7fffffffu
                : v <= -2147483648.0f ? 0x80000000u
                                      : static_cast<u32>(static_cast<i32>(v));
       }},
      {"v_cvt_f32_u32_e32 v8, v4", [](u32 a, u32, u32) { return bits(static_cast<float>(a)); }},
      {"v_rndne_f32_e32 v8, v4", [=](u32 a, u32, u32) { return bits(std::nearbyint(f(a))); }, true},
      {"v_min_f32_e32 v8, v4, v5",
       [=](u32 a, u32 b, u32) {
         if (f(a) == 0 && f(b) == 0)
           return (a | b) & 0x80000000;
         return bits(minimum(f(a), f(b)));
       },
       true},
      {"v_cmp_lt_f32_e32 vcc, v4, v5\n v_cndmask_b32_e32 v8, v5, v6, vcc",
       [=](u32 a, u32 b, u32 c) { return f(a) < f(b) ? c : b; }},
      {"v_cmp_nge_f32_e32 vcc, v4, v5\n v_cndmask_b32_e32 v8, v5, v6, vcc",
       [=](u32 a, u32 b, u32 c) { return !(f(a) >= f(b)) ? c : b; }},
      // bf16: nearest, ties to even; NaN stays NaN.
      {"v_cvt_pk_bf16_f32 v8, v4, v5",
       [=](u32 a, u32 b, u32) {
         auto one = [=](u32 v) {
           if (f(v) != f(v))
             return v >> 16 | 0x40;
           return (v + 0x7fff + (v >> 16 & 1)) >> 16;
         };
         return one(a) | one(b) << 16;
       }},
      {"v_mov_b32_e32 v10, v4\n v_mov_b32_e32 v11, v5\n v_pk_mul_f32 v[12:13], v[10:11], v[10:11] "
       "op_sel:[0,1] op_sel_hi:[1,0]\n v_mov_b32_e32 v8, v13",
       [=](u32 a, u32 b, u32) { return bits(f(b) * f(a)); }, true},
      {"v_dot2_f32_bf16 v8, v4, v5, 0",
       [=](u32 a, u32 b, u32) {
         float low = std::fma(f(a << 16), f(b << 16), 0.0f);
         return bits(std::fma(f(a & 0xffff0000), f(b & 0xffff0000), low));
       },
       true},
  };
  for (const Operation &o : operations)
    runTriples(o.code, o.expected, o.floats);
}

TEST(Scalar, ArithmeticOnUniformValues) {
  // Each wave computes with one triple; s8 is the result.
  struct ScalarOperation {
    const char *code;
    std::function<u32(u32, u32)> expected;
  };
  const std::vector<ScalarOperation> operations = {
      {"s_add_u32 s9, s4, s5\n s_addc_u32 s8, s4, s4",
       [](u32 a, u32 b) { return a + a + (a + b < a); }},
      {"s_sub_u32 s9, s4, s5\n s_subb_u32 s8, s5, s4",
       [](u32 a, u32 b) { return b - a - (b > a); }},
      {"s_mul_hi_u32 s8, s4, s5", [](u32 a, u32 b) { return static_cast<u32>(u64{a} * b >> 32); }},
      {"s_mul_i32 s8, s4, s5", [](u32 a, u32 b) { return a * b; }},
      {"s_lshl_b64 s[8:9], s[4:5], 7\n s_mov_b32 s8, s9",
       [](u32 a, u32 b) { return static_cast<u32>((u64{a} | u64{b} << 32) << 7 >> 32); }},
      {"s_bfm_b32 s8, s4, s5", [](u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }},
      {"s_bfe_u32 s8, s4, 0x70003", [](u32 a, u32) { return a >> 3 & 0x7f; }},
      {"s_bfe_i32 s8, s4, 0x70003",
       [](u32 a, u32) { return static_cast<u32>(static_cast<i32>(a << 22) >> 25); }},
      {"s_cmp_gt_i32 s4, s5\n s_cselect_b32 s8, s4, s5",
       [](u32 a, u32 b) { return i32(a) > i32(b) ? a : b; }},
      {"s_min_u32 s8, s4, s5", [](u32 a, u32 b) { return std::min(a, b); }},
      {"s_lshl3_add_u32 s8, s4, s5", [](u32 a, u32 b) { return (a << 3) + b; }},
      {"s_pack_lh_b32_b16 s8, s4, s5",
       [](u32 a, u32 b) { return (a & 0xffff) | (b & 0xffff0000); }},
      {"s_ff1_i32_b32 s8, s4",
       [](u32 a, u32) { return a ? static_cast<u32>(std::countr_zero(a)) : ~0u; }},
      {"s_sext_i32_i16 s8, s4",
       [](u32 a, u32) { return static_cast<u32>(i32{static_cast<std::int16_t>(a)}); }},
      {"s_cmpk_lt_i32 s4, 0xff80\n s_cselect_b32 s8, 1, 0",
       [](u32 a, u32) { return i32(a) < -128 ? 1u : 0u; }},
      {"s_andn2_b32 s8, s4, s5", [](u32 a, u32 b) { return a & ~b; }},
      {"s_getpc_b64 s[12:13]\n s_add_u32 s12, s12, 16\n s_addc_u32 s13, s13, 0\n "
       "s_setpc_b64 s[12:13]\n s_trap 2\n s_add_u32 s8, s4, s5",
       [](u32 a, u32 b) { return a + b; }},
  };
  for (const ScalarOperation &o : operations) {
    Harness h;
    h.load(assemble(fmt::format(R"(
  s_load_dwordx4 s[20:23], s[0:1], 0x0
  s_lshl_b32 s24, s2, 3
  v_mov_b32_e32 v1, 0
  s_waitcnt lgkmcnt(0)
  s_load_dwordx2 s[4:5], s[22:23], s24
  s_lshl_b32 s24, s2, 2
  s_add_u32 s20, s20, s24
  s_addc_u32 s21, s21, 0
  s_waitcnt lgkmcnt(0)
  {}
  v_mov_b32_e32 v2, s8
  s_mov_b64 exec, 1
  global_store_dword v1, v2, s[20:21])",
                                o.code)));
    std::vector<u32> in;
    for (u32 a : kEdges)
      for (u32 b : kEdges) {
        in.push_back(a);
        in.push_back(b);
      }
    DevicePointer pin = h.upload(in), pout = h.empty(in.size() * 2);
    ASSERT_EQ(h.launch("test", {static_cast<u32>(in.size() / 2)}, {64}, pout, pin, 0u), "")
        << o.code;
    auto out = h.download<u32>(pout, in.size() / 2);
    for (std::size_t n = 0; n < out.size(); ++n)
      ASSERT_EQ(out[n], o.expected(in[2 * n], in[2 * n + 1]))
          << o.code << fmt::format(" of {:#x} {:#x}", in[2 * n], in[2 * n + 1]);
  }
}

// Runs code that computes v8 of one wave from v0; returns the 64 results.
std::vector<u32> runWave(const std::string &code, int lds = 0) {
  Harness h({.checks = Checks().without(Check::kHazards)});
  h.load(assemble(fmt::format(R"(
  s_load_dwordx2 s[4:5], s[0:1], 0x0
  v_lshlrev_b32_e32 v2, 2, v0
  s_waitcnt lgkmcnt(0)
  {}
  s_mov_b64 exec, -1
  global_store_dword v2, v8, s[4:5])",
                              code),
                  {.lds_bytes = lds, .extra = {}}));
  DevicePointer pout = h.empty(256);
  EXPECT_EQ(h.launch("test", {1}, {64}, pout, DevicePointer{0}, 0u), "") << code;
  return h.download<u32>(pout, 64);
}

TEST(Lanes, PermutationsAndCounts) {
  struct LaneCase {
    const char *code;
    std::function<u32(u32)> expected;
    int lds = 0;
  };
  const std::vector<LaneCase> cases = {
      {"v_mbcnt_lo_u32_b32 v8, -1, 0\n v_mbcnt_hi_u32_b32 v8, -1, v8", [](u32 l) { return l; }},
      {"v_mov_b32_dpp v8, v0 quad_perm:[3,2,1,0] row_mask:0xf bank_mask:0xf",
       [](u32 l) { return l ^ 3; }},
      {"v_mov_b32_e32 v8, 99\n v_mov_b32_dpp v8, v0 row_shr:1 row_mask:0xf bank_mask:0xf",
       [](u32 l) { return l % 16 ? l - 1 : 99; }},
      {"v_mov_b32_dpp v8, v0 row_shl:4 row_mask:0xf bank_mask:0xf bound_ctrl:0",
       [](u32 l) { return l % 16 < 12 ? l + 4 : 0; }},
      {"v_mov_b32_dpp v8, v0 row_newbcast:5 row_mask:0xf bank_mask:0xf",
       [](u32 l) { return (l & ~15u) + 5; }},
      {"v_mov_b32_e32 v8, v0\n v_mov_b32_dpp v8, v0 row_bcast:15 row_mask:0xa bank_mask:0xf",
       [](u32 l) { return l / 16 % 2 ? (l & ~15u) - 1 : l; }},
      {"v_xor_b32_e32 v4, 0xfc, v2\n ds_bpermute_b32 v8, v4, v0\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return l ^ 63; }},
      {"v_xor_b32_e32 v4, 20, v2\n ds_permute_b32 v8, v4, v0\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return l ^ 5; }},
      {"ds_swizzle_b32 v8, v0 offset:swizzle(BITMASK_PERM, \"0p1pi\")\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return (l & ~31u) | (((l & 31 & 0b01011) | 0b00100) ^ 1); }},
      {"v_readlane_b32 s8, v0, 17\n v_mov_b32_e32 v8, v0\n v_writelane_b32 v8, s8, 3",
       [](u32 l) { return l == 3 ? 17 : l; }},
      {"s_mov_b32 exec_lo, 0xfffff000\n v_readfirstlane_b32 s8, v0\n s_mov_b64 exec, -1\n"
       "v_mov_b32_e32 v8, s8",
       [](u32) { return 12; }},
      {"v_mov_b32_e32 v8, v0\n v_add_u32_e32 v9, 0x64, v0\n v_permlane32_swap_b32 v8, v9",
       [](u32 l) { return l < 32 ? l : l - 32 + 100; }},
      {"v_mov_b32_e32 v8, v0\n v_add_u32_e32 v9, 0x64, v0\n v_permlane16_swap_b32 v8, v9",
       [](u32 l) { return l / 16 % 2 ? l - 16 + 100 : l; }},
      {"v_accvgpr_write_b32 a3, v0\n v_accvgpr_read_b32 v8, a3", [](u32 l) { return l; }},
      {"s_mov_b64 exec, 5\n v_mov_b32_e32 v8, 1\n s_not_b64 exec, exec\n v_mov_b32_e32 v8, 2",
       [](u32 l) { return l == 0 || l == 2 ? 1 : 2; }},
      // LDS: two addresses in one instruction, sub-dword accesses, atomics.
      {"v_add_u32_e32 v5, 7, v0\n ds_write2st64_b32 v2, v0, v5 offset1:1\n"
       "ds_read2st64_b32 v[6:7], v2 offset0:1\n s_waitcnt lgkmcnt(0)\n v_sub_u32_e32 v8, v6, v7",
       [](u32) { return 7; }, 512},
      {"v_add_u32_e32 v4, 0xf0, v0\n ds_write_b8 v0, v4\n ds_read_i8 v8, v0\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return static_cast<u32>(i32{static_cast<std::int8_t>(0xf0 + l)}); }, 64},
      {"v_mov_b32_e32 v4, 0\n ds_write_b32 v4, v4\n v_mov_b32_e32 v5, 2\n ds_add_rtn_u32 v8, v4, "
       "v5\n"
       "s_waitcnt lgkmcnt(0)",
       [](u32 l) { return 2 * l; }, 4},
      // Transposing read: rows of 16 halfwords, four lanes per row.
      {"v_lshlrev_b32_e32 v4, 3, v0\n v_lshlrev_b32_e32 v5, 2, v0\n v_add_u32_e32 v6, 1, v5\n"
       "v_lshl_or_b32 v10, v6, 16, v5\n v_add_u32_e32 v6, 2, v5\n v_add_u32_e32 v7, 3, v5\n"
       "v_lshl_or_b32 v11, v7, 16, v6\n ds_write_b64 v4, v[10:11]\n"
       "ds_read_b64_tr_b16 v[8:9], v4\n s_waitcnt lgkmcnt(0)",
       [](u32 l) {
         u32 first = l / 16 * 64 + l % 16; // element l % 16 of row 0, and of row 1
         return first | (first + 16) << 16;
       },
       512},
  };
  for (const LaneCase &c : cases) {
    auto out = runWave(c.code, c.lds);
    for (u32 l = 0; l < 64; ++l)
      ASSERT_EQ(out[l], c.expected(l)) << c.code << ", lane " << l;
  }
}

} // namespace
} // namespace gemmsmith::emulator
