// v_fma_mix: a fused multiply-add of floats and halves (CDNA4 ISA 12.10, where it is V_MAD_MIX).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

enum class Mix { kFloat, kLow, kHigh };

// Each source is a float, or where OP_SEL_HI is set a half that OP_SEL picks. NEG_HI is the
// absolute value.
float mixOperand(const Instruction &i, int n, u32 v, bool flush) {
  float f;
  if (i.op_sel_hi >> n & 1) {
    u16 code = i.src[n];
    bool upper = i.op_sel >> n & 1;
    if (code >= 240 && code <= 248) // an inline constant is a half in the lower half
      v = inlineHalf(code);
    f = static_cast<float>(half(upper ? v >> 16 : v));
  } else {
    f = std::bit_cast<float>(flush ? flushDenormal(v) : v);
  }
  if (i.negate_high >> n & 1)
    f = std::fabs(f);
  return i.negate >> n & 1 ? -f : f;
}

// The other half of a mixlo or mixhi destination stays, defined or not.
template <Mix mix> void fmaMix(Wave &w, const Instruction &i) {
  LaneBuffer buffers[3], out;
  const u32 *in[3];
  for (int n = 0; n < 3; ++n)
    in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
  unsigned r = i.dst - kVgpr;
  const u32 *old = w.vgpr[r < kVgprs ? r : 0].data();
  bool flush = flushesFloat32(w);
  for (int l = 0; l < kLanes; ++l) {
    float v[3];
    for (int n = 0; n < 3; ++n)
      v[n] = mixOperand(i, n, in[n][l], flush);
    float result = modifyFloat(w, i, std::fma(v[0], v[1], v[2]));
    auto bits = std::bit_cast<u32>(result);
    if (flush)
      bits = flushDenormal(bits);
    u32 rounded = halfBits(static_cast<Half>(std::bit_cast<float>(bits)));
    if constexpr (mix == Mix::kFloat)
      out.v[l] = bits;
    else if constexpr (mix == Mix::kLow)
      out.v[l] = rounded | (old[l] & 0xffff0000);
    else
      out.v[l] = rounded << 16 | (old[l] & 0xffff);
  }
  writeLanes(w, i, i.dst, out.v);
}

const Semantics kTable[] = {
    {"v_fma_mix_f32", fmaMix<Mix::kFloat>, 3},
    {"v_fma_mixlo_f16", fmaMix<Mix::kLow>, 3},
    {"v_fma_mixhi_f16", fmaMix<Mix::kHigh>, 3},
};

} // namespace

std::span<const Semantics> vectorMixSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
