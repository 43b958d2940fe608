// v_cvt_scalef32_*: conversions between 32- or 16-bit floats and formats of 4 to 8 bits with a
// common power of two (CDNA4 ISA 6.7.1, 7.3, 12.11).
//
// The scale is the exponent field of a float32, 2^(e - 127) with e = 0 too and NaN for e = 255:
// values on their way to a small format are divided by it, the others multiplied. One rounding,
// to nearest even or stochastic. Denormals of float32 follow MODE on both sides; those of other
// formats are kept (7.3). Overflow: FP8 and BF8 as MODE.FP16_OVFL says, smaller formats saturate,
// float16 results become infinity, or the largest value with FP16_OVFL.
#include "runtime/emulator/convert_small.h"
#include "runtime/emulator/semantics.h"

#include <array>
#include <limits>
#include <type_traits>

namespace gemmsmith::emulator {
namespace {

enum class Wide { kF32, kF16, kBf16 };

constexpr int kGroup = 32; // values that the longest conversions handle

constexpr int mantissaBits(Wide wide) {
  return wide == Wide::kF32 ? 23 : wide == Wide::kF16 ? 10 : 7;
}

template <Wide wide> double widen(const Wave &w, u32 bits) {
  if constexpr (wide == Wide::kF32)
    return double{std::bit_cast<float>(w.mode >> 4 & 1 ? bits : flushDenormal(bits))};
  else if constexpr (wide == Wide::kF16)
    return double{decodeFloat<kHalfFormat>(bits)};
  else
    return double{decodeFloat<kBfloatFormat>(bits)};
}

template <Wide wide> u32 narrow(const Wave &w, double value) {
  if constexpr (wide == Wide::kF32) {
    u32 bits = std::bit_cast<u32>(static_cast<float>(value));
    return w.mode >> 5 & 1 ? bits : flushDenormal(bits);
  } else if constexpr (wide == Wide::kF16) {
    return encodeNearest<kHalfFormat>(value, saturatesSmallFloats(w) && !std::isinf(value));
  } else {
    return encodeNearest<kBfloatFormat>(value, false);
  }
}

double scaleOf(u32 bits) {
  u32 exponent = bits >> 23 & 0xff;
  return exponent == 0xff ? std::numeric_limits<double>::quiet_NaN()
                          : std::bit_cast<double>(u64{exponent + 1023 - 127} << 52);
}

u32 nextRandom(u32 in) { // V_PRNG_B32
  return in << 1 ^ (in >> 31 ? 197 : 0);
}

// Modifiers of the sources are those of single values; the manual defines none for packed ones.
void refuseModifiers(Wave &w, const Instruction &i) {
  if (i.negate || i.absolute)
    w.fault(i, "neg and abs of this conversion are not defined");
}

// Registers of a source of several, in the lanes that are active.
std::array<const u32 *, kGroup> readRegisters(Wave &w, const Instruction &i, u16 code, int count) {
  if (code < kVgpr)
    w.fault(i, "a source of several registers can only be in VGPRs (CDNA4 ISA 6.7.1)");
  std::array<const u32 *, kGroup> lanes{};
  for (int r = 0; r < count; ++r)
    lanes[static_cast<std::size_t>(r)] = w.readVgpr(i, static_cast<u16>(code + r), w.exec);
  return lanes;
}

template <FloatFormat f, Wide wide, bool stochastic>
u32 encodeScaled(double value, double scale, u32 random, bool saturate) {
  // NaN / NaN keeps the value's sign; a NaN scale must not set one.
  double scaled = scale != scale ? std::copysign(scale, value) : value / scale;
  if constexpr (stochastic)
    return encodeStochastic<f>(scaled, random, mantissaBits(wide), saturate);
  else
    return encodeNearest<f>(scaled, saturate);
}

// --- to one or two small values: into a byte or a half that op_sel picks

template <FloatFormat f> void writeCodes(Wave &w, const Instruction &i, u32 *value, int count) {
  if (count * f.width() == 16)
    writePart(w, i, value, 16 * (i.op_sel >> 3 & 1), 0xffff);
  else
    writePart(w, i, value, 8 * (i.op_sel >> 2 & 3), 0xff);
}

// Two float32 values of two sources.
template <FloatFormat f> void packTwo(Wave &w, const Instruction &i) {
  Source<float> low(w, i, 0), high(w, i, 1);
  Source<u32> scale(w, i, 2);
  bool saturate = saturatesSmallFloats(w);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    double s = scaleOf(scale[l]);
    out.v[l] = encodeScaled<f, Wide::kF32, false>(double{low[l]}, s, 0, saturate) |
               encodeScaled<f, Wide::kF32, false>(double{high[l]}, s, 0, saturate) << f.width();
  }
  writeCodes<f>(w, i, out.v, 2);
}

// Two values packed in one source, a register pair for float32.
template <FloatFormat f, Wide wide, bool stochastic> void packPair(Wave &w, const Instruction &i) {
  refuseModifiers(w, i);
  LaneBuffer buffer;
  std::array<const u32 *, kGroup> in{};
  if constexpr (wide == Wide::kF32)
    in = readRegisters(w, i, i.src[0], 2);
  else
    in[0] = operandLanes(w, i, 0, i.src[0], buffer);
  Source<u32> scale(w, i, stochastic ? 2 : 1), random(w, i, 1);
  bool saturate = saturatesSmallFloats(w);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    double s = scaleOf(scale[l]);
    u32 low = in[0][l], high = wide == Wide::kF32 ? in[1][l] : low >> 16;
    u32 first = random[l], second = nextRandom(first);
    out.v[l] = encodeScaled<f, wide, stochastic>(widen<wide>(w, low), s, first, saturate) |
               encodeScaled<f, wide, stochastic>(widen<wide>(w, high), s, second, saturate)
                   << f.width();
  }
  writeCodes<f>(w, i, out.v, 2);
}

