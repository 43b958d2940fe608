// Vector ALU operations that work lane by lane (CDNA4 ISA 12.7, 12.8, 12.11, 12.12).
#include "runtime/emulator/lanes.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace gemmsmith::emulator {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

template <typename T> T quiet(T a) {
  return a + a;
} // of a NaN

// minNum and maxNum of IEEE 754-2008, with -0 below +0, as the manual's V_MIN_F32 in IEEE mode.
template <typename T> T minNum(T a, T b) {
  if (a != a)
    return b != b ? quiet(a) : b;
  if (b != b)
    return a;
  return a < b || (a == b && std::signbit(static_cast<float>(a))) ? a : b;
}
template <typename T> T maxNum(T a, T b) {
  if (a != a)
    return b != b ? quiet(a) : b;
  if (b != b)
    return a;
  return a > b || (a == b && !std::signbit(static_cast<float>(a))) ? a : b;
}
// minimum and maximum of IEEE 754-2019: NaN wins.
template <typename T> T minimum(T a, T b) {
  return a != a ? quiet(a) : b != b ? quiet(b) : minNum(a, b);
}
template <typename T> T maximum(T a, T b) {
  return a != a ? quiet(a) : b != b ? quiet(b) : maxNum(a, b);
}
template <typename T> T med3(T a, T b, T c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}
float med3f(float a, float b, float c) {
  if (a != a || b != b || c != c)
    return minNum(minNum(a, b), c);
  return med3(a, b, c);
}

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

u32 toBf16(float f) { // round to nearest even; NaN stays a quiet NaN
  auto v = std::bit_cast<u32>(f);
  u32 rounded = (v + 0x7fff + (v >> 16 & 1)) >> 16;
  return (v & 0x7fffffff) > 0x7f800000 ? (v >> 16) | 0x40 : rounded;
}
float fromBf16(u32 v) {
  return std::bit_cast<float>(v << 16);
}
u32 halfBits(Half h) {
  return std::bit_cast<u16>(h);
}
Half half(u32 bits) {
  return std::bit_cast<Half>(static_cast<u16>(bits));
}

// Rounds toward zero.
u32 toHalfTowardZero(float f) {
  u32 bits = halfBits(static_cast<Half>(f));
  float back = static_cast<float>(half(bits));
  if (f == f && std::fabs(back) > std::fabs(f))
    --bits; // one step toward zero, from infinity to the largest value as well
  return bits;
}

i32 exponentOf(float f) {
  return static_cast<i32>(std::bit_cast<u32>(f) >> 23 & 0xff);
}

float divFixup(float s0, float s1, float s2) {
  bool negative = std::signbit(s1) != std::signbit(s2);
  float sign = negative ? -1.0f : 1.0f;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  if (s2 != s2)
    return quiet(s2);
  if (s1 != s1)
    return quiet(s1);
  if ((s1 == 0 && s2 == 0) || (std::isinf(s1) && std::isinf(s2)))
    return std::bit_cast<float>(0xffc00000u);
  if (s1 == 0 || std::isinf(s2))
    return sign * kInf;
  if (std::isinf(s1) || s2 == 0)
    return sign * 0.0f;
  if (exponentOf(s2) - exponentOf(s1) < -150)
    return sign * 0.0f;
  if (exponentOf(s1) == 255)
    return sign * kInf;
  return s0 != s0 ? sign * kInf : std::copysign(s0, sign); // a quotient that overflowed on the way
}

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
u32 saturateU16(u32 v) {
  return v > 0xffff ? 0xffff : v;
}
u32 saturateI16(i32 v) {
  return static_cast<u32>(std::clamp(v, -32768, 32767)) & 0xffff;
}

// --- packed 16-bit operations: each half picks its halves of the sources (CDNA4 ISA 6.7)

