// Assembly run by whole waves on registers that a test fills and reads back: for instructions whose
// result depends on all lanes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

// v16 to v127 of one wave.
class WaveRegisters {
public:
  static constexpr int kFirst = 16, kCount = 112;

  std::uint32_t &at(int reg, int lane) { return values_[index(reg, lane)]; }
  std::uint32_t at(int reg, int lane) const { return values_[index(reg, lane)]; }
  std::array<std::uint32_t, 64 * kCount> &values() { return values_; }

  // `bits` bits from bit `first` of the registers from `reg` on, taken as one long number.
  std::uint64_t bits(int reg, int lane, int first, int bits) const;
  void setBits(int reg, int lane, int first, int bits, std::uint64_t value);

private:
  static std::size_t index(int reg, int lane) {
    return static_cast<std::size_t>(lane * kCount + reg - kFirst);
  }
  std::array<std::uint32_t, 64 * kCount> values_{};
};

// Code that may also use v2 to v15, s[20:63], vcc and accumulation registers.
struct WaveProgram {
  std::string code;
  std::vector<WaveRegisters> inputs; // one wave each
};

// The registers after each program, for each of its inputs; empty if a launch failed, which is a
// test failure that names the code.
std::vector<std::vector<WaveRegisters>> runPrograms(std::span<const WaveProgram> programs);

// The error that running each code on zeros ends with.
std::vector<std::string> errorsOf(std::span<const std::string> codes);

} // namespace gemmsmith::emulator