// One value, stochastically.
template <FloatFormat f, typename T> void packOne(Wave &w, const Instruction &i) {
  constexpr Wide kWide = std::is_same_v<T, float>  ? Wide::kF32
                         : std::is_same_v<T, Half> ? Wide::kF16
                                                   : Wide::kBf16;
  if constexpr (kWide == Wide::kBf16)
    refuseModifiers(w, i);
  Source<T> source(w, i, 0);
  Source<u32> random(w, i, 1), scale(w, i, 2);
  bool saturate = saturatesSmallFloats(w);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    double value;
    if constexpr (kWide == Wide::kBf16)
      value = widen<kWide>(w, source[l]);
    else
      value = static_cast<double>(source[l]);
    out.v[l] = encodeScaled<f, kWide, true>(value, scaleOf(scale[l]), random[l], saturate);
  }
  writeCodes<f>(w, i, out.v, 1);
}

// --- from one or two small values

template <FloatFormat f, Wide wide> void unpackPair(Wave &w, const Instruction &i) {
  refuseModifiers(w, i);
  Source<u32> source(w, i, 0), scale(w, i, 1);
  int shift = f.width() == 4 ? 8 * (i.op_sel & 3) : 16 * (i.op_sel & 1);
  LaneBuffer low, high;
  for (int l = 0; l < kLanes; ++l) {
    double s = scaleOf(scale[l]);
    u32 codes = source[l] >> shift;
    low.v[l] = narrow<wide>(w, double{decodeFloat<f>(codes)} * s);
    high.v[l] = narrow<wide>(w, double{decodeFloat<f>(codes >> f.width())} * s);
    if constexpr (wide != Wide::kF32)
      low.v[l] |= high.v[l] << 16;
  }
  writeLanes(w, i, i.dst, low.v);
  if constexpr (wide == Wide::kF32)
    writeLanes(w, i, static_cast<u16>(i.dst + 1), high.v);
}

template <FloatFormat f, Wide wide> void unpackOne(Wave &w, const Instruction &i) {
  refuseModifiers(w, i);
  Source<u32> source(w, i, 0), scale(w, i, 1);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = narrow<wide>(w, double{decodeFloat<f>(source[l] >> 8 * (i.op_sel & 3))} *
                                   scaleOf(scale[l]));
  if constexpr (wide == Wide::kF32)
    writeLanes(w, i, i.dst, out.v);
  else
    writePart(w, i, out.v, 16 * (i.op_sel >> 3 & 1), 0xffff);
}

// --- 32 values at once, six bits each in six registers

