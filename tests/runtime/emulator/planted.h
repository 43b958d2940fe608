// Kernels with a planted bug that a check must find, and near misses on which it must be silent.
#pragma once

#include "runtime/emulator/device.h"

#include <ostream>
#include <string>

namespace gemmsmith::emulator {

struct Planted {
  const char *name;
  const char *code;    // after a start that sets s[4:5] = out, s[6:7] = in, s20 = the wave,
                       // v0 = the thread, v1 = 4 * v0, v4 = any; 16 private bytes
  const char *message; // what the finding must say; null: nothing may be found
  int lds = 0;
  Dim3 grid = {1};
  Dim3 block = {128};
};
// So that a failure names the case.
inline void PrintTo(const Planted &planted, std::ostream *out) {
  *out << planted.name;
}

// Launches the kernel on `in` of 256 dwords 3 * i + 1 and an unwritten `out` of 1 KiB; n is 7.
// Returns the error message, or "".
std::string runPlanted(const Planted &planted, const DeviceOptions &options = {});

// The case as a test: its message is found, by this check, or nothing is.
void expectPlanted(const Planted &planted, Check check);

} // namespace gemmsmith::emulator
