// What atomics compute, in LDS and in device memory (CDNA4 ISA 9.2, 12.12, 12.13): an operation has
// a type, a number of data operands, and apply(rules, memory, data…), the new value of the memory.
#pragma once

#include "runtime/emulator/integers.h"
#include "runtime/emulator/lane_math.h"
#include "runtime/emulator/wave.h"

#include <bit>
#include <limits>
#include <type_traits>

namespace gemmsmith::emulator {

// Which denormals a float atomic flushes (CDNA4 ISA table 53).
struct FloatRules {
  bool input32 = false, output32 = false;
  bool input16 = false, output16 = false;
  bool input64 = false; // of comparisons only: no f64 addition flushes
};

// LDS follows MODE: one bit for inputs and one for outputs, f32 apart from f16 and f64 (3.5).
inline FloatRules ldsFloatRules(const Wave &w) {
  return {.input32 = !(w.mode >> 4 & 1),
          .output32 = !(w.mode >> 5 & 1),
          .input16 = !(w.mode >> 6 & 1),
          .output16 = !(w.mode >> 7 & 1),
          .input64 = !(w.mode >> 6 & 1)};
}
// The L2 cache flushes in f32 additions only (CDNA4 ISA 10.3.1 and table 53). LLVM takes gfx950 to
// keep denormals there (FeatureMemoryAtomicFAddF32DenormalSupport); the manual's word stands here.
inline constexpr FloatRules kDeviceFloatRules{.input32 = true, .output32 = true};

// --- floats as bit patterns, for every width

template <typename Bits, int mantissa> struct FloatFormat {
  static constexpr Bits kSign = static_cast<Bits>(Bits{1} << (sizeof(Bits) * 8 - 1));
  static constexpr Bits kMantissa = static_cast<Bits>((Bits{1} << mantissa) - 1);
  static constexpr Bits kQuiet = static_cast<Bits>(Bits{1} << (mantissa - 1));
  static constexpr Bits kExponent = static_cast<Bits>(~(kSign | kMantissa));

  static bool nan(Bits v) { return static_cast<Bits>(v & ~kSign) > kExponent; }
  static bool signaling(Bits v) { return nan(v) && !(v & kQuiet); }
  static Bits quieted(Bits v) { return static_cast<Bits>(v | kQuiet); }
  static Bits flushed(Bits v, bool flush) {
    return flush && !(v & kExponent) ? static_cast<Bits>(v & kSign) : v;
  }
};
using F32 = FloatFormat<u32, 23>;
using F64 = FloatFormat<u64, 52>;
using F16 = FloatFormat<u16, 10>;
using Bf16 = FloatFormat<u16, 7>;

// A sum by the rules of 9.2.3: the first NaN wins and becomes quiet, inf - inf is the NaN without a
// payload. `Add` rounds to nearest even, as the host does.
template <typename Format, typename Bits, typename Add>
Bits addFloats(Bits a, Bits b, bool flush_input, bool flush_output, Add &&add) {
  if (Format::nan(a) || Format::nan(b))
    return Format::quieted(Format::nan(a) ? a : b);
  a = Format::flushed(a, flush_input);
  b = Format::flushed(b, flush_input);
  Bits sum = add(a, b);
  return Format::nan(sum) ? Format::quieted(Format::kExponent) : Format::flushed(sum, flush_output);
}

// True if a < b, with -0 below +0 (9.2.3); neither is a NaN.
template <typename Format, typename T, typename Bits> bool floatBelow(Bits a, Bits b, bool flush) {
  a = Format::flushed(a, flush);
  b = Format::flushed(b, flush);
  T x = std::bit_cast<T>(a), y = std::bit_cast<T>(b);
  return x < y || (x == y && (a & Format::kSign) && !(b & Format::kSign));
}

template <typename T> struct FloatTypeOf;
template <> struct FloatTypeOf<u32> {
  using Format = F32;
  using Value = float;
  static bool flushInput(const FloatRules &r) { return r.input32; }
};
template <> struct FloatTypeOf<u64> {
  using Format = F64;
  using Value = double;
  static bool flushInput(const FloatRules &r) { return r.input64; }
};

// Minimum (`sign` -1) or maximum (+1) by 9.2.3: a signaling NaN wins and becomes quiet, a quiet one
// loses. Denormals are flushed for the comparison only.
template <int sign, typename Bits> Bits selectFloat(const FloatRules &rules, Bits m, Bits d) {
  using Type = FloatTypeOf<Bits>;
  using Format = Type::Format;
  if (Format::signaling(m) || Format::signaling(d))
    return Format::quieted(Format::signaling(m) ? m : d);
  if (Format::nan(m) || Format::nan(d))
    return Format::nan(d) ? m : d;
  bool flush = Type::flushInput(rules);
  bool take = sign < 0 ? floatBelow<Format, typename Type::Value>(d, m, flush)
                       : floatBelow<Format, typename Type::Value>(m, d, flush);
  return take ? d : m;
}

// --- the operations

template <typename T, int operands = 1> struct AtomicOperation {
  using Type = T;
  static constexpr int kOperands = operands;
};

template <typename T> struct AtomicSwap : AtomicOperation<T> {
  static T apply(const FloatRules &, T, T d) { return d; }
};
template <typename T> struct AtomicAdd : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m + d; }
};
template <typename T> struct AtomicSub : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m - d; }
};
template <typename T> struct AtomicRsub : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return d - m; }
};
template <typename T> struct AtomicInc : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m >= d ? T{0} : m + 1; }
};
template <typename T> struct AtomicDec : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m == 0 || m > d ? d : m - 1; }
};
template <typename T> struct AtomicMin : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return d < m ? d : m; }
};
template <typename T> struct AtomicMax : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return d > m ? d : m; }
};
template <typename T> struct AtomicAnd : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m & d; }
};
template <typename T> struct AtomicOr : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m | d; }
};
template <typename T> struct AtomicXor : AtomicOperation<T> {
  static T apply(const FloatRules &, T m, T d) { return m ^ d; }
};
template <typename T> struct AtomicMskor : AtomicOperation<T, 2> {
  static T apply(const FloatRules &, T m, T mask, T d) { return (m & ~mask) | d; }
};
template <typename T> struct AtomicWrap : AtomicOperation<T, 2> {
  static T apply(const FloatRules &, T m, T d, T add) { return m >= d ? m - d : m + add; }
};
// LDS has the comparand first, device memory the new value.
template <typename T> struct AtomicCompareStore : AtomicOperation<T, 2> {
  static T apply(const FloatRules &, T m, T compare, T d) { return m == compare ? d : m; }
};
template <typename T> struct AtomicCompareSwap : AtomicOperation<T, 2> {
  static T apply(const FloatRules &, T m, T d, T compare) { return m == compare ? d : m; }
};

