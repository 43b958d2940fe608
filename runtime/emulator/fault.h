// A fault: what the emulated device found wrong with a kernel. Thrown inside the emulator only;
// Device::launch turns it into an Error.
#pragma once

#include "configs/error.h"

#include <cstdint>
#include <string>

namespace gemmsmith::emulator {

struct Fault {
  ErrorKind kind = ErrorKind::kFailed;
  std::string message; // with instruction, workgroup, wave and lane
};

} // namespace gemmsmith::emulator
