// Floating-point arithmetic by integers, for expected values: any binary format up to float64, all
// rounding modes, nothing taken from the host's floating point or from the emulator.
#pragma once

#include <cstdint>

namespace gemmsmith::emulator::reference {

struct BinaryFormat {
  int mantissa_bits, exponent_bits;

  int width() const { return 1 + exponent_bits + mantissa_bits; }
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  std::uint64_t sign() const { return std::uint64_t{1} << (width() - 1); }
  std::uint64_t infinity() const {
    return ((std::uint64_t{1} << exponent_bits) - 1) << mantissa_bits;
  }
  std::uint64_t quietBit() const { return std::uint64_t{1} << (mantissa_bits - 1); }
  std::uint64_t largest() const { return infinity() - 1; }
};
inline constexpr BinaryFormat kF16{10, 5}, kF32{23, 8}, kF64{52, 11}, kBf16{7, 8};

// MODE's numbers.
enum class Round { kNearestEven, kUp, kDown, kTowardZero };

// What operations return for a NaN of which the manual fixes no payload: any quiet one will do.
inline constexpr std::uint64_t kAnyNaN = 0x7ff8'5eed'5eed'5eed;

__extension__ typedef unsigned __int128 Wide;

// (-1)^negative * mantissa * 2^exponent, exactly; or the last bit of the mantissa says that there
// is more below it.
struct Number {
  bool negative = false;
  Wide mantissa = 0;
  int exponent = 0;
};

bool isNaN(BinaryFormat f, std::uint64_t v);
bool isSignaling(BinaryFormat f, std::uint64_t v);
bool isInfinite(BinaryFormat f, std::uint64_t v);
bool isZero(BinaryFormat f, std::uint64_t v);
bool isDenormal(BinaryFormat f, std::uint64_t v);
std::uint64_t quieted(BinaryFormat f, std::uint64_t v);
std::uint64_t flushed(BinaryFormat f, std::uint64_t v); // a denormal becomes its zero
Number decode(BinaryFormat f, std::uint64_t v);         // finite values
std::uint64_t encode(BinaryFormat f, Number n, Round round);
// -1, 0 or 1; no NaNs.
int compare(BinaryFormat f, std::uint64_t a, std::uint64_t b);
// The integer next to a finite value: rounded, as one that fits a __int128 saturated to 2^100.
__extension__ typedef __int128 WideInteger;
WideInteger integer(BinaryFormat f, std::uint64_t v, Round round);

std::uint64_t add(BinaryFormat f, std::uint64_t a, std::uint64_t b, Round round);
std::uint64_t multiply(BinaryFormat f, std::uint64_t a, std::uint64_t b, Round round);
// (a * b + c) * 2^n, rounded once.
std::uint64_t fused(BinaryFormat f, std::uint64_t a, std::uint64_t b, std::uint64_t c, Round round,
                    int n = 0);
std::uint64_t divide(BinaryFormat f, std::uint64_t a, std::uint64_t b, Round round);
std::uint64_t squareRoot(BinaryFormat f, std::uint64_t a, Round round);
// v * 2^n.
std::uint64_t scale(BinaryFormat f, std::uint64_t v, int n, Round round);
std::uint64_t convert(BinaryFormat from, BinaryFormat to, std::uint64_t v, Round round);
std::uint64_t fromInteger(BinaryFormat f, WideInteger v, Round round);

} // namespace gemmsmith::emulator::reference
