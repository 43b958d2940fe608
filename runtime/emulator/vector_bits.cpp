// Bitwise operations, shifts, bit fields and bit counts, lane by lane (CDNA4
// ISA 12.7, 12.8, 12.11).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

u32 bfe(u32 a, u32 offset, u32 width) {
  return a >> (offset & 31) & ((1u << (width & 31)) - 1);
}
i32 bfeSigned(i32 a, u32 offset, u32 width) {
  width &= 31;
  if (!width)
    return 0;
  return static_cast<i32>(static_cast<u32>(a >> (offset & 31)) << (32 - width)) >>
         static_cast<i32>(32 - width);
}
u32 reverse(u32 a) {
  u32 r = 0;
  for (int n = 0; n < 32; ++n)
    r |= (a >> n & 1) << (31 - n);
  return r;
}

// v_bitop3: D = table[{S0, S1, S2}] bit by bit; the table's 8 bits lie in OMOD, ABS and NEG.
template <typename T> void bitop3(Wave &w, const Instruction &i) {
  u32 table = i.negate | static_cast<u32>(i.absolute) << 3 | static_cast<u32>(i.omod) << 6;
  Source<T> a(w, i, 0), b(w, i, 1), c(w, i, 2);
  T result[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    u32 x = a[l], y = b[l], z = c[l], r = 0;
    for (u32 n = 0; n < 8; ++n)
      if (table >> n & 1)
        r |= (n & 4 ? x : ~x) & (n & 2 ? y : ~y) & (n & 1 ? z : ~z);
    result[l] = static_cast<T>(r);
  }
  writeResult(w, i, result);
}

const Semantics kTable[] = {
    {"v_and_b32", vector<[](u32 a, u32 b) { return a & b; }>, 2},
    {"v_or_b32", vector<[](u32 a, u32 b) { return a | b; }>, 2},
    {"v_xor_b32", vector<[](u32 a, u32 b) { return a ^ b; }>, 2},
    {"v_xnor_b32", vector<[](u32 a, u32 b) { return ~(a ^ b); }>, 2},
    {"v_not_b32", vector<[](u32 a) { return ~a; }>, 1},
    {"v_and_or_b32", vector<[](u32 a, u32 b, u32 c) { return (a & b) | c; }>, 3},
    {"v_or3_b32", vector<[](u32 a, u32 b, u32 c) { return a | b | c; }>, 3},
    {"v_lshl_or_b32", vector<[](u32 a, u32 b, u32 c) { return a << (b & 31) | c; }>, 3},
    {"v_bitop3_b32", bitop3<u32>, 3},
    {"v_bitop3_b16", bitop3<u16>, 3},
    {"v_lshlrev_b32", vector<[](u32 a, u32 b) { return b << (a & 31); }>, 2},
    {"v_lshrrev_b32", vector<[](u32 a, u32 b) { return (b >> (a & 31)); }>, 2},
    {"v_ashrrev_i32", vector<[](u32 a, i32 b) { return (b >> (a & 31)); }>, 2},
    {"v_lshlrev_b16", vector<[](u16 a, u16 b) { return (static_cast<u16>(b << (a & 15))); }>, 2},
    {"v_lshrrev_b16", vector<[](u16 a, u16 b) { return (static_cast<u16>(b >> (a & 15))); }>, 2},
    {"v_ashrrev_i16", vector<[](u16 a, i16 b) { return (static_cast<i16>(b >> (a & 15))); }>, 2},
    {"v_lshlrev_b64", vector<[](u32 a, u64 b) { return b << (a & 63); }>, 2},
    {"v_lshrrev_b64", vector<[](u32 a, u64 b) { return (b >> (a & 63)); }>, 2},
    {"v_ashrrev_i64", vector<[](u32 a, i64 b) { return (b >> (a & 63)); }>, 2},
    {"v_alignbit_b32",
     vector<[](u32 a, u32 b, u32 c) { return (static_cast<u32>((u64{a} << 32 | b) >> (c & 31))); }>,
     3},
    {"v_bfe_u32", vector<bfe>, 3},
    {"v_bfe_i32", vector<bfeSigned>, 3},
    {"v_bfi_b32", vector<[](u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }>, 3},
    {"v_bfm_b32", vector<[](u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }>, 2},
    {"v_bfrev_b32", vector<reverse>, 1},
    {"v_ffbh_u32", vector<[](u32 a) { return a ? std::countl_zero(a) : -1; }>, 1},
    {"v_ffbl_b32", vector<[](u32 a) { return a ? std::countr_zero(a) : -1; }>, 1},
    {"v_ffbh_i32", vector<[](i32 a) {
       u32 b = static_cast<u32>(a < 0 ? ~a : a);
       return b ? std::countl_zero(b) : -1;
     }>,
     1},
    {"v_bcnt_u32_b32",
     vector<[](u32 a, u32 b) { return (static_cast<u32>(std::popcount(a)) + b); }>, 2},
};

} // namespace

std::span<const Semantics> vectorBitSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
