// What MODE says about floating-point results: rounding, denormals, NaNs (CDNA4 ISA 3.5, 6.4).
//
// float32 has its own rounding and denormal modes; float64 and float16 share theirs. Rounding to
// nearest even is the host's own mode, so that it costs nothing; in the other modes a computation
// runs inside a RoundingScope, in a function of its own (noinline) in a file compiled with
// -frounding-math, so that the compiler moves no operation out of it.
#pragma once

#include "runtime/emulator/integers.h"

#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace gemmsmith::emulator {

using Half = _Float16;

template <typename T>
inline constexpr bool kIsFloat = std::is_floating_point_v<T> || std::is_same_v<T, Half>;

// The bits of a T.
template <typename T>
using BitsOf =
    std::conditional_t<sizeof(T) == 2, u16, std::conditional_t<sizeof(T) == 4, u32, u64>>;

template <typename T> struct IeeeFormat {
  using Bits = BitsOf<T>;
  static constexpr int kMantissaBits = sizeof(T) == 2 ? 10 : sizeof(T) == 4 ? 23 : 52;
  static constexpr Bits kSign = static_cast<Bits>(Bits{1} << (sizeof(T) * 8 - 1));
  static constexpr Bits kQuiet = static_cast<Bits>(Bits{1} << (kMantissaBits - 1));
  static constexpr Bits kMantissa = static_cast<Bits>((Bits{1} << kMantissaBits) - 1);
  static constexpr Bits kExponent = static_cast<Bits>(static_cast<Bits>(~kSign) & ~kMantissa);
};

enum class Rounding : u8 { kNearestEven, kUp, kDown, kTowardZero };

template <typename T> Rounding rounding(u32 mode) {
  return static_cast<Rounding>(mode >> (sizeof(T) == 4 ? 0 : 2) & 3);
}
template <typename T> bool flushesInputs(u32 mode) {
  return !(mode >> (sizeof(T) == 4 ? 4 : 6) & 1);
}
template <typename T> bool flushesOutputs(u32 mode) {
  return !(mode >> (sizeof(T) == 4 ? 5 : 7) & 1);
}
inline bool clampsNaN(u32 mode) { // DX10_CLAMP
  return mode >> 8 & 1;
}
inline bool ieee(u32 mode) {
  return mode >> 9 & 1;
}
inline bool limitsHalfOverflow(u32 mode) { // FP16_OVFL
  return mode >> 23 & 1;
}

// A denormal becomes the zero of its sign. T is a float type, or u32 for the bits of a float32.
template <typename T> T flushDenormal(T v) {
  using F = IeeeFormat<T>;
  auto bits = std::bit_cast<BitsOf<T>>(v);
  bool denormal = (bits & F::kExponent) == 0;
  return std::bit_cast<T>(static_cast<BitsOf<T>>(denormal ? bits & F::kSign : bits));
}

class RoundingScope {
public:
  explicit RoundingScope(Rounding mode) : previous_(std::fegetround()) {
    static constexpr int kHost[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    std::fesetround(kHost[static_cast<int>(mode)]);
  }
  ~RoundingScope() { std::fesetround(previous_); }
  RoundingScope(const RoundingScope &) = delete;
  RoundingScope &operator=(const RoundingScope &) = delete;

private:
  int previous_;
};

} // namespace gemmsmith::emulator
