// Conversions between float32 and FP8 or BF8 (CDNA4 ISA 7.3, 12.8, 12.11). Overflow saturates if
// MODE.FP16_OVFL is set; OMOD and clamp are ignored on the way to 8 bits.
#include "runtime/emulator/convert_small.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {

void writePart(Wave &w, const Instruction &i, u32 *value, int shift, u32 mask) {
  unsigned r = i.dst - kVgpr;
  const u32 *old = w.vgpr[r < kVgprs ? r : 0].data();
  for (int l = 0; l < kLanes; ++l)
    value[l] = (old[l] & ~(mask << shift)) | (value[l] & mask) << shift;
  writeLanes(w, i, i.dst, value);
}

namespace {

template <FloatFormat f> void unpackPair(Wave &w, const Instruction &i) {
  Source<u32> source(w, i, 0);
  LaneBuffer out[2];
  for (int n = 0; n < 2; ++n)
    for (int l = 0; l < kLanes; ++l)
      out[n].v[l] =
          std::bit_cast<u32>(modifyFloat(w, i, decodeFloat<f>(source[l] >> n * f.width())));
  writeLanes(w, i, i.dst, out[0].v);
  writeLanes(w, i, static_cast<u16>(i.dst + 1), out[1].v);
}

template <FloatFormat f> void packPair(Wave &w, const Instruction &i) {
  Source<float> low(w, i, 0), high(w, i, 1);
  bool saturate = saturatesSmallFloats(w);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = encodeNearest<f>(double{low[l]}, saturate) |
               encodeNearest<f>(double{high[l]}, saturate) << f.width();
  writePart(w, i, out.v, 16 * (i.op_sel >> 3 & 1), 0xffff);
}

template <FloatFormat f> void packStochastic(Wave &w, const Instruction &i) {
  Source<float> source(w, i, 0);
  Source<u32> random(w, i, 1);
  bool saturate = saturatesSmallFloats(w);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l)
    out.v[l] = encodeStochastic<f>(double{source[l]}, random[l], 23, saturate);
  writePart(w, i, out.v, 8 * (i.op_sel >> 2 & 3), 0xff);
}

const Semantics kTable[] = {
    {"v_cvt_f32_fp8", vector<[](u32 v) { return decodeFloat<kFp8Format>(v); }>, 1},
    {"v_cvt_f32_bf8", vector<[](u32 v) { return decodeFloat<kBf8Format>(v); }>, 1},
    {"v_cvt_pk_f32_fp8", unpackPair<kFp8Format>, 1},
    {"v_cvt_pk_f32_bf8", unpackPair<kBf8Format>, 1},
    {"v_cvt_pk_fp8_f32", packPair<kFp8Format>, 2},
    {"v_cvt_pk_bf8_f32", packPair<kBf8Format>, 2},
    {"v_cvt_sr_fp8_f32", packStochastic<kFp8Format>, 2},
    {"v_cvt_sr_bf8_f32", packStochastic<kBf8Format>, 2},
};

} // namespace

std::span<const Semantics> convertSmallSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
