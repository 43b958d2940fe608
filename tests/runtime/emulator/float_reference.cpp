#include "tests/runtime/emulator/float_reference.h"

#include <algorithm>
#include <cstdlib>

namespace gemmsmith::emulator::reference {
namespace {

int width(Wide v) {
  int n = 0;
  for (; v; v >>= 1)
    ++n;
  return n;
}
Wide shiftRightSticky(Wide v, int n) {
  if (n <= 0)
    return v;
  if (n >= 128)
    return v != 0;
  Wide lost = v & ((Wide{1} << n) - 1);
  return v >> n | (lost != 0);
}
// The top bit at 125: room for a carry above, and for 20 exact bits below a product of doubles.
Number normalized(Number n) {
  int shift = 126 - width(n.mantissa);
  n.mantissa = shift < 0 ? shiftRightSticky(n.mantissa, -shift) : n.mantissa << shift;
  n.exponent -= shift;
  return n;
}
bool roundsUp(bool negative, bool odd, Wide rest, Wide half, Round round) {
  switch (round) {
  case Round::kNearestEven:
    return rest > half || (rest == half && odd);
  case Round::kUp:
    return rest && !negative;
  case Round::kDown:
    return rest && negative;
  default:
    return false;
  }
}
std::uint64_t signOf(BinaryFormat f, bool negative) {
  return negative ? f.sign() : 0;
}
bool negative(BinaryFormat f, std::uint64_t v) {
  return v & f.sign();
}
Number sum(Number a, Number b) {
  a = normalized(a);
  b = normalized(b);
  if (a.exponent < b.exponent)
    std::swap(a, b);
  b.mantissa = shiftRightSticky(b.mantissa, std::min(a.exponent - b.exponent, 200));
  if (a.negative == b.negative) {
    a.mantissa += b.mantissa;
  } else if (a.mantissa >= b.mantissa) {
    a.mantissa -= b.mantissa;
  } else {
    a.mantissa = b.mantissa - a.mantissa;
    a.negative = b.negative;
  }
  return a;
}
// Of finite values, an exact zero included.
std::uint64_t addNumbers(BinaryFormat f, Number a, Number b, Round round, int n = 0) {
  if (!a.mantissa && !b.mantissa) {
    bool minus = a.negative == b.negative ? a.negative : round == Round::kDown;
    return signOf(f, minus);
  }
  Number s = !a.mantissa ? b : !b.mantissa ? a : sum(a, b);
  if (!s.mantissa)
    return signOf(f, round == Round::kDown);
  s.exponent += n;
  return encode(f, s, round);
}
Number product(Number a, Number b) {
  return {a.negative != b.negative, a.mantissa * b.mantissa, a.exponent + b.exponent};
}

} // namespace

bool isNaN(BinaryFormat f, std::uint64_t v) {
  return (v & ~f.sign()) > f.infinity();
}
bool isSignaling(BinaryFormat f, std::uint64_t v) {
  return isNaN(f, v) && !(v & f.quietBit());
}
bool isInfinite(BinaryFormat f, std::uint64_t v) {
  return (v & ~f.sign()) == f.infinity();
}
bool isZero(BinaryFormat f, std::uint64_t v) {
  return (v & ~f.sign()) == 0;
}
bool isDenormal(BinaryFormat f, std::uint64_t v) {
  return !isZero(f, v) && (v & f.infinity()) == 0;
}
std::uint64_t quieted(BinaryFormat f, std::uint64_t v) {
  return v | f.quietBit();
}
std::uint64_t flushed(BinaryFormat f, std::uint64_t v) {
  return isDenormal(f, v) ? v & f.sign() : v;
}

Number decode(BinaryFormat f, std::uint64_t v) {
  int exponent = static_cast<int>((v & f.infinity()) >> f.mantissa_bits);
  Wide mantissa = v & ((std::uint64_t{1} << f.mantissa_bits) - 1);
  if (exponent)
    mantissa |= Wide{1} << f.mantissa_bits;
  return {negative(f, v), mantissa, std::max(exponent, 1) - f.bias() - f.mantissa_bits};
}

std::uint64_t encode(BinaryFormat f, Number n, Round round) {
  if (!n.mantissa)
    return signOf(f, n.negative);
  n = normalized(n);
  int least = 1 - f.bias() - f.mantissa_bits; // the exponent of the last place of denormals
  int place = std::max(n.exponent + 125 - f.mantissa_bits, least);
  int drop = place - n.exponent;
  Wide kept, rest, half;
  if (drop > 126) {
    kept = 0;
    rest = 1;
    half = 2; // far below half a place
  } else {
    kept = n.mantissa >> drop;
    half = Wide{1} << (drop - 1);
    rest = n.mantissa & ((half << 1) - 1);
  }
  if (roundsUp(n.negative, kept & 1, rest, half, round))
    ++kept;
  // A carry out of the mantissa runs into the exponent, from the denormals into the normals too.
  auto bits = static_cast<std::uint64_t>(kept);
  if (kept >> f.mantissa_bits)
    bits += static_cast<std::uint64_t>(place - least) << f.mantissa_bits;
  if (bits >= f.infinity()) {
    bool stays = round == Round::kTowardZero || (round == Round::kUp && n.negative) ||
                 (round == Round::kDown && !n.negative);
    bits = stays ? f.largest() : f.infinity();
  }
  return bits | signOf(f, n.negative);
}

int compare(BinaryFormat f, std::uint64_t a, std::uint64_t b) {
  if (isZero(f, a) && isZero(f, b))
    return 0;
  auto order = [&](std::uint64_t v) {
    auto magnitude = static_cast<std::int64_t>(v & ~f.sign());
    return negative(f, v) ? -magnitude : magnitude;
  };
  return order(a) < order(b) ? -1 : order(a) > order(b);
}

WideInteger integer(BinaryFormat f, std::uint64_t v, Round round) {
  Number n = decode(f, v);
  Wide whole;
  if (n.exponent >= 0) {
    whole = width(n.mantissa) + n.exponent > 100 ? Wide{1} << 100 : n.mantissa << n.exponent;
  } else {
    int drop = std::min(-n.exponent, 126);
    Wide half = Wide{1} << (drop - 1), rest = n.mantissa & ((half << 1) - 1);
    whole = n.mantissa >> drop;
    if (roundsUp(n.negative, whole & 1, rest, half, round))
      ++whole;
  }
  auto value = static_cast<WideInteger>(whole);
  return n.negative ? -value : value;
}

std::uint64_t add(BinaryFormat f, std::uint64_t a, std::uint64_t b, Round round) {
  if (isNaN(f, a) || isNaN(f, b))
    return kAnyNaN;
  if (isInfinite(f, a))
    return isInfinite(f, b) && a != b ? kAnyNaN : a;
  if (isInfinite(f, b))
    return b;
  return addNumbers(f, decode(f, a), decode(f, b), round);
}

std::uint64_t multiply(BinaryFormat f, std::uint64_t a, std::uint64_t b, Round round) {
  if (isNaN(f, a) || isNaN(f, b))
    return kAnyNaN;
  bool minus = negative(f, a) != negative(f, b);
  if (isInfinite(f, a) || isInfinite(f, b))
    return isZero(f, a) || isZero(f, b) ? kAnyNaN : f.infinity() | signOf(f, minus);
  return encode(f, product(decode(f, a), decode(f, b)), round);
}

std::uint64_t fused(BinaryFormat f, std::uint64_t a, std::uint64_t b, std::uint64_t c, Round round,
                    int n) {
  if (isNaN(f, c))
    return kAnyNaN;
  std::uint64_t p = multiply(f, a, b, round);
  if (p == kAnyNaN)
    return p;
  if (isInfinite(f, a) || isInfinite(f, b) || isInfinite(f, c))
    return add(f, isInfinite(f, a) || isInfinite(f, b) ? p : 0, c, round);
  return addNumbers(f, product(decode(f, a), decode(f, b)), decode(f, c), round, n);
}

std::uint64_t divide(BinaryFormat f, std::uint64_t a, std::uint64_t b, Round round) {
  if (isNaN(f, a) || isNaN(f, b))
    return kAnyNaN;
  bool minus = negative(f, a) != negative(f, b);
  if ((isInfinite(f, a) && isInfinite(f, b)) || (isZero(f, a) && isZero(f, b)))
    return kAnyNaN;
  if (isInfinite(f, a) || isZero(f, b))
    return f.infinity() | signOf(f, minus);
  if (isInfinite(f, b) || isZero(f, a))
    return signOf(f, minus);
  Number x = normalized(decode(f, a)), y = normalized(decode(f, b));
  y.mantissa >>= 60; // zeros: at most 53 bits are set
  y.exponent += 60;
  Wide quotient = x.mantissa / y.mantissa;
  bool inexact = x.mantissa % y.mantissa != 0;
  return encode(f, {minus, quotient << 1 | inexact, x.exponent - y.exponent - 1}, round);
}

std::uint64_t squareRoot(BinaryFormat f, std::uint64_t a, Round round) {
  if (isZero(f, a))
    return a;
  if (isNaN(f, a) || negative(f, a))
    return kAnyNaN;
  if (isInfinite(f, a))
    return a;
  Number n = normalized(decode(f, a));
  if (n.exponent & 1) {
    n.mantissa >>= 1;
    ++n.exponent;
  }
  Wide root = 0;
  for (int bit = 62; bit >= 0; --bit) {
    Wide candidate = root | Wide{1} << bit;
    if (candidate * candidate <= n.mantissa)
      root = candidate;
  }
  bool inexact = root * root != n.mantissa;
  return encode(f, {false, root << 1 | inexact, n.exponent / 2 - 1}, round);
}

std::uint64_t scale(BinaryFormat f, std::uint64_t v, int n, Round round) {
  if (isNaN(f, v))
    return kAnyNaN;
  if (isInfinite(f, v) || isZero(f, v))
    return v;
  Number x = decode(f, v);
  x.exponent += std::clamp(n, -10000, 10000);
  return encode(f, x, round);
}

std::uint64_t convert(BinaryFormat from, BinaryFormat to, std::uint64_t v, Round round) {
  if (isNaN(from, v))
    return kAnyNaN;
  if (isInfinite(from, v))
    return to.infinity() | signOf(to, negative(from, v));
  return encode(to, decode(from, v), round);
}

std::uint64_t fromInteger(BinaryFormat f, WideInteger v, Round round) {
  return encode(f, {v < 0, static_cast<Wide>(v < 0 ? -v : v), 0}, round);
}

} // namespace gemmsmith::emulator::reference