template <typename T> T packedOperand(const Instruction &i, u32 v, int n, bool high, u16 code) {
  bool upper = (high ? i.op_sel_hi : i.op_sel) >> n & 1;
  u32 bits;
  if (code >= 240 && code <= 248 && std::is_same_v<T, Half>)
    bits = upper ? 0 : inlineHalf(code);
  else
    bits = upper ? v >> 16 : v & 0xffff;
  if constexpr (std::is_same_v<T, Half>)
    if ((high ? i.negate_high : i.negate) >> n & 1)
      bits ^= 0x8000;
  return std::bit_cast<T>(static_cast<u16>(bits));
}
template <auto F, typename T, typename... A>
void packedOf(Wave &w, const Instruction &i, T (*)(A...)) {
  constexpr int kCount = sizeof...(A);
  LaneBuffer buffers[3], out;
  const u32 *in[3] = {};
  for (int n = 0; n < kCount; ++n)
    in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
  for (int l = 0; l < kLanes; ++l) {
    u32 halves[2];
    for (int h = 0; h < 2; ++h) {
      auto at = [&](int n) { return packedOperand<T>(i, in[n][l], n, h == 1, i.src[n]); };
      T r;
      if constexpr (kCount == 1)
        r = F(at(0));
      else if constexpr (kCount == 2)
        r = F(at(0), at(1));
      else
        r = F(at(0), at(1), at(2));
      if constexpr (std::is_same_v<T, Half>)
        if (i.clamp)
          r = modifyFloat(w, i, r);
      halves[h] = std::bit_cast<u16>(r);
    }
    out.v[l] = halves[0] | halves[1] << 16;
  }
  writeLanes(w, i, i.dst, out.v);
}
template <auto F> void packed(Wave &w, const Instruction &i) {
  packedOf<F>(w, i, +F);
}

// --- packed float32: op_sel picks the dword of each source pair
template <auto F, int count> void packed32(Wave &w, const Instruction &i) {
  LaneBuffer low[3], high[3], out[2];
  const u32 *in[3][2] = {};
  for (int n = 0; n < count; ++n) {
    u16 code = i.src[n];
    if (code >= kVgpr) {
      in[n][0] = w.readVgpr(i, code, w.exec);
      in[n][1] = w.readVgpr(i, static_cast<u16>(code + 1), w.exec);
      continue;
    }
    u32 a, b = 0;
    if (code < 128) {
      u64 pair = w.scalar64(i, code);
      a = static_cast<u32>(pair);
      b = static_cast<u32>(pair >> 32);
    } else {
      a = w.scalar32(i, code);
    }
    std::fill_n(low[n].v, kLanes, a);
    std::fill_n(high[n].v, kLanes, b);
    in[n][0] = low[n].v;
    in[n][1] = high[n].v;
  }
  for (int h = 0; h < 2; ++h) {
    u32 select = h ? i.op_sel_hi : i.op_sel, negate = h ? i.negate_high : i.negate;
    for (int l = 0; l < kLanes; ++l) {
      float v[3] = {};
      for (int n = 0; n < count; ++n)
        v[n] = std::bit_cast<float>(in[n][select >> n & 1][l] ^ (negate >> n & 1) << 31);
      float r = F(v[0], v[1], v[2]);
      if (i.clamp)
        r = modifyFloat(w, i, r);
      out[h].v[l] = std::bit_cast<u32>(r);
    }
  }
  writeLanes(w, i, i.dst, out[0].v);
  writeLanes(w, i, static_cast<u16>(i.dst + 1), out[1].v);
}
void packedMov(Wave &w, const Instruction &i) {
  LaneBuffer buffer[2];
  for (int n = 0; n < 2; ++n) {
    auto code = static_cast<u16>(i.src[n] + (i.op_sel >> n & 1));
    LaneBuffer temporary;
    const u32 *in =
        operandLanes(w, i, n, i.src[n] >= 128 && i.src[n] < kVgpr ? i.src[n] : code, temporary);
    std::memcpy(buffer[n].v, in, sizeof buffer[n].v);
  }
  writeLanes(w, i, i.dst, buffer[0].v);
  writeLanes(w, i, static_cast<u16>(i.dst + 1), buffer[1].v);
}

