// A launch as text, one line per executed instruction:
//
//   (0,0,0) w1 +0x1c  v_add_u32_e32 v4, s6, v1  exec=ffffffffffffffff  v4=[0:10 1:14 2:18 3:1c …]
//
// Workgroup, wave, offset from the kernel's entry, text, the lanes that were active, and what the
// registers that it wrote hold now; of a vector the first active lanes. What a load brings is shown
// though no wait covers it yet.
#pragma once

#include "runtime/emulator/observer.h"

#include <cstdint>
#include <cstdio>
#include <string>

namespace gemmsmith::emulator {

class Trace : public Observer {
public:
  // Lines go to `file`, which must outlive the trace; writing errors show in ferror().
  explicit Trace(std::FILE *file) : file_(file) {}

  void before(const Wave &wave, const Instruction &instruction) override;
  void after(const Wave &wave, const Instruction &instruction) override;

private:
  std::FILE *file_;
  std::uint64_t exec_ = 0;
};

} // namespace gemmsmith::emulator
