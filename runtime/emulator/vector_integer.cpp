// Integer arithmetic, lane by lane (CDNA4 ISA 12.7, 12.8, 12.11). Sums with a carry are in
// vector_carry.cpp, operations on bits in vector_bits.cpp, on packed bytes in vector_bytes.cpp.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/saturation.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>

namespace gemmsmith::emulator {
namespace {

template <typename T, auto F, typename... A> void arithmetic(Wave &w, const Instruction &i) {
  i.clamp ? vector<saturated<T, F, A...>>(w, i) : vector<wrapped<T, F, A...>>(w, i);
}

template <typename T> T low24(T a) {
  return a & 0xffffff;
}
template <typename T> T signed24(T a) {
  return static_cast<T>(static_cast<i32>(static_cast<u32>(a) << 8) >> 8);
}

constexpr auto kMulLow24 = [](auto a, auto b) { return low24(a) * low24(b); };
constexpr auto kMulSigned24 = [](auto a, auto b) { return signed24(a) * signed24(b); };
constexpr auto kMadLow24 = [](auto a, auto b, auto c) { return low24(a) * low24(b) + c; };
constexpr auto kMadSigned24 = [](auto a, auto b, auto c) { return signed24(a) * signed24(b) + c; };

template <typename T> T min2(T a, T b) {
  return std::min(a, b);
}
template <typename T> T max2(T a, T b) {
  return std::max(a, b);
}
template <typename T> T min3(T a, T b, T c) {
  return std::min(std::min(a, b), c);
}
template <typename T> T max3(T a, T b, T c) {
  return std::max(std::max(a, b), c);
}

const Semantics kTable[] = {
    {"v_add_u32", arithmetic<u32, kSum, u32, u32>, 2},
    {"v_sub_u32", arithmetic<u32, kDifference, u32, u32>, 2},
    {"v_subrev_u32", arithmetic<u32, kReverseDifference, u32, u32>, 2},
    {"v_add_i32", arithmetic<i32, kSum, i32, i32>, 2},
    {"v_sub_i32", arithmetic<i32, kDifference, i32, i32>, 2},
    {"v_add_u16", arithmetic<u16, kSum, u16, u16>, 2},
    {"v_sub_u16", arithmetic<u16, kDifference, u16, u16>, 2},
    {"v_subrev_u16", arithmetic<u16, kReverseDifference, u16, u16>, 2},
    {"v_add_i16", arithmetic<i16, kSum, i16, i16>, 2},
    {"v_sub_i16", arithmetic<i16, kDifference, i16, i16>, 2},
    {"v_mul_lo_u16", arithmetic<u16, kProduct, u16, u16>, 2},
    {"v_mad_u16", arithmetic<u16, kMultiplyAdd, u16, u16, u16>, 3},
    {"v_mad_i16", arithmetic<i16, kMultiplyAdd, i16, i16, i16>, 3},
    {"v_mad_legacy_u16", arithmetic<u16, kMultiplyAdd, u16, u16, u16>, 3},
    {"v_mad_legacy_i16", arithmetic<i16, kMultiplyAdd, i16, i16, i16>, 3},
    {"v_mad_u32_u16", arithmetic<u32, kMultiplyAdd, u16, u16, u32>, 3},
    {"v_mad_i32_i16", arithmetic<i32, kMultiplyAdd, i16, i16, i32>, 3},
    {"v_mul_u32_u24", arithmetic<u32, kMulLow24, u32, u32>, 2},
    {"v_mul_i32_i24", arithmetic<i32, kMulSigned24, i32, i32>, 2},
    {"v_mad_u32_u24", arithmetic<u32, kMadLow24, u32, u32, u32>, 3},
    {"v_mad_i32_i24", arithmetic<i32, kMadSigned24, i32, i32, i32>, 3},
    {"v_mul_hi_u32_u24",
     vector<[](u32 a, u32 b) { return (static_cast<u32>(u64{low24(a)} * low24(b) >> 32)); }>, 2},
    {"v_mul_hi_i32_i24",
     vector<[](i32 a, i32 b) { return (static_cast<i32>(i64{signed24(a)} * signed24(b) >> 32)); }>,
     2},
    {"v_mul_lo_u32", vector<[](u32 a, u32 b) { return a * b; }>, 2},
    {"v_mul_hi_u32", vector<[](u32 a, u32 b) { return (static_cast<u32>(u64{a} * b >> 32)); }>, 2},
    {"v_mul_hi_i32", vector<[](i32 a, i32 b) { return (static_cast<i32>(i64{a} * b >> 32)); }>, 2},
    {"v_xad_u32", vector<[](u32 a, u32 b, u32 c) { return (a ^ b) + c; }>, 3},
    {"v_lshl_add_u32", vector<[](u32 a, u32 b, u32 c) { return (a << (b & 31)) + c; }>, 3},
    {"v_add_lshl_u32", vector<[](u32 a, u32 b, u32 c) { return (a + b) << (c & 31); }>, 3},
    {"v_add3_u32", vector<[](u32 a, u32 b, u32 c) { return a + b + c; }>, 3},
    {"v_min_i32", vector<min2<i32>>, 2},
    {"v_max_i32", vector<max2<i32>>, 2},
    {"v_min_u32", vector<min2<u32>>, 2},
    {"v_max_u32", vector<max2<u32>>, 2},
    {"v_min_i16", vector<min2<i16>>, 2},
    {"v_max_i16", vector<max2<i16>>, 2},
    {"v_min_u16", vector<min2<u16>>, 2},
    {"v_max_u16", vector<max2<u16>>, 2},
    {"v_min3_i32", vector<min3<i32>>, 3},
    {"v_max3_i32", vector<max3<i32>>, 3},
    {"v_med3_i32", vector<med3<i32>>, 3},
    {"v_min3_u32", vector<min3<u32>>, 3},
    {"v_max3_u32", vector<max3<u32>>, 3},
    {"v_med3_u32", vector<med3<u32>>, 3},
    {"v_min3_i16", vector<min3<i16>>, 3},
    {"v_max3_i16", vector<max3<i16>>, 3},
    {"v_med3_i16", vector<med3<i16>>, 3},
    {"v_min3_u16", vector<min3<u16>>, 3},
    {"v_max3_u16", vector<max3<u16>>, 3},
    {"v_med3_u16", vector<med3<u16>>, 3},
};

} // namespace

std::span<const Semantics> vectorIntegerSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
