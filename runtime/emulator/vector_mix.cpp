// v_fma_mix: a fused multiply-add of floats and halves (CDNA4 ISA 12.10, where it is V_MAD_MIX).
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

namespace gemmsmith::emulator {
namespace {

enum class Mix { kFloat, kLow, kHigh };

// Each source is a float, or where OP_SEL_HI is set a half that OP_SEL picks. NEG_HI is the
// absolute value.
class MixSource {
public:
  MixSource(Wave &w, const Instruction &i, int n)
      : lanes_(operandLanes(w, i, n, i.src[n], buffer_)) {
    bool is_half = i.op_sel_hi >> n & 1, upper = i.op_sel >> n & 1;
    bool constant = i.src[n] >= 240 && i.src[n] <= 248;
    for (int l = 0; l < kLanes; ++l) {
      float f;
      if (is_half) { // an inline constant is a half in the lower half
        u32 v = constant ? inlineHalf(i.src[n]) : lanes_[l];
        Half h = half(upper ? v >> 16 : v);
        f = static_cast<float>(flushesInputs<Half>(w.mode) ? flushDenormal(h) : h);
      } else {
        f = std::bit_cast<float>(lanes_[l]);
        f = flushesInputs<float>(w.mode) ? flushDenormal(f) : f;
      }
      if (i.negate_high >> n & 1)
        f = std::fabs(f);
      value_[l] = i.negate >> n & 1 ? -f : f;
    }
  }
  float operator[](int lane) const { return value_[lane]; }

private:
  LaneBuffer buffer_;
  const u32 *lanes_;
  alignas(64) float value_[kLanes];
};

float fused(float a, float b, float c) {
  return std::fma(a, b, c);
}
Half toHalf(float f) {
  return static_cast<Half>(f);
}

// The float result is rounded again to a half; the other half of the register stays, defined or
// not.
template <Mix mix> void fmaMix(Wave &w, const Instruction &i) {
  MixSource a(w, i, 0), b(w, i, 1), c(w, i, 2);
  alignas(64) float r[kLanes];
  computeRounded<fused>(rounding<float>(w.mode), r, a, b, c);
  if (modifiesResults<float>(w, i))
    modifyLanes(w, i, r);
  LaneBuffer out;
  if constexpr (mix == Mix::kFloat) {
    std::memcpy(out.v, r, sizeof out.v);
  } else {
    alignas(64) Half halves[kLanes];
    computeRounded<toHalf>(rounding<Half>(w.mode), halves, r);
    if (limitsHalfOverflow(w.mode))
      limitOverflow(halves, a, b, c);
    unsigned d = i.dst - kVgpr;
    const u32 *old = w.vgpr[d < kVgprs ? d : 0].data();
    for (int l = 0; l < kLanes; ++l) {
      u32 bits = halfBits(flushesOutputs<Half>(w.mode) ? flushDenormal(halves[l]) : halves[l]);
      out.v[l] = mix == Mix::kLow ? bits | (old[l] & 0xffff0000) : bits << 16 | (old[l] & 0xffff);
    }
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