// Floats are bit patterns of type T, so that NaN payloads survive.
struct AtomicAddF32 : AtomicOperation<u32> {
  static u32 apply(const FloatRules &rules, u32 m, u32 d) {
    return addFloats<F32>(m, d, rules.input32, rules.output32, [](u32 a, u32 b) {
      return std::bit_cast<u32>(std::bit_cast<float>(a) + std::bit_cast<float>(b));
    });
  }
};
struct AtomicAddF64 : AtomicOperation<u64> {
  static u64 apply(const FloatRules &, u64 m, u64 d) {
    return addFloats<F64>(m, d, false, false, [](u64 a, u64 b) {
      return std::bit_cast<u64>(std::bit_cast<double>(a) + std::bit_cast<double>(b));
    });
  }
};
inline u16 addF16(u16 a, u16 b) {
  return static_cast<u16>(halfBits(half(a) + half(b)));
}
inline u16 addBf16(u16 a, u16 b) {
  return static_cast<u16>(toBf16(fromBf16(a) + fromBf16(b)));
}
// Both halves. Rounding twice does no harm: a float has more than 2 * 11 + 2 bits of mantissa.
template <typename Format, auto Add> struct AtomicAddPacked : AtomicOperation<u32> {
  static u32 apply(const FloatRules &rules, u32 m, u32 d) {
    auto sum = [&](u32 a, u32 b) {
      return u32{addFloats<Format>(static_cast<u16>(a), static_cast<u16>(b), rules.input16,
                                   rules.output16, Add)};
    };
    return sum(m, d) | sum(m >> 16, d >> 16) << 16;
  }
};
using AtomicAddPackedF16 = AtomicAddPacked<F16, addF16>;
using AtomicAddPackedBf16 = AtomicAddPacked<Bf16, addBf16>;
template <typename T> struct AtomicMinFloat : AtomicOperation<T> {
  static T apply(const FloatRules &rules, T m, T d) { return selectFloat<-1>(rules, m, d); }
};
template <typename T> struct AtomicMaxFloat : AtomicOperation<T> {
  static T apply(const FloatRules &rules, T m, T d) { return selectFloat<1>(rules, m, d); }
};
// Equality of numbers: +0 equals -0, a NaN nothing. What is stored is flushed like the inputs
// (9.2.2).
template <typename T> struct AtomicCompareStoreFloat : AtomicOperation<T, 2> {
  static T apply(const FloatRules &rules, T m, T compare, T d) {
    using Type = FloatTypeOf<T>;
    bool flush = Type::flushInput(rules);
    auto number = [&](T v) {
      return std::bit_cast<typename Type::Value>(Type::Format::flushed(v, flush));
    };
    return number(m) == number(compare) ? Type::Format::flushed(d, flush) : m;
  }
};

// The registers of a data operand as a value.
template <typename T> T gatherAtomic(const u32 *low, const u32 *high, int lane) {
  if constexpr (sizeof(T) == 8)
    return std::bit_cast<T>(low[lane] | u64{high[lane]} << 32);
  else
    return std::bit_cast<T>(low[lane]);
}

// The data operands of an atomic, copied: its results may go to the same registers.
template <typename Op> class AtomicData {
public:
  using T = Op::Type;

  // `second` is where the second operand starts, if there is one.
  AtomicData(Wave &w, const Instruction &i, u16 first, u16 second) {
    take(w, i, first, 0);
    if constexpr (Op::kOperands == 2)
      take(w, i, second, 1);
  }

  T apply(const FloatRules &rules, T memory, int lane) const {
    if constexpr (Op::kOperands == 2)
      return Op::apply(rules, memory, operand(0, lane), operand(1, lane));
    else
      return Op::apply(rules, memory, operand(0, lane));
  }

private:
  static constexpr int kRegisters = sizeof(T) / 4;
  void take(Wave &w, const Instruction &i, u16 code, int n) {
    for (int r = 0; r < kRegisters; ++r)
      std::memcpy(data_[n][r], w.readVgpr(i, static_cast<u16>(code + r), w.exec),
                  sizeof data_[n][r]);
  }
  T operand(int n, int lane) const {
    return gatherAtomic<T>(data_[n][0], data_[n][kRegisters - 1], lane);
  }
  u32 data_[Op::kOperands][kRegisters][kLanes];
};

} // namespace gemmsmith::emulator
