// Dot products of packed elements, added to a 32-bit value (CDNA4 ISA 12.7, 12.10). The forms whose
// names end in c accumulate into their destination.
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/semantics.h"

#include <algorithm>
#include <limits>

namespace gemmsmith::emulator {
namespace {

struct DotOperands {
  DotOperands(Wave &w, const Instruction &i) {
    for (int n = 0; n < 3; ++n)
      in[n] = operandLanes(w, i, n, i.src[n], buffers[n]);
  }
  LaneBuffer buffers[3];
  const u32 *in[3];
};

// --- integers: T says how `width`-bit elements extend. CLAMP saturates the whole sum.

template <typename T> i64 element(u32 v, int at, int width) {
  u32 left = v << (32 - width - at);
  return std::is_signed_v<T> ? i64{static_cast<i32>(left) >> (32 - width)}
                             : i64{left >> (32 - width)};
}
template <typename T, int width> void dot(Wave &w, const Instruction &i) {
  using Limits = std::numeric_limits<T>;
  DotOperands operands(w, i);
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    i64 sum = static_cast<T>(operands.in[2][l]);
    for (int at = 0; at < 32; at += width)
      sum += element<T>(operands.in[0][l], at, width) * element<T>(operands.in[1][l], at, width);
    if (i.clamp)
      sum = std::clamp(sum, i64{Limits::min()}, i64{Limits::max()});
    out.v[l] = static_cast<u32>(sum);
  }
  writeLanes(w, i, i.dst, out.v);
}

// --- floats: always to nearest, float32 denormals are zeros on the way in and out, whatever MODE
// says (CDNA4 ISA 6.4)

float withoutDenormal(u32 bits) {
  return std::bit_cast<float>(flushDenormal(bits));
}
// An inline constant is an element in the lower half, and nothing above it.
struct Bf16 {
  static float toFloat(u32 v) { return withoutDenormal(v << 16); }
  static u32 constant(u16 code, u32 v) { return code >= 240 && code <= 248 ? v >> 16 : v; }
};
struct F16 { // a half's denormals are normal floats
  static float toFloat(u32 v) { return static_cast<float>(half(v)); }
  static u32 constant(u16 code, u32 v) { return code >= 240 && code <= 248 ? inlineHalf(code) : v; }
};

// Which halves to negate: NEG and NEG_HI in VOP3P; in VOP3, ABS stands for NEG_HI.
struct DotNegation {
  u32 low = 0, high = 0;
};
DotNegation dotNegation(const Instruction &i) {
  return {i.negate, i.format == Format::kVop3p ? i.negate_high : i.absolute};
}

enum class Addend { kFirst, kLast };

template <typename T, Addend addend> void dotFloat(Wave &w, const Instruction &i) {
  DotOperands operands(w, i);
  DotNegation negation = dotNegation(i);
  auto product = [&](int l, bool high) {
    u32 negate = high ? negation.high : negation.low;
    float v[2];
    for (int n = 0; n < 2; ++n) {
      u32 pair = T::constant(i.src[n], operands.in[n][l]);
      v[n] = T::toFloat(high ? pair >> 16 : pair & 0xffff);
      v[n] = negate >> n & 1 ? -v[n] : v[n];
    }
    return v[0] * v[1];
  };
  // Only VOP3P's float16 form negates S2.
  u32 flip =
      i.format == Format::kVop3p && std::is_same_v<T, F16> ? (negation.low >> 2 & 1) << 31 : 0;
  LaneBuffer out;
  for (int l = 0; l < kLanes; ++l) {
    float c = withoutDenormal(operands.in[2][l] ^ flip), sum;
    if constexpr (addend == Addend::kLast)
      sum = product(l, false) + product(l, true) + c;
    else
      sum = c + product(l, false) + product(l, true);
    if (i.clamp)
      sum = modifyFloat(w, i, sum);
    out.v[l] = flushDenormal(std::bit_cast<u32>(sum));
  }
  writeLanes(w, i, i.dst, out.v);
}

const Semantics kTable[] = {
    {"v_dot2_f32_bf16", dotFloat<Bf16, Addend::kLast>, 3},
    {"v_dot2c_f32_bf16", dotFloat<Bf16, Addend::kFirst>, 3},
    {"v_dot2_f32_f16", dotFloat<F16, Addend::kFirst>, 3},
    {"v_dot2c_f32_f16", dotFloat<F16, Addend::kFirst>, 3},
    {"v_dot2_i32_i16", dot<i32, 16>, 3},
    {"v_dot2c_i32_i16", dot<i32, 16>, 3},
    {"v_dot2_u32_u16", dot<u32, 16>, 3},
    {"v_dot4_i32_i8", dot<i32, 8>, 3},
    {"v_dot4c_i32_i8", dot<i32, 8>, 3},
    {"v_dot4_u32_u8", dot<u32, 8>, 3},
    {"v_dot8_i32_i4", dot<i32, 4>, 3},
    {"v_dot8c_i32_i4", dot<i32, 4>, 3},
    {"v_dot8_u32_u4", dot<u32, 4>, 3},
};

} // namespace

std::span<const Semantics> vectorDotSemantics() {
  return kTable;
}

} // namespace gemmsmith::emulator
