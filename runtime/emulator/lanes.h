// Operands and results of vector instructions: 64 lanes in, 64 lanes out.
//
// A handler is `vector<F>` for a function F of scalars: the argument and result types say how many
// registers an operand takes and how it is modified (negation, absolute value, half selection), and
// the loop over 64 lanes computes all of them, active or not, so that the compiler vectorises it.
// Only active lanes are written. What MODE does to floats is in float_mode.h and applied here.
#pragma once

#include "runtime/emulator/float_mode.h"
#include "runtime/emulator/wave.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace gemmsmith::emulator {

// True if MODE flushes single-precision denormals, on the way in or out.
inline bool flushesFloat32(const Wave &w) {
  return (w.mode >> 4 & 3) != 3;
}

// DPP and SDWA rearrange an operand on its way in; out of line, they are rare. `code` is the
// register that `in` are the lanes of.
void permuteDpp(Wave &w, const Instruction &i, std::uint16_t code, const std::uint32_t *in,
                std::uint32_t *out);
// Both registers of a 64-bit operand: only row_newbcast may permute these (CDNA4 ISA 13.3.9).
void permuteDpp64(Wave &w, const Instruction &i, std::uint16_t code, const std::uint32_t *low,
                  const std::uint32_t *high, std::uint32_t *low_out, std::uint32_t *high_out);
std::uint64_t dppWriteMask(Wave &w, const Instruction &i);
void selectSdwa(const Sdwa &s, int operand, const std::uint32_t *in, std::uint32_t *out);
void mergeSdwa(const Sdwa &s, const std::uint32_t *previous, std::uint32_t *value);

struct LaneBuffer {
  alignas(64) std::uint32_t v[kLanes];
};

// The 32-bit lanes of operand `n`, before float modifiers.
inline const std::uint32_t *operandLanes(Wave &w, const Instruction &i, int n, std::uint16_t code,
                                         LaneBuffer &buffer) {
  const std::uint32_t *lanes;
  if (code >= kVgpr) [[likely]] {
    // DPP checks the lanes it reads by itself; others must be defined wherever EXEC is set.
    lanes = w.readVgpr(i, code, i.dpp && n == 0 ? 0 : w.exec);
  } else {
    std::uint32_t value = w.scalar32(i, code);
    for (auto &lane : buffer.v)
      lane = value;
    lanes = buffer.v;
  }
  if (i.dpp && n == 0) {
    LaneBuffer in;
    std::memcpy(in.v, lanes, sizeof in.v);
    permuteDpp(w, i, code, in.v, buffer.v);
    lanes = buffer.v;
  } else if (i.sdwa && n < 2) {
    LaneBuffer in;
    std::memcpy(in.v, lanes, sizeof in.v);
    selectSdwa(i.sdwa_control, n, in.v, buffer.v);
    lanes = buffer.v;
  }
  return lanes;
}

// Whether an operand's denormals are what MODE makes of them, or always themselves: V_CMP_CLASS
// looks at the bits, and V_DIV_FMAS flushes no inputs.
enum class Denormals : std::uint8_t { kMode, kKept };

template <typename T> class Source;

template <typename T>
  requires(sizeof(T) == 4 && std::is_integral_v<T>)
class Source<T> {
public:
  Source(Wave &w, const Instruction &i, int n) : lanes_(operandLanes(w, i, n, i.src[n], buffer_)) {}
  T operator[](int lane) const { return static_cast<T>(lanes_[lane]); }

private:
  LaneBuffer buffer_;
  const std::uint32_t *lanes_;
};

