// Which parts of C a launch has written.
//
// The order in which workgroups visit the tiles of C is the kernel's own affair. Where only some
// workgroups ran, the tiles that they computed are found by what was written, tile by tile.
#pragma once

#include "configs/error.h"
#include "configs/launch.h"
#include "runtime/emulator/device.h"
#include "tools/verify/reference.h"

#include <cstdint>
#include <vector>

namespace gemmsmith::verify {

struct OutputMap {
  std::vector<Region> regions; // written at least in part, clipped to C; all of C if all tiles ran
  std::int64_t tiles = 0;      // how many tiles they hold
  std::uint64_t unwritten = 0; // elements in them that nobody wrote
  std::uint64_t stray_bytes = 0; // written bytes of C's rows outside them
};

// Maps C of `launch` at address `c`. With `all_tiles`, every element should have been written;
// otherwise the elements of every tile that was touched.
Expected<OutputMap> mapOutput(const emulator::Device &device, const Launch &launch,
                              emulator::DevicePointer c, bool all_tiles);

// Bytes from the first element of C to the end of its last one.
std::uint64_t outputBytes(const Problem &problem);

} // namespace gemmsmith::verify