// Value n of a lane. `two_sources`: even ones come from the first, odd ones from the second.
template <FloatFormat f, Wide wide, bool stochastic, bool two_sources>
void pack32(Wave &w, const Instruction &i) {
  refuseModifiers(w, i);
  constexpr int kRegisters = wide == Wide::kF32 && !two_sources ? 32 : 16;
  std::array<const u32 *, kGroup> in[2] = {readRegisters(w, i, i.src[0], kRegisters), {}};
  if constexpr (two_sources)
    in[1] = readRegisters(w, i, i.src[1], kRegisters);
  Source<u32> scale(w, i, stochastic || two_sources ? 2 : 1);
  LaneBuffer random{}, out[6] = {};
  if constexpr (stochastic) {
    Source<u32> seed(w, i, 1);
    for (int l = 0; l < kLanes; ++l)
      random.v[l] = seed[l];
  }
  for (int n = 0; n < kGroup; ++n) {
    int bit = n * f.width(), word = bit / 32, shift = bit % 32;
    int element = two_sources ? n / 2 : n;
    const u32 *from =
        in[two_sources ? n % 2 : 0][static_cast<std::size_t>(wide == Wide::kF32 ? element : n / 2)];
    for (int l = 0; l < kLanes; ++l) {
      u32 bits = wide == Wide::kF32 ? from[l] : from[l] >> 16 * (n % 2);
      u32 code = encodeScaled<f, wide, stochastic>(widen<wide>(w, bits), scaleOf(scale[l]),
                                                   random.v[l], true);
      random.v[l] = nextRandom(random.v[l]);
      out[word].v[l] |= code << shift;
      if (shift + f.width() > 32)
        out[word + 1].v[l] |= code >> (32 - shift);
    }
  }
  for (int r = 0; r < 6; ++r)
    writeLanes(w, i, static_cast<u16>(i.dst + r), out[r].v);
}

template <FloatFormat f, Wide wide> void unpack32(Wave &w, const Instruction &i) {
  refuseModifiers(w, i);
  auto in = readRegisters(w, i, i.src[0], 6);
  Source<u32> scale(w, i, 1);
  constexpr int kPerRegister = wide == Wide::kF32 ? 1 : 2;
  LaneBuffer out[kGroup / kPerRegister] = {};
  for (int n = 0; n < kGroup; ++n) {
    int bit = n * f.width(), shift = bit % 32;
    auto word = static_cast<std::size_t>(bit / 32);
    for (int l = 0; l < kLanes; ++l) {
      u32 code = in[word][l] >> shift;
      if (shift + f.width() > 32)
        code |= in[word + 1][l] << (32 - shift);
      u32 result = narrow<wide>(w, double{decodeFloat<f>(code)} * scaleOf(scale[l]));
      out[n / kPerRegister].v[l] |= result << 16 * (n % kPerRegister);
    }
  }
  for (int r = 0; r < kGroup / kPerRegister; ++r)
    writeLanes(w, i, static_cast<u16>(i.dst + r), out[r].v);
}

using enum Wide;
constexpr FloatFormat kFp8 = kFp8Format, kBf8 = kBf8Format, kFp6 = kFp6Format, kBf6 = kBf6Format,
                      kFp4 = kFp4Format;