template <> class Source<float> {
public:
  Source(Wave &w, const Instruction &i, int n, Denormals denormals = Denormals::kMode)
      : lanes_(operandLanes(w, i, n, i.src[n], buffer_)) {
    bool negate = i.negate >> n & 1, absolute = i.absolute >> n & 1;
    bool flush = denormals == Denormals::kMode && flushesInputs<float>(w.mode);
    if (!(negate || absolute || flush)) [[likely]]
      return;
    std::uint32_t keep = absolute ? 0x7fffffff : 0xffffffff, flip = negate ? 0x80000000 : 0;
    for (int l = 0; l < kLanes; ++l) {
      std::uint32_t v = (lanes_[l] & keep) ^ flip;
      buffer_.v[l] = flush ? flushDenormal(v) : v;
    }
    lanes_ = buffer_.v;
  }
  float operator[](int lane) const { return std::bit_cast<float>(lanes_[lane]); }

private:
  LaneBuffer buffer_;
  const std::uint32_t *lanes_;
};

// Inline float constants are half-precision patterns to a 16-bit float operand; integers are the
// same (CDNA4 ISA 6.2.1).
inline std::uint16_t inlineHalf(std::uint16_t code) {
  static constexpr std::uint16_t kHalves[] = {0x3800, 0xb800, 0x3c00, 0xbc00, 0x4000,
                                              0xc000, 0x4400, 0xc400, 0x3118};
  return kHalves[code - 240];
}

template <typename T>
  requires(sizeof(T) == 2)
class Source<T> {
public:
  Source(Wave &w, const Instruction &i, int n, Denormals denormals = Denormals::kMode)
      : lanes_(operandLanes(w, i, n, i.src[n], buffer_)) {
    std::uint16_t code = i.src[n];
    shift_ = i.op_sel >> n & 1 ? 16 : 0;
    if constexpr (std::is_same_v<T, Half>) {
      bool negate = i.negate >> n & 1, absolute = i.absolute >> n & 1;
      bool constant = code >= 240 && code <= 248;
      bool flush = denormals == Denormals::kMode && flushesInputs<Half>(w.mode);
      if (negate || absolute || constant || flush) {
        std::uint32_t keep = absolute ? 0x7fff : 0xffff, flip = negate ? 0x8000 : 0;
        for (int l = 0; l < kLanes; ++l) {
          std::uint32_t v = ((constant ? inlineHalf(code) : lanes_[l] >> shift_) & keep) ^ flip;
          buffer_.v[l] = flush && (v & 0x7c00) == 0 ? v & 0x8000 : v;
        }
        lanes_ = buffer_.v;
        shift_ = 0;
      }
    }
  }
  T operator[](int lane) const {
    return std::bit_cast<T>(static_cast<std::uint16_t>(lanes_[lane] >> shift_));
  }

private:
  LaneBuffer buffer_;
  const std::uint32_t *lanes_;
  int shift_ = 0;
};

template <typename T>
  requires(sizeof(T) == 8)
