// Which registers an instruction reads and writes, implicit ones included.
//
// For who must know before or without executing it: the hazard check, traces, and the text of an
// instruction. Codes are those of instruction.h: 0-127 scalar registers (VCC 106, M0 124, EXEC
// 126), 256-511 VGPRs, 512-767 AGPRs. SCC is not a register here.
#pragma once

#include "runtime/emulator/instruction.h"

#include <array>
#include <cstdint>
#include <span>

namespace gemmsmith::emulator {

struct RegisterRange {
  std::uint16_t first = 0;
  std::uint16_t count = 0; // 32-bit registers

  bool overlaps(const RegisterRange &other) const {
    return first < other.first + other.count && other.first < first + count;
  }
};

// At most: three sources, address, data and compare data, descriptor, offset, and an implicit one.
class RegisterUse {
public:
  std::span<const RegisterRange> reads() const { return {reads_.data(), read_count_}; }
  std::span<const RegisterRange> writes() const { return {writes_.data(), write_count_}; }

  void addRead(RegisterRange range) { reads_[read_count_++] = range; }
  void addWrite(RegisterRange range) { writes_[write_count_++] = range; }

private:
  std::array<RegisterRange, 8> reads_{};
  std::array<RegisterRange, 4> writes_{};
  std::uint8_t read_count_ = 0, write_count_ = 0;
};

// Whether the lanes that EXEC switches off matter to it.
bool readsExec(const Instruction &instruction);

// Width of src[source] in registers, for instructions whose sources are there.
int sourceDwords(const Instruction &instruction, int source);

// Of a decoded instruction; nothing for one without a mnemonic.
RegisterUse registerUse(const Instruction &instruction);

} // namespace gemmsmith::emulator
