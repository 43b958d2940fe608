// Instructions that see several values in one operand: packed 16-bit and float32 operations, mixed
// precision, dot products (CDNA4 ISA 12.8, 12.12).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

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

const Semantics kTable[] = {
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

std::span<const Semantics> vectorPackedSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