// v_fma_mix: each source is a float, or a half picked by op_sel where op_sel_hi is set.
enum class Mix { kFloat, kLow, kHigh };
template <Mix mix> void fmaMix(Wave &w, const Instruction &i) {
  LaneBuffer buffers[3], out;
  const u32 *in[3];
  for (int n = 0; n < 3; ++n)
    in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
  unsigned r = i.dst - kVgpr;
  for (int l = 0; l < kLanes; ++l) {
    float v[3];
    for (int n = 0; n < 3; ++n) {
      if (i.op_sel_hi >> n & 1)
        v[n] = static_cast<float>(half(i.op_sel >> n & 1 ? in[n][l] >> 16 : in[n][l]));
      else
        v[n] = std::bit_cast<float>(in[n][l]);
      if (i.negate_high >> n & 1)
        v[n] = std::fabs(v[n]);
      if (i.negate >> n & 1)
        v[n] = -v[n];
    }
    float result = modifyFloat(w, i, std::fma(v[0], v[1], v[2]));
    u32 old = r < kVgprs ? w.vgpr[r][static_cast<std::size_t>(l)] : 0;
    if constexpr (mix == Mix::kFloat)
      out.v[l] = std::bit_cast<u32>(result);
    else if constexpr (mix == Mix::kLow)
      out.v[l] = halfBits(static_cast<Half>(result)) | (old & 0xffff0000);
    else
      out.v[l] = halfBits(static_cast<Half>(result)) << 16 | (old & 0xffff);
  }
  writeLanes(w, i, i.dst, out.v);
}

template <auto F> void dot(Wave &w, const Instruction &i) {
  LaneBuffer buffers[3], out;
  const u32 *in[3];
  for (int n = 0; n < 3; ++n)
    in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = F(in[0][l], in[1][l], in[2][l]);
  writeLanes(w, i, i.dst, out.v);
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

// A copy carries undefined lanes along: compilers save whole registers whose lanes hold spilled
// scalars, and not all of these are in use.
void accumulationMove(Wave &w, const Instruction &i) {
  if (i.src[0] < kVgpr)
    return vector<[](u32 a) { return a; }>(w, i);
  unsigned from = i.src[0] - kVgpr;
  u64 undefined = from < kVgprs && w.allowed[from] ? w.exec & ~w.ready[from] & ~w.pending[from] : 0;
  LaneBuffer out;
  std::memcpy(out.v, w.readVgpr(i, i.src[0], w.exec & ~undefined), sizeof out.v);
  storeLanes(w.writeVgpr(i, i.dst, w.exec), out.v, w.exec);
  unsigned to = i.dst - kVgpr;
  w.ready[to] &= ~undefined;
  for (u64 lanes = undefined; lanes; lanes &= lanes - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(lanes));
    auto partly = w.partly_defined.find(from * kLanes + lane);
    w.partly_defined[to * kLanes + lane] = partly == w.partly_defined.end() ? 0 : partly->second;
  }
}

void mov64(Wave &w, const Instruction &i) {
  Source<u64> a(w, i, 0);
  alignas(64) u64 r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = a[l];
  writeResult(w, i, r);
}

void nothing(Wave &, const Instruction &) {}

