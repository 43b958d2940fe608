// A small, fast, reproducible random number generator (SplitMix64: a counter through a mixer).
//
// Promises: the same seed and stream give the same sequence on every machine and compiler, which
// <random>'s distributions do not. Different streams of one seed are unrelated.
// Does not: serve cryptography. Not thread-safe; give each thread its own stream.
#pragma once

#include <cstdint>

namespace gemmsmith::verify {

class Random {
public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(seed + kStep) ^ mix(stream * kStep + 1)) {}

  std::uint64_t next() { return mix(state_ += kStep); }

  // Uniform in [0, bound); bound >= 1.
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<Wide>(next()) * bound >> 64);
  }

  // Uniform in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15; // 2^64 / golden ratio

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

} // namespace gemmsmith::verify
