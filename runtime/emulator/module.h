// A code object in device memory, with its instructions decoded.
#pragma once

#include "runtime/code_object.h"
#include "runtime/emulator/device.h"
#include "runtime/emulator/hazard_rules.h"
#include "runtime/emulator/instruction.h"

#include <cstddef>
#include <vector>

namespace gemmsmith::emulator {

class Module {
public:
  std::vector<std::byte> file; // what `object` points into
  CodeObject object;
  DevicePointer base = 0; // where virtual address 0 lies
  std::vector<Instruction> code;
  std::vector<HazardInfo> hazards; // of code; empty if the device does not check hazards
  std::uint64_t code_start = 0;    // virtual address of code[0]
};

} // namespace gemmsmith::emulator
