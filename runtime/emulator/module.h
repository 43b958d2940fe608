// A code object in device memory, with its instructions decoded.
#pragma once

#include "runtime/code_object.h"
#include "runtime/emulator/device.h"
#include "runtime/emulator/hazard_rules.h"
#include "runtime/emulator/instruction.h"

#include <cstddef>
#include <vector>

namespace gemmsmith::emulator {

class DeviceMemory;

// What the emulated device calls itself: ECC of the SRAMs cannot be switched off on an MI355X, and
// retry of page faults (XNACK) is off unless a system asks for it.
inline constexpr const char *kDeviceTarget = "gfx950:sramecc+:xnack-";

class Module {
public:
  std::vector<std::byte> file; // what `object` points into
  CodeObject object;
  DevicePointer base = 0; // where virtual address 0 lies
  // From the first byte of code to the last; what lies between two executable segments is no
  // instruction.
  std::vector<Instruction> code;
  std::vector<HazardInfo> hazards; // of code; empty if the device does not check hazards
  std::uint64_t code_start = 0;    // virtual address of code[0]
};

// Fills a module from its `file`: takes the code object apart, refuses what an MI355X could not
// run, puts the segments into `memory`, relocates, decodes. `base` is set as soon as memory is
// taken, also if an error follows; the caller gives it back.
Expected<void> loadModule(Module &module, DeviceMemory &memory);

} // namespace gemmsmith::emulator
