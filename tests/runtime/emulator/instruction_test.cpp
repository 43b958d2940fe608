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
  Harness h;
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
  };
  for (const Operation &o : operations)
    runTriples(o.code, o.expected, o.floats);
}

// Runs code that computes v8 of one wave from v0; returns the 64 results.
std::vector<u32> runWave(const std::string &code, int lds = 0) {
  Harness h;
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

TEST(Lds, PermutationsAndSmallAccesses) {
  struct LaneCase {
    const char *code;
    std::function<u32(u32)> expected;
    int lds = 0;
  };
  const std::vector<LaneCase> cases = {
      {"v_xor_b32_e32 v4, 0xfc, v2\n ds_bpermute_b32 v8, v4, v0\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return l ^ 63; }},
      {"v_xor_b32_e32 v4, 20, v2\n ds_permute_b32 v8, v4, v0\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return l ^ 5; }},
      {"ds_swizzle_b32 v8, v0 offset:swizzle(BITMASK_PERM, \"0p1pi\")\n s_waitcnt lgkmcnt(0)",
       [](u32 l) { return (l & ~31u) | (((l & 31 & 0b01011) | 0b00100) ^ 1); }},
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