const Semantics kTable[] = {
    {"v_cvt_scalef32_pk_fp8_f32", packTwo<kFp8>, 3},
    {"v_cvt_scalef32_pk_bf8_f32", packTwo<kBf8>, 3},
    {"v_cvt_scalef32_pk_fp4_f32", packTwo<kFp4>, 3},
    {"v_cvt_scalef32_pk_fp8_f16", packPair<kFp8, kF16, false>, 2},
    {"v_cvt_scalef32_pk_bf8_f16", packPair<kBf8, kF16, false>, 2},
    {"v_cvt_scalef32_pk_fp8_bf16", packPair<kFp8, kBf16, false>, 2},
    {"v_cvt_scalef32_pk_bf8_bf16", packPair<kBf8, kBf16, false>, 2},
    {"v_cvt_scalef32_pk_fp4_f16", packPair<kFp4, kF16, false>, 2},
    {"v_cvt_scalef32_pk_fp4_bf16", packPair<kFp4, kBf16, false>, 2},
    {"v_cvt_scalef32_sr_pk_fp4_f32", packPair<kFp4, kF32, true>, 3},
    {"v_cvt_scalef32_sr_pk_fp4_f16", packPair<kFp4, kF16, true>, 3},
    {"v_cvt_scalef32_sr_pk_fp4_bf16", packPair<kFp4, kBf16, true>, 3},
    {"v_cvt_scalef32_sr_fp8_f32", packOne<kFp8, float>, 3},
    {"v_cvt_scalef32_sr_bf8_f32", packOne<kBf8, float>, 3},
    {"v_cvt_scalef32_sr_fp8_f16", packOne<kFp8, Half>, 3},
    {"v_cvt_scalef32_sr_bf8_f16", packOne<kBf8, Half>, 3},
    {"v_cvt_scalef32_sr_fp8_bf16", packOne<kFp8, u16>, 3},
    {"v_cvt_scalef32_sr_bf8_bf16", packOne<kBf8, u16>, 3},
    {"v_cvt_scalef32_pk_f32_fp8", unpackPair<kFp8, kF32>, 2},
    {"v_cvt_scalef32_pk_f32_bf8", unpackPair<kBf8, kF32>, 2},
    {"v_cvt_scalef32_pk_f32_fp4", unpackPair<kFp4, kF32>, 2},
    {"v_cvt_scalef32_pk_f16_fp8", unpackPair<kFp8, kF16>, 2},
    {"v_cvt_scalef32_pk_f16_bf8", unpackPair<kBf8, kF16>, 2},
    {"v_cvt_scalef32_pk_f16_fp4", unpackPair<kFp4, kF16>, 2},
    {"v_cvt_scalef32_pk_bf16_fp8", unpackPair<kFp8, kBf16>, 2},
    {"v_cvt_scalef32_pk_bf16_bf8", unpackPair<kBf8, kBf16>, 2},
    {"v_cvt_scalef32_pk_bf16_fp4", unpackPair<kFp4, kBf16>, 2},
    {"v_cvt_scalef32_f32_fp8", unpackOne<kFp8, kF32>, 2},
    {"v_cvt_scalef32_f32_bf8", unpackOne<kBf8, kF32>, 2},
    {"v_cvt_scalef32_f16_fp8", unpackOne<kFp8, kF16>, 2},
    {"v_cvt_scalef32_f16_bf8", unpackOne<kBf8, kF16>, 2},
    {"v_cvt_scalef32_2xpk16_fp6_f32", pack32<kFp6, kF32, false, true>, 3},
    {"v_cvt_scalef32_2xpk16_bf6_f32", pack32<kBf6, kF32, false, true>, 3},
    {"v_cvt_scalef32_sr_pk32_fp6_f32", pack32<kFp6, kF32, true, false>, 3},
    {"v_cvt_scalef32_sr_pk32_bf6_f32", pack32<kBf6, kF32, true, false>, 3},
    {"v_cvt_scalef32_pk32_fp6_f16", pack32<kFp6, kF16, false, false>, 2},
    {"v_cvt_scalef32_pk32_fp6_bf16", pack32<kFp6, kBf16, false, false>, 2},
    {"v_cvt_scalef32_pk32_bf6_f16", pack32<kBf6, kF16, false, false>, 2},
    {"v_cvt_scalef32_pk32_bf6_bf16", pack32<kBf6, kBf16, false, false>, 2},
    {"v_cvt_scalef32_sr_pk32_fp6_f16", pack32<kFp6, kF16, true, false>, 3},
    {"v_cvt_scalef32_sr_pk32_fp6_bf16", pack32<kFp6, kBf16, true, false>, 3},
    {"v_cvt_scalef32_sr_pk32_bf6_f16", pack32<kBf6, kF16, true, false>, 3},
    {"v_cvt_scalef32_sr_pk32_bf6_bf16", pack32<kBf6, kBf16, true, false>, 3},
    {"v_cvt_scalef32_pk32_f32_fp6", unpack32<kFp6, kF32>, 2},
    {"v_cvt_scalef32_pk32_f32_bf6", unpack32<kBf6, kF32>, 2},
    {"v_cvt_scalef32_pk32_f16_fp6", unpack32<kFp6, kF16>, 2},
    {"v_cvt_scalef32_pk32_bf16_fp6", unpack32<kFp6, kBf16>, 2},
    {"v_cvt_scalef32_pk32_f16_bf6", unpack32<kBf6, kF16>, 2},
    {"v_cvt_scalef32_pk32_bf16_bf6", unpack32<kBf6, kBf16>, 2},
};

} // namespace

std::span<const Semantics> convertScaledSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