class Source<T> {
public:
  // With `undefined_high`, the high half need not be defined: the lanes where it is not are added
  // there. The low half always must be.
  Source(Wave &w, const Instruction &i, int n, std::uint64_t *undefined_high = nullptr) {
    std::uint16_t code = i.src[n], next = static_cast<std::uint16_t>(code + 1);
    if (code >= kVgpr) {
      std::uint64_t undefined = undefined_high ? w.exec & w.undefinedLanes(next) : 0;
      std::uint64_t lanes = i.dpp && n == 0 ? 0 : w.exec;
      low_ = w.readVgpr(i, code, lanes);
      high_ = w.readVgpr(i, next, lanes & ~undefined);
      if (i.dpp && n == 0) {
        permuteDpp64(w, i, code, low_, high_, buffer_.v, buffer_high_.v);
        low_ = buffer_.v;
        high_ = buffer_high_.v;
      }
      if (undefined_high)
        *undefined_high |= undefined;
    } else {
      std::uint64_t value;
      if (undefined_high && code < kExecLo) {
        std::uint32_t defined;
        value = w.scalar32(i, code) | std::uint64_t{w.rawScalar32(i, next, defined)} << 32;
        if (defined != ~0u)
          *undefined_high |= w.exec;
      } else {
        value = w.scalar64(i, code);
      }
      // A literal is the upper half of a double; integers extend it by their sign, if they have one
      // (CDNA4 ISA 6.2.1.1).
      if (code == kLiteral && std::is_floating_point_v<T>)
        value <<= 32;
      else if (code == kLiteral && std::is_signed_v<T>)
        value = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
      for (int l = 0; l < kLanes; ++l) {
        buffer_.v[l] = static_cast<std::uint32_t>(value);
        buffer_high_.v[l] = static_cast<std::uint32_t>(value >> 32);
      }
      low_ = buffer_.v;
      high_ = buffer_high_.v;
    }
    if constexpr (std::is_floating_point_v<T>) {
      if (i.absolute >> n & 1)
        keep_ = ~(std::uint64_t{1} << 63);
      if (i.negate >> n & 1)
        flip_ = std::uint64_t{1} << 63;
      flush_ = flushesInputs<double>(w.mode);
    }
  }
  Source(Wave &w, const Instruction &i, int n, Denormals denormals) : Source(w, i, n) {
    flush_ = flush_ && denormals == Denormals::kMode;
  }
  T operator[](int lane) const {
    std::uint64_t v = low_[lane] | std::uint64_t{high_[lane]} << 32;
    auto value = std::bit_cast<T>((v & keep_) ^ flip_);
    if constexpr (std::is_floating_point_v<T>)
      return flush_ ? flushDenormal(value) : value;
    return value;
  }

private:
  LaneBuffer buffer_, buffer_high_;
  const std::uint32_t *low_, *high_;
  std::uint64_t keep_ = ~std::uint64_t{0}, flip_ = 0;
  bool flush_ = false;
};

inline void storeLanes(std::uint32_t *to, const std::uint32_t *from, std::uint64_t lanes) {
  if (lanes == kAllLanes) [[likely]] {
    std::memcpy(to, from, sizeof(std::uint32_t) * kLanes);
    return;
  }
  for (int l = 0; l < kLanes; ++l)
    to[l] = lanes >> l & 1 ? from[l] : to[l];
}

// Output modifiers (CDNA4 ISA 6.2.2). OMOD multiplies, but only where IEEE mode is off and denormal
// results are flushed; it makes -0 into +0. CLAMP then limits to 0..1, where DX10_CLAMP turns NaN
// to 0.
template <typename T> T modifyFloat(const Wave &w, const Instruction &i, T v) {
  if (i.omod && flushesOutputs<T>(w.mode) && !ieee(w.mode)) {
    v = v * static_cast<T>(i.omod == 1 ? 2.0f : i.omod == 2 ? 4.0f : 0.5f);
    v = flushDenormal(v);
    if (v == 0)
      v = 0;
  }
  if (i.clamp) {
    if (v != v)
      v = clampsNaN(w.mode) ? static_cast<T>(0.0f) : v;
    else
      v = v < static_cast<T>(0.0f)   ? static_cast<T>(0.0f)
          : v > static_cast<T>(1.0f) ? static_cast<T>(1.0f)
                                     : v;
  }
  return v;
}

// What becomes of float results on the way to their register.
template <typename T>
[[gnu::noinline]] void modifyLanes(const Wave &w, const Instruction &i, T *v) {
  RoundingScope scope(rounding<T>(w.mode)); // a multiplication may overflow
  for (int l = 0; l < kLanes; ++l)
    v[l] = modifyFloat(w, i, v[l]);
  if (flushesOutputs<T>(w.mode))
    for (int l = 0; l < kLanes; ++l)
      v[l] = flushDenormal(v[l]);
}
template <typename T> bool modifiesResults(const Wave &w, const Instruction &i) {
  return i.omod || i.clamp || flushesOutputs<T>(w.mode);
}

