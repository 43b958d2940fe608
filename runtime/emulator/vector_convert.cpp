// Conversions between number formats, lane by lane (CDNA4 ISA 12.7, 12.8, 12.11).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <limits>

namespace gemmsmith::emulator {
namespace {

// Conversions saturate; NaN gives 0 (V_CVT_U32_F32, V_CVT_I32_F32).
template <typename I, typename F> I convert(F f) {
  if (f != f)
    return 0;
  if (f <= static_cast<F>(std::numeric_limits<I>::min()))
    return std::numeric_limits<I>::min();
  // max() + 1 is a power of two and exact.
  constexpr double kEnd = static_cast<double>(std::numeric_limits<I>::max()) + 1.0;
  if (static_cast<double>(f) >= kEnd)
    return std::numeric_limits<I>::max();
  return static_cast<I>(f);
}

// Rounds toward zero.
u32 toHalfTowardZero(float f) {
  u32 bits = halfBits(static_cast<Half>(f));
  float back = static_cast<float>(half(bits));
  if (f == f && std::fabs(back) > std::fabs(f))
    --bits; // one step toward zero, from infinity to the largest value as well
  return bits;
}

u32 saturateU16(u32 v) {
  return v > 0xffff ? 0xffff : v;
}
u32 saturateI16(i32 v) {
  return static_cast<u32>(std::clamp(v, -32768, 32767)) & 0xffff;
}

const Semantics kTable[] = {
    {"v_cvt_i32_f64", vector<[](double a) { return (convert<i32>(a)); }>, 1},
    {"v_cvt_f64_i32", vector<[](i32 a) { return (static_cast<double>(a)); }>, 1},
    {"v_cvt_f32_i32", vector<[](i32 a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_f32_u32", vector<[](u32 a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_u32_f32", vector<[](float a) { return (convert<u32>(a)); }>, 1},
    {"v_cvt_i32_f32", vector<[](float a) { return (convert<i32>(a)); }>, 1},
    {"v_cvt_f16_f32", vector<[](float a) { return (static_cast<Half>(a)); }>, 1},
    {"v_cvt_f32_f16", vector<[](Half a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_rpi_i32_f32", vector<[](float a) { return (convert<i32>(std::floor(a + 0.5f))); }>, 1},
    {"v_cvt_flr_i32_f32", vector<[](float a) { return (convert<i32>(std::floor(a))); }>, 1},
    {"v_cvt_f32_f64", vector<[](double a) { return (static_cast<float>(a)); }>, 1},
    {"v_cvt_f64_f32", vector<[](float a) { return (static_cast<double>(a)); }>, 1},
    {"v_cvt_f32_ubyte0", vector<[](u32 a) { return (static_cast<float>(a & 0xff)); }>, 1},
    {"v_cvt_f32_ubyte1", vector<[](u32 a) { return (static_cast<float>(a >> 8 & 0xff)); }>, 1},
    {"v_cvt_f32_ubyte2", vector<[](u32 a) { return (static_cast<float>(a >> 16 & 0xff)); }>, 1},
    {"v_cvt_f32_ubyte3", vector<[](u32 a) { return (static_cast<float>(a >> 24)); }>, 1},
    {"v_cvt_u32_f64", vector<[](double a) { return (convert<u32>(a)); }>, 1},
    {"v_cvt_f64_u32", vector<[](u32 a) { return (static_cast<double>(a)); }>, 1},
    {"v_cvt_f16_u16", vector<[](u16 a) { return (static_cast<Half>(a)); }>, 1},
    {"v_cvt_f16_i16", vector<[](i16 a) { return (static_cast<Half>(a)); }>, 1},
    {"v_cvt_u16_f16", vector<[](Half a) { return (convert<u16>(static_cast<float>(a))); }>, 1},
    {"v_cvt_i16_f16", vector<[](Half a) { return (convert<i16>(static_cast<float>(a))); }>, 1},
    {"v_cvt_f32_bf16", vector<[](u16 a) { return fromBf16(a); }>, 1},
    {"v_cvt_pk_bf16_f32", vector<[](float a, float b) { return toBf16(a) | toBf16(b) << 16; }>, 2},
    {"v_cvt_pk_f16_f32", vector<[](float a, float b) {
       return (halfBits(static_cast<Half>(a)) | halfBits(static_cast<Half>(b)) << 16);
     }>,
     2},
    {"v_cvt_pkrtz_f16_f32",
     vector<[](float a, float b) { return toHalfTowardZero(a) | toHalfTowardZero(b) << 16; }>, 2},
    {"v_cvt_pk_u16_u32", vector<[](u32 a, u32 b) { return saturateU16(a) | saturateU16(b) << 16; }>,
     2},
    {"v_cvt_pk_i16_i32", vector<[](i32 a, i32 b) { return saturateI16(a) | saturateI16(b) << 16; }>,
     2},
    {"v_pack_b32_f16", vector<[](Half a, Half b) { return halfBits(a) | halfBits(b) << 16; }>, 2},
};

} // namespace

std::span<const Semantics> vectorConvertSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
