// What the manual says that float atomics do (CDNA4 ISA 9.2), for the tests of atomics in LDS and
// in memory.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace gemmsmith::emulator {

struct FloatModel {
  bool flush_input = false, flush_output = false;

  std::uint32_t addF32(std::uint32_t a, std::uint32_t b) const {
    return add<std::uint32_t, 8, 23>(a, b, [](std::uint32_t x, std::uint32_t y) {
      // Exact in double up to one rounding, which is innocuous: 53 ≥ 2 * 24 + 2.
      double sum = double{std::bit_cast<float>(x)} + double{std::bit_cast<float>(y)};
      return std::bit_cast<std::uint32_t>(static_cast<float>(sum));
    });
  }
  std::uint64_t addF64(std::uint64_t a, std::uint64_t b) const {
    return add<std::uint64_t, 11, 52>(a, b, [](std::uint64_t x, std::uint64_t y) {
      return std::bit_cast<std::uint64_t>(std::bit_cast<double>(x) + std::bit_cast<double>(y));
    });
  }
  std::uint32_t addPackedF16(std::uint32_t a, std::uint32_t b) const { return packed<5, 10>(a, b); }
  std::uint32_t addPackedBf16(std::uint32_t a, std::uint32_t b) const { return packed<8, 7>(a, b); }
  std::uint32_t minF32(std::uint32_t a, std::uint32_t b) const {
    return select<std::uint32_t, 8, 23>(a, b, true);
  }
  std::uint32_t maxF32(std::uint32_t a, std::uint32_t b) const {
    return select<std::uint32_t, 8, 23>(a, b, false);
  }
  std::uint64_t minF64(std::uint64_t a, std::uint64_t b) const {
    return select<std::uint64_t, 11, 52>(a, b, true);
  }
  std::uint64_t maxF64(std::uint64_t a, std::uint64_t b) const {
    return select<std::uint64_t, 11, 52>(a, b, false);
  }
  std::uint32_t compareF32(std::uint32_t m, std::uint32_t c, std::uint32_t d) const {
    return compare<std::uint32_t, 8, 23>(m, c, d);
  }
  std::uint64_t compareF64(std::uint64_t m, std::uint64_t c, std::uint64_t d) const {
    return compare<std::uint64_t, 11, 52>(m, c, d);
  }

private:
  // A number as sign, exponent and mantissa.
  template <typename U, int exponent_bits, int mantissa_bits> struct Parts {
    bool negative;
    int exponent;
    U mantissa;
    explicit Parts(U v)
        : negative(v >> (exponent_bits + mantissa_bits) & 1),
          exponent(static_cast<int>(v >> mantissa_bits & ((1u << exponent_bits) - 1))),
          mantissa(static_cast<U>(v & ((U{1} << mantissa_bits) - 1))) {}
    U bits() const {
      return static_cast<U>(U{negative} << (exponent_bits + mantissa_bits) |
                            static_cast<U>(exponent) << mantissa_bits | mantissa);
    }
    static constexpr int kTop = (1 << exponent_bits) - 1;
    bool nan() const { return exponent == kTop && mantissa != 0; }
    bool infinite() const { return exponent == kTop && mantissa == 0; }
    bool signaling() const { return nan() && !(mantissa >> (mantissa_bits - 1)); }
    Parts quiet() const {
      Parts q = *this;
      q.mantissa = static_cast<U>(q.mantissa | U{1} << (mantissa_bits - 1));
      return q;
    }
    Parts flushed(bool flush) const {
      Parts f = *this;
      if (flush && exponent == 0)
        f.mantissa = 0;
      return f;
    }
    double value() const {
      double magnitude = std::ldexp(static_cast<double>(mantissa) +
                                        (exponent ? std::ldexp(1.0, mantissa_bits) : 0),
                                    std::max(exponent, 1) - kTop / 2 - mantissa_bits);
      if (infinite())
        magnitude = std::numeric_limits<double>::infinity();
      return negative ? -magnitude : magnitude;
    }
  };

  template <typename U, int e, int m, typename Add> U add(U a, U b, Add rounded) const {
    using P = Parts<U, e, m>;
    P x(a), y(b);
    if (x.nan())
      return x.quiet().bits();
    if (y.nan())
      return y.quiet().bits();
    if (x.infinite() && y.infinite() && x.negative != y.negative)
      return static_cast<U>((U{1} << e) - 1) << m | U{1} << (m - 1);
    return P(rounded(x.flushed(flush_input).bits(), y.flushed(flush_input).bits()))
        .flushed(flush_output)
        .bits();
  }

  // One half of 16 bits: the exact sum, rounded to the nearest even by hand.
  template <int e, int m> std::uint16_t half(std::uint16_t a, std::uint16_t b) const {
    return static_cast<std::uint16_t>(
        add<std::uint32_t, e, m>(a, b, [](std::uint32_t x, std::uint32_t y) -> std::uint32_t {
          using P = Parts<std::uint32_t, e, m>;
          double sum = P(x).value() + P(y).value();
          bool negative = std::signbit(sum);
          double magnitude = std::fabs(sum);
          std::uint32_t sign = std::uint32_t{negative} << (e + m);
          if (std::isinf(magnitude))
            return sign | std::uint32_t{P::kTop} << m;
          int exponent = magnitude == 0 ? 1 : std::ilogb(magnitude) + P::kTop / 2;
          exponent = std::max(exponent, 1);
          double unit = std::ldexp(1.0, exponent - P::kTop / 2 - m);
          auto steps = static_cast<std::uint32_t>(std::nearbyint(magnitude / unit));
          // `steps` counts units from zero; the implicit bit carries into the exponent.
          std::uint32_t bits = steps + (static_cast<std::uint32_t>(exponent - 1) << m);
          bits = std::min(bits, std::uint32_t{P::kTop} << m);
          return sign | bits;
        }));
  }
  template <int e, int m> std::uint32_t packed(std::uint32_t a, std::uint32_t b) const {
    auto low = half<e, m>(static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b));
    auto high =
        half<e, m>(static_cast<std::uint16_t>(a >> 16), static_cast<std::uint16_t>(b >> 16));
    return low | std::uint32_t{high} << 16;
  }

  // The order of 9.2.3 as one number: NaN lowest for a maximum, highest for a minimum.
  template <typename U, int e, int m> U select(U a, U b, bool minimum) const {
    using P = Parts<U, e, m>;
    P x(a), y(b);
    if (x.signaling())
      return x.quiet().bits();
    if (y.signaling())
      return y.quiet().bits();
    auto rank = [&](P p) -> std::int64_t {
      if (p.nan())
        return minimum ? std::numeric_limits<std::int64_t>::max()
                       : std::numeric_limits<std::int64_t>::min();
      p = p.flushed(flush_input);
      auto magnitude =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(p.exponent) << m | p.mantissa);
      return p.negative ? -magnitude - 1 : magnitude;
    };
    bool takes_second = minimum ? rank(y) < rank(x) : rank(y) > rank(x);
    return takes_second ? b : a;
  }

  template <typename U, int e, int m> U compare(U memory, U comparand, U data) const {
    using P = Parts<U, e, m>;
    P x = P(memory).flushed(flush_input), y = P(comparand).flushed(flush_input);
    bool zeros = !x.exponent && !x.mantissa && !y.exponent && !y.mantissa;
    bool equal = !x.nan() && !y.nan() && (zeros || x.bits() == y.bits());
    return equal ? P(data).flushed(flush_input).bits() : memory;
  }
};

} // namespace gemmsmith::emulator