[[gnu::noinline]] inline void writePermuted(Wave &w, const Instruction &i, std::uint16_t code,
                                            std::uint32_t *value) {
  std::uint64_t lanes = i.dpp ? w.exec & dppWriteMask(w, i) : w.exec;
  if (i.sdwa && i.sdwa_control.destination != 6) {
    const std::uint32_t *previous = i.sdwa_control.unused == 2 ? w.readVgpr(i, code, lanes) : value;
    LaneBuffer old;
    std::memcpy(old.v, previous, sizeof old.v);
    mergeSdwa(i.sdwa_control, old.v, value);
  }
  storeLanes(w.writeVgpr(i, code, lanes), value, lanes);
}
// Writes 32-bit results to a VGPR in the lanes that are active.
[[gnu::always_inline]] inline void writeLanes(Wave &w, const Instruction &i, std::uint16_t code,
                                              std::uint32_t *value) {
  if (i.dpp || i.sdwa) [[unlikely]]
    return writePermuted(w, i, code, value);
  storeLanes(w.writeVgpr(i, code, w.exec), value, w.exec);
}

// VOP3 opcodes with a 16-bit result that keep the other half of the register: v_mad_*16, v_fma_f16
// and v_div_fixup_f16, v_cvt_sr_f16_f32 and v_cvt_sr_bf16_f32 (CDNA4 ISA 12.11). All others zero
// it.
inline bool keepsOtherHalf(const Instruction &i) {
  return i.format == Format::kVop3 &&
         ((i.opcode >= 515 && i.opcode <= 519) || i.opcode == 678 || i.opcode == 679);
}

template <typename T>
[[gnu::always_inline]] inline void storeResult(Wave &w, const Instruction &i, const T *result) {
  LaneBuffer out;
  if constexpr (sizeof(T) == 8) {
    LaneBuffer high;
    for (int l = 0; l < kLanes; ++l) {
      auto v = std::bit_cast<std::uint64_t>(result[l]);
      out.v[l] = static_cast<std::uint32_t>(v);
      high.v[l] = static_cast<std::uint32_t>(v >> 32);
    }
    writeLanes(w, i, i.dst, out.v);
    writeLanes(w, i, static_cast<std::uint16_t>(i.dst + 1), high.v);
  } else if constexpr (sizeof(T) == 4) {
    for (int l = 0; l < kLanes; ++l)
      out.v[l] = std::bit_cast<std::uint32_t>(result[l]);
    writeLanes(w, i, i.dst, out.v);
  } else {
    // 16-bit results go to the half that op_sel[3] names; the other half is kept there.
    for (int l = 0; l < kLanes; ++l)
      out.v[l] = std::bit_cast<std::uint16_t>(result[l]);
    bool high = i.op_sel >> 3 & 1;
    if ((high || keepsOtherHalf(i)) && !i.sdwa) {
      // The kept half may be undefined: it stays what it is, and the register counts as written.
      unsigned r = i.dst - kVgpr;
      const std::uint32_t *old = w.vgpr[r < kVgprs ? r : 0].data();
      for (int l = 0; l < kLanes; ++l)
        out.v[l] = high ? (out.v[l] << 16 | (old[l] & 0xffff)) : (out.v[l] | (old[l] & 0xffff0000));
    }
    writeLanes(w, i, i.dst, out.v);
  }
}

template <typename T> void writeResult(Wave &w, const Instruction &i, T *result) {
  if constexpr (kIsFloat<T>)
    if (modifiesResults<T>(w, i))
      modifyLanes(w, i, result);
  storeResult(w, i, result);
}

template <typename T> using ValueOf = std::decay_t<decltype(std::declval<const T &>()[0])>;