const Semantics kTable[] = {
    {"v_nop", nothing},
    {"v_mov_b32", vector<[](u32 a) { return a; }>, 1},
    {"v_accvgpr_mov_b32", accumulationMove, 1},
    {"v_accvgpr_read_b32", accumulationMove, 1},
    {"v_accvgpr_write_b32", accumulationMove, 1},
    {"v_mov_b64", mov64, 1},
    // conversions
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
    // float32
    {"v_add_f32", vector<[](float a, float b) { return a + b; }>, 2},
    {"v_sub_f32", vector<[](float a, float b) { return a - b; }>, 2},
    {"v_subrev_f32", vector<[](float a, float b) { return b - a; }>, 2},
    {"v_mul_f32", vector<[](float a, float b) { return a * b; }>, 2},
    {"v_mul_legacy_f32", vector<[](float a, float b) { return a == 0 || b == 0 ? 0.0f : a * b; }>,
     2},
    {"v_fma_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_fmac_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_fmamk_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_fmaak_f32", vector<[](float a, float b, float c) { return std::fma(a, b, c); }>, 3},
    {"v_min_f32", vector<[](float a, float b) { return minNum(a, b); }>, 2},
    {"v_max_f32", vector<[](float a, float b) { return maxNum(a, b); }>, 2},
    {"v_min3_f32", vector<[](float a, float b, float c) { return minNum(minNum(a, b), c); }>, 3},
    {"v_max3_f32", vector<[](float a, float b, float c) { return maxNum(maxNum(a, b), c); }>, 3},
    {"v_minimum3_f32", vector<[](float a, float b, float c) { return minimum(minimum(a, b), c); }>,
     3},
    {"v_maximum3_f32", vector<[](float a, float b, float c) { return maximum(maximum(a, b), c); }>,
     3},
    {"v_med3_f32", vector<[](float a, float b, float c) { return med3f(a, b, c); }>, 3},
    {"v_fract_f32", vector<[](float a) {
       float r = a - std::floor(a);
       return (r >= 1.0f ? std::nextafter(1.0f, 0.0f) : r);
     }>,
     1},
    {"v_trunc_f32", vector<[](float a) { return std::trunc(a); }>, 1},
    {"v_ceil_f32", vector<[](float a) { return std::ceil(a); }>, 1},
    {"v_rndne_f32", vector<[](float a) { return std::nearbyint(a); }>, 1},
    {"v_floor_f32", vector<[](float a) { return std::floor(a); }>, 1},
    // The transcendental unit promises one ulp; these give the correctly rounded value.
    {"v_exp_f32", vector<[](float a) { return std::exp2(a); }>, 1},
    {"v_log_f32", vector<[](float a) { return std::log2(a); }>, 1},
    {"v_exp_legacy_f32", vector<[](float a) { return std::exp2(a); }>, 1},
    {"v_log_legacy_f32", vector<[](float a) { return std::log2(a); }>, 1},
    {"v_rcp_f32", vector<[](float a) { return 1.0f / a; }>, 1},
    {"v_rcp_iflag_f32", vector<[](float a) { return 1.0f / a; }>, 1},
    {"v_rsq_f32",
     vector<[](float a) { return (static_cast<float>(1.0 / std::sqrt(static_cast<double>(a)))); }>,
     1},
    {"v_sqrt_f32", vector<[](float a) { return std::sqrt(a); }>, 1},
    {"v_sin_f32", vector<[](float a) {
       return (static_cast<float>(std::sin(2 * std::numbers::pi * static_cast<double>(a))));
     }>,
     1},
    {"v_cos_f32", vector<[](float a) {
       return (static_cast<float>(std::cos(2 * std::numbers::pi * static_cast<double>(a))));
     }>,
     1},
    {"v_ldexp_f32", vector<[](float a, i32 b) { return std::ldexp(a, b); }>, 2},
    {"v_frexp_exp_i32_f32", vector<[](float a) {
       int e = 0;
       if (std::isfinite(a))
         std::frexp(a, &e);
       return e;
     }>,
     1},
    {"v_frexp_mant_f32", vector<[](float a) {
       int e;
       return std::isfinite(a) ? std::frexp(a, &e) : a;
     }>,
     1},
    {"v_div_fixup_f32", vector<[](float a, float b, float c) { return divFixup(a, b, c); }>, 3},
    // float64
    {"v_add_f64", vector<[](double a, double b) { return a + b; }>, 2},
    {"v_mul_f64", vector<[](double a, double b) { return a * b; }>, 2},
    {"v_min_f64", vector<[](double a, double b) { return minNum(a, b); }>, 2},
    {"v_max_f64", vector<[](double a, double b) { return maxNum(a, b); }>, 2},
    {"v_fma_f64", vector<[](double a, double b, double c) { return std::fma(a, b, c); }>, 3},
    {"v_fmac_f64", vector<[](double a, double b, double c) { return std::fma(a, b, c); }>, 3},
    {"v_trunc_f64", vector<[](double a) { return std::trunc(a); }>, 1},
    {"v_ceil_f64", vector<[](double a) { return std::ceil(a); }>, 1},
    {"v_rndne_f64", vector<[](double a) { return std::nearbyint(a); }>, 1},
    {"v_floor_f64", vector<[](double a) { return std::floor(a); }>, 1},
    {"v_fract_f64", vector<[](double a) {
       double r = a - std::floor(a);
       return (r >= 1.0 ? std::nextafter(1.0, 0.0) : r);
     }>,
     1},
    {"v_rcp_f64", vector<[](double a) { return 1.0 / a; }>, 1},
    {"v_rsq_f64", vector<[](double a) { return 1.0 / std::sqrt(a); }>, 1},
    {"v_sqrt_f64", vector<[](double a) { return std::sqrt(a); }>, 1},
    {"v_ldexp_f64", vector<[](double a, i32 b) { return std::ldexp(a, b); }>, 2},
    // float16
    {"v_add_f16", vector<[](Half a, Half b) { return (static_cast<Half>(a + b)); }>, 2},
    {"v_sub_f16", vector<[](Half a, Half b) { return (static_cast<Half>(a - b)); }>, 2},
    {"v_subrev_f16", vector<[](Half a, Half b) { return (static_cast<Half>(b - a)); }>, 2},
    {"v_mul_f16", vector<[](Half a, Half b) { return (static_cast<Half>(a * b)); }>, 2},
    {"v_min_f16", vector<[](Half a, Half b) { return minNum(a, b); }>, 2},
    {"v_max_f16", vector<[](Half a, Half b) { return maxNum(a, b); }>, 2},
    // The product of two halves is exact in double, and so is rounding once more harmless.
    {"v_fma_f16", vector<[](Half a, Half b, Half c) {
       return (static_cast<Half>(static_cast<double>(a) * static_cast<double>(b) +
                                 static_cast<double>(c)));
     }>,
     3},
    // integers
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
    {"v_lshl_add_u64", vector<[](u64 a, u32 b, u64 c) { return (a << (b & 7)) + c; }>, 3},
    {"v_sad_u32", vector<[](u32 a, u32 b, u32 c) { return ((a > b ? a - b : b - a) + c); }>, 3},
    {"v_bitop3_b32", bitop3, 3},
    // packed
    {"v_pk_mad_i16", packed<[](u16 a, u16 b, u16 c) { return (static_cast<u16>(u32{a} * b + c)); }>,
     3},
    {"v_pk_mad_u16", packed<[](u16 a, u16 b, u16 c) { return (static_cast<u16>(u32{a} * b + c)); }>,
     3},
    {"v_pk_mul_lo_u16", packed<[](u16 a, u16 b) { return (static_cast<u16>(u32{a} * b)); }>, 2},
    {"v_pk_add_i16", packed<[](u16 a, u16 b) { return (static_cast<u16>(a + b)); }>, 2},
    {"v_pk_sub_i16", packed<[](u16 a, u16 b) { return (static_cast<u16>(a - b)); }>, 2},
    {"v_pk_add_u16", packed<[](u16 a, u16 b) { return (static_cast<u16>(a + b)); }>, 2},
    {"v_pk_sub_u16", packed<[](u16 a, u16 b) { return (static_cast<u16>(a - b)); }>, 2},
    {"v_pk_lshlrev_b16", packed<[](u16 a, u16 b) { return (static_cast<u16>(b << (a & 15))); }>, 2},
    {"v_pk_lshrrev_b16", packed<[](u16 a, u16 b) { return (static_cast<u16>(b >> (a & 15))); }>, 2},
    {"v_pk_ashrrev_i16", packed<[](i16 a, i16 b) { return (static_cast<i16>(b >> (a & 15))); }>, 2},
    {"v_pk_max_i16", packed<[](i16 a, i16 b) { return std::max(a, b); }>, 2},
    {"v_pk_min_i16", packed<[](i16 a, i16 b) { return std::min(a, b); }>, 2},
    {"v_pk_max_u16", packed<[](u16 a, u16 b) { return std::max(a, b); }>, 2},
    {"v_pk_min_u16", packed<[](u16 a, u16 b) { return std::min(a, b); }>, 2},
    {"v_pk_fma_f16", packed<[](Half a, Half b, Half c) {
       return (static_cast<Half>(static_cast<double>(a) * static_cast<double>(b) +
                                 static_cast<double>(c)));
     }>,
     3},
    {"v_pk_add_f16", packed<[](Half a, Half b) { return (static_cast<Half>(a + b)); }>, 2},
    {"v_pk_mul_f16", packed<[](Half a, Half b) { return (static_cast<Half>(a * b)); }>, 2},
    {"v_pk_min_f16", packed<[](Half a, Half b) { return minNum(a, b); }>, 2},
    {"v_pk_max_f16", packed<[](Half a, Half b) { return maxNum(a, b); }>, 2},
    {"v_pk_fma_f32", packed32<[](float a, float b, float c) { return std::fma(a, b, c); }, 3>, 3},
    {"v_pk_mul_f32", packed32<[](float a, float b, float) { return a * b; }, 2>, 2},
    {"v_pk_add_f32", packed32<[](float a, float b, float) { return a + b; }, 2>, 2},
    {"v_pk_mov_b32", packedMov, 2},
    {"v_fma_mix_f32", fmaMix<Mix::kFloat>, 3},
    {"v_fma_mixlo_f16", fmaMix<Mix::kLow>, 3},
    {"v_fma_mixhi_f16", fmaMix<Mix::kHigh>, 3},
    // dot products: fused steps from the highest element down to the lowest are not what the manual
    // fixes; sums of products in element order are.
    {"v_dot2_f32_bf16", dot<[](u32 a, u32 b, u32 c) {
       float r = std::fma(fromBf16(a & 0xffff), fromBf16(b & 0xffff), std::bit_cast<float>(c));
       return (std::bit_cast<u32>(std::fma(fromBf16(a >> 16), fromBf16(b >> 16), r)));
     }>,
     3},
    {"v_dot2c_f32_bf16", dot<[](u32 a, u32 b, u32 c) {
       float r = std::fma(fromBf16(a & 0xffff), fromBf16(b & 0xffff), std::bit_cast<float>(c));
       return (std::bit_cast<u32>(std::fma(fromBf16(a >> 16), fromBf16(b >> 16), r)));
     }>,
     3},
    {"v_dot2_f32_f16", dot<[](u32 a, u32 b, u32 c) {
       auto f = [](u32 v) { return (static_cast<float>(half(v))); };
       float r = std::fma(f(a), f(b), std::bit_cast<float>(c));
       return (std::bit_cast<u32>(std::fma(f(a >> 16), f(b >> 16), r)));
     }>,
     3},
    {"v_dot2c_f32_f16", dot<[](u32 a, u32 b, u32 c) {
       auto f = [](u32 v) { return (static_cast<float>(half(v))); };
       float r = std::fma(f(a), f(b), std::bit_cast<float>(c));
       return (std::bit_cast<u32>(std::fma(f(a >> 16), f(b >> 16), r)));
     }>,
     3},
    {"v_dot4_i32_i8", dot<[](u32 a, u32 b, u32 c) {
       for (int n = 0; n < 32; n += 8)
         c += static_cast<u32>(i32{static_cast<i8>(a >> n)} * static_cast<i8>(b >> n));
       return c;
     }>,
     3},
    {"v_dot4c_i32_i8", dot<[](u32 a, u32 b, u32 c) {
       for (int n = 0; n < 32; n += 8)
         c += static_cast<u32>(i32{static_cast<i8>(a >> n)} * static_cast<i8>(b >> n));
       return c;
     }>,
     3},
    {"v_dot4_u32_u8", dot<[](u32 a, u32 b, u32 c) {
       for (int n = 0; n < 32; n += 8)
         c += (a >> n & 0xff) * (b >> n & 0xff);
       return c;
     }>,
     3},
};

} // namespace

std::span<const Semantics> vectorSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
