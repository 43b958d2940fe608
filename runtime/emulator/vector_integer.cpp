// Integer arithmetic and bit operations, lane by lane (CDNA4 ISA 12.7, 12.8, 12.11). Sums with a
// carry are in vector_carry.cpp.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>

namespace gemmsmith::emulator {
namespace {

u32 bfe(u32 a, u32 offset, u32 width) {
  offset &= 31;
  width &= 31;
  return width ? a >> offset & ((1u << width) - 1) : 0;
}
i32 bfeSigned(i32 a, u32 offset, u32 width) {
  offset &= 31;
  width &= 31;
  if (!width)
    return 0;
  return static_cast<i32>(static_cast<u32>(a >> offset) << (32 - width)) >>
         static_cast<i32>(32 - width);
}
// V_PERM_B32: selector 0-3 take bytes of S1, 4-7 of S0, 8-11 sign bytes, 12 zero, above 0xff.
u32 permute(u32 s0, u32 s1, u32 selector) {
  u64 data = u64{s0} << 32 | s1;
  u32 r = 0;
  for (int b = 0; b < 4; ++b) {
    u32 s = selector >> 8 * b & 0xff, v;
    if (s < 8)
      v = static_cast<u32>(data >> 8 * s) & 0xff;
    else if (s < 12) // the sign of the word s - 8
      v = data >> (16 * (s - 8) + 15) & 1 ? 0xff : 0;
    else
      v = s == 12 ? 0 : 0xff;
    r |= v << 8 * b;
  }
  return r;
}
u32 reverse(u32 a) {
  u32 r = 0;
  for (int n = 0; n < 32; ++n)
    r |= (a >> n & 1) << (31 - n);
  return r;
}
i32 mul24(i32 a, i32 b, int shift) {
  i64 x = static_cast<i32>(static_cast<u32>(a) << 8) >> 8;
  i64 y = static_cast<i32>(static_cast<u32>(b) << 8) >> 8;
  return static_cast<i32>(x * y >> shift);
}

// v_bitop3: D = table[{S0, S1, S2}] bit by bit; the table's 8 bits lie in OMOD, ABS and NEG.
void bitop3(Wave &w, const Instruction &i) {
  u32 table = i.negate | static_cast<u32>(i.absolute) << 3 | static_cast<u32>(i.omod) << 6;
  Source<u32> a(w, i, 0), b(w, i, 1), c(w, i, 2);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    u32 r = 0;
    for (u32 n = 0; n < 8; ++n)
      r |= (table >> n & 1 ? ~0u : 0u) & (n & 4 ? a[l] : ~a[l]) & (n & 2 ? b[l] : ~b[l]) &
           (n & 1 ? c[l] : ~c[l]);
    out.v[l] = r;
  }
  writeLanes(w, i, i.dst, out.v);
}

const Semantics kTable[] = {
    {"v_add_u32", vector<[](u32 a, u32 b) { return a + b; }>, 2},
    {"v_sub_u32", vector<[](u32 a, u32 b) { return a - b; }>, 2},
    {"v_subrev_u32", vector<[](u32 a, u32 b) { return b - a; }>, 2},
    {"v_add_i32", vector<[](u32 a, u32 b) { return a + b; }>, 2},
    {"v_sub_i32", vector<[](u32 a, u32 b) { return a - b; }>, 2},
    {"v_add_u16", vector<[](u16 a, u16 b) { return (static_cast<u16>(a + b)); }>, 2},
    {"v_sub_u16", vector<[](u16 a, u16 b) { return (static_cast<u16>(a - b)); }>, 2},
    {"v_subrev_u16", vector<[](u16 a, u16 b) { return (static_cast<u16>(b - a)); }>, 2},
    {"v_add_i16", vector<[](u16 a, u16 b) { return (static_cast<u16>(a + b)); }>, 2},
    {"v_sub_i16", vector<[](u16 a, u16 b) { return (static_cast<u16>(a - b)); }>, 2},
    {"v_mul_lo_u16", vector<[](u16 a, u16 b) { return (static_cast<u16>(u32{a} * b)); }>, 2},
    {"v_mad_u16", vector<[](u16 a, u16 b, u16 c) { return (static_cast<u16>(u32{a} * b + c)); }>,
     3},
    {"v_mad_i16", vector<[](u16 a, u16 b, u16 c) { return (static_cast<u16>(u32{a} * b + c)); }>,
     3},
    {"v_mad_legacy_u16",
     vector<[](u16 a, u16 b, u16 c) { return (static_cast<u16>(u32{a} * b + c)); }>, 3},
    {"v_mad_u32_u16", vector<[](u16 a, u16 b, u32 c) { return u32{a} * b + c; }>, 3},
    {"v_mad_i32_i16",
     vector<[](i16 a, i16 b, u32 c) { return (static_cast<u32>(i32{a} * b) + c); }>, 3},
    {"v_max_u16", vector<[](u16 a, u16 b) { return std::max(a, b); }>, 2},
    {"v_max_i16", vector<[](i16 a, i16 b) { return std::max(a, b); }>, 2},
    {"v_min_u16", vector<[](u16 a, u16 b) { return std::min(a, b); }>, 2},
    {"v_min_i16", vector<[](i16 a, i16 b) { return std::min(a, b); }>, 2},
    {"v_lshlrev_b16", vector<[](u16 a, u16 b) { return (static_cast<u16>(b << (a & 15))); }>, 2},
    {"v_lshrrev_b16", vector<[](u16 a, u16 b) { return (static_cast<u16>(b >> (a & 15))); }>, 2},
    {"v_ashrrev_i16", vector<[](u16 a, i16 b) { return (static_cast<i16>(b >> (a & 15))); }>, 2},
    {"v_mul_i32_i24", vector<[](i32 a, i32 b) { return mul24(a, b, 0); }>, 2},
    {"v_mul_hi_i32_i24", vector<[](i32 a, i32 b) { return mul24(a, b, 32); }>, 2},
    {"v_mul_u32_u24", vector<[](u32 a, u32 b) { return (a & 0xffffff) * (b & 0xffffff); }>, 2},
    {"v_mul_hi_u32_u24", vector<[](u32 a, u32 b) {
       return (static_cast<u32>(u64{a & 0xffffff} * (b & 0xffffff) >> 32));
     }>,
     2},
    {"v_mad_i32_i24",
     vector<[](i32 a, i32 b, u32 c) { return (static_cast<u32>(mul24(a, b, 0)) + c); }>, 3},
    {"v_mad_u32_u24",
     vector<[](u32 a, u32 b, u32 c) { return (a & 0xffffff) * (b & 0xffffff) + c; }>, 3},
    {"v_mul_lo_u32", vector<[](u32 a, u32 b) { return a * b; }>, 2},
    {"v_mul_hi_u32", vector<[](u32 a, u32 b) { return (static_cast<u32>(u64{a} * b >> 32)); }>, 2},
    {"v_mul_hi_i32", vector<[](i32 a, i32 b) { return (static_cast<i32>(i64{a} * b >> 32)); }>, 2},
    {"v_min_i32", vector<[](i32 a, i32 b) { return std::min(a, b); }>, 2},
    {"v_max_i32", vector<[](i32 a, i32 b) { return std::max(a, b); }>, 2},
    {"v_min_u32", vector<[](u32 a, u32 b) { return std::min(a, b); }>, 2},
    {"v_max_u32", vector<[](u32 a, u32 b) { return std::max(a, b); }>, 2},
    {"v_min3_i32", vector<[](i32 a, i32 b, i32 c) { return std::min(std::min(a, b), c); }>, 3},
    {"v_max3_i32", vector<[](i32 a, i32 b, i32 c) { return std::max(std::max(a, b), c); }>, 3},
    {"v_min3_u32", vector<[](u32 a, u32 b, u32 c) { return std::min(std::min(a, b), c); }>, 3},
    {"v_max3_u32", vector<[](u32 a, u32 b, u32 c) { return std::max(std::max(a, b), c); }>, 3},
    {"v_med3_i32", vector<[](i32 a, i32 b, i32 c) { return med3(a, b, c); }>, 3},
    {"v_med3_u32", vector<[](u32 a, u32 b, u32 c) { return med3(a, b, c); }>, 3},
    {"v_lshrrev_b32", vector<[](u32 a, u32 b) { return (b >> (a & 31)); }>, 2},
    {"v_ashrrev_i32", vector<[](u32 a, i32 b) { return (b >> (a & 31)); }>, 2},
    {"v_lshlrev_b32", vector<[](u32 a, u32 b) { return b << (a & 31); }>, 2},
    {"v_lshlrev_b64", vector<[](u32 a, u64 b) { return b << (a & 63); }>, 2},
    {"v_lshrrev_b64", vector<[](u32 a, u64 b) { return (b >> (a & 63)); }>, 2},
    {"v_ashrrev_i64", vector<[](u32 a, i64 b) { return (b >> (a & 63)); }>, 2},
    {"v_and_b32", vector<[](u32 a, u32 b) { return a & b; }>, 2},
    {"v_or_b32", vector<[](u32 a, u32 b) { return a | b; }>, 2},
    {"v_xor_b32", vector<[](u32 a, u32 b) { return a ^ b; }>, 2},
    {"v_xnor_b32", vector<[](u32 a, u32 b) { return ~(a ^ b); }>, 2},
    {"v_not_b32", vector<[](u32 a) { return ~a; }>, 1},
    {"v_bfrev_b32", vector<[](u32 a) { return reverse(a); }>, 1},
    {"v_ffbh_u32", vector<[](u32 a) { return a ? std::countl_zero(a) : -1; }>, 1},
    {"v_ffbl_b32", vector<[](u32 a) { return a ? std::countr_zero(a) : -1; }>, 1},
    {"v_ffbh_i32", vector<[](i32 a) {
       u32 b = static_cast<u32>(a < 0 ? ~a : a);
       return b ? std::countl_zero(b) : -1;
     }>,
     1},
    {"v_bcnt_u32_b32",
     vector<[](u32 a, u32 b) { return (static_cast<u32>(std::popcount(a)) + b); }>, 2},
    {"v_bfm_b32", vector<[](u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }>, 2},
    {"v_bfe_u32", vector<[](u32 a, u32 b, u32 c) { return bfe(a, b, c); }>, 3},
    {"v_bfe_i32", vector<[](i32 a, u32 b, u32 c) { return bfeSigned(a, b, c); }>, 3},
    {"v_bfi_b32", vector<[](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }>, 3},
    {"v_alignbit_b32",
     vector<[](u32 a, u32 b, u32 c) { return (static_cast<u32>((u64{a} << 32 | b) >> (c & 31))); }>,
     3},
    {"v_alignbyte_b32", vector<[](u32 a, u32 b, u32 c) {
       return (static_cast<u32>((u64{a} << 32 | b) >> 8 * (c & 3)));
     }>,
     3},
    {"v_perm_b32", vector<[](u32 a, u32 b, u32 c) { return permute(a, b, c); }>, 3},
    {"v_xad_u32", vector<[](u32 a, u32 b, u32 c) { return (a ^ b) + c; }>, 3},
    {"v_lshl_add_u32", vector<[](u32 a, u32 b, u32 c) { return (a << (b & 31)) + c; }>, 3},
    {"v_add_lshl_u32", vector<[](u32 a, u32 b, u32 c) { return (a + b) << (c & 31); }>, 3},
    {"v_add3_u32", vector<[](u32 a, u32 b, u32 c) { return a + b + c; }>, 3},
    {"v_lshl_or_b32", vector<[](u32 a, u32 b, u32 c) { return a << (b & 31) | c; }>, 3},
    {"v_and_or_b32", vector<[](u32 a, u32 b, u32 c) { return (a & b) | c; }>, 3},
    {"v_or3_b32", vector<[](u32 a, u32 b, u32 c) { return a | b | c; }>, 3},
    {"v_sad_u32", vector<[](u32 a, u32 b, u32 c) { return ((a > b ? a - b : b - a) + c); }>, 3},
    {"v_bitop3_b32", bitop3, 3},
};

} // namespace

std::span<const Semantics> vectorIntegerSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