// FP16_OVFL: an infinite result of finite operands is the largest half instead (CDNA4 ISA 3.5). Of
// the functions of one operand, 1/0, 1/sqrt(0) and log(0) are infinite and no overflow.
template <typename... S> void limitOverflow(Half *r, const S &...sources) {
  auto infinite = [](auto v) {
    if constexpr (kIsFloat<decltype(v)>)
      return std::isinf(static_cast<double>(v));
    else
      return false;
  };
  for (int l = 0; l < kLanes; ++l) {
    bool is_true = (infinite(sources[l]) || ...);
    if constexpr (sizeof...(S) == 1)
      is_true = is_true || ((sources[l] == 0) && ...);
    if (!is_true && infinite(r[l]))
      r[l] = std::copysign(65504.0f, static_cast<float>(r[l]));
  }
}

// Which rounding mode an operation follows: that of its result, of its first operand (where the
// result is an integer), or none, always to nearest even.
enum class Follows : std::uint8_t { kResult, kOperand, kNone };

template <auto F, typename R, typename... S>
[[gnu::noinline]] void computeRounded(Rounding mode, R *r, const S &...sources) {
  RoundingScope scope(mode);
  for (int l = 0; l < kLanes; ++l)
    r[l] = F(sources[l]...);
}
// Apart from the usual case, where the results stay in registers.
template <auto F, typename R, typename... S>
[[gnu::noinline]] void computeUnusual(Wave &w, const Instruction &i, Rounding mode,
                                      const S &...sources) {
  alignas(64) R r[kLanes];
  computeRounded<F>(mode, r, sources...);
  if constexpr (std::is_same_v<R, Half>)
    if (limitsHalfOverflow(w.mode))
      limitOverflow(r, sources...);
  writeResult(w, i, r);
}

template <auto F, Follows follows, typename R, typename First, typename... S>
[[gnu::always_inline]] inline void compute(Wave &w, const Instruction &i, const First &first,
                                           const S &...sources) {
  using Rounded = std::conditional_t<follows == Follows::kResult, R, ValueOf<First>>;
  constexpr bool kRounds = follows != Follows::kNone && kIsFloat<Rounded>;
  Rounding mode = kRounds ? rounding<Rounded>(w.mode) : Rounding::kNearestEven;
  bool unusual = mode != Rounding::kNearestEven;
  if constexpr (kIsFloat<R>)
    unusual = unusual || modifiesResults<R>(w, i);
  if constexpr (std::is_same_v<R, Half>)
    unusual = unusual || limitsHalfOverflow(w.mode);
  if (unusual) [[unlikely]]
    return computeUnusual<F, R>(w, i, mode, first, sources...);
  alignas(64) R r[kLanes];
  for (int l = 0; l < kLanes; ++l)
    r[l] = F(first[l], sources[l]...);
  storeResult(w, i, r);
}

template <auto F, Follows follows, typename R, typename A>
void vectorOf(Wave &w, const Instruction &i, R (*)(A)) {
  Source<A> a(w, i, 0);
  compute<F, follows, R>(w, i, a);
}
template <auto F, Follows follows, typename R, typename A, typename B>
void vectorOf(Wave &w, const Instruction &i, R (*)(A, B)) {
  Source<A> a(w, i, 0);
  Source<B> b(w, i, 1);
  compute<F, follows, R>(w, i, a, b);
}
template <auto F, Follows follows, typename R, typename A, typename B, typename C>
void vectorOf(Wave &w, const Instruction &i, R (*)(A, B, C)) {
  Source<A> a(w, i, 0);
  Source<B> b(w, i, 1);
  Source<C> c(w, i, 2);
  compute<F, follows, R>(w, i, a, b, c);
}

template <auto F, Follows follows = Follows::kResult> void vector(Wave &w, const Instruction &i) {
  vectorOf<F, follows>(w, i, +F);
}

// An operation that IEEE mode changes.
template <auto Ieee, auto Plain> void byIeee(Wave &w, const Instruction &i) {
  ieee(w.mode) ? vector<Ieee>(w, i) : vector<Plain>(w, i);
}

} // namespace gemmsmith::emulator
