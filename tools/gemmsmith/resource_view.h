// What a kernel needs of the hardware, and what its main loop does, for people and for programs.
#pragma once

#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/loop_cycles.h"
#include "tools/gemmsmith/main_loop.h"
#include "tools/gemmsmith/object_file.h"

#include <optional>
#include <string>
#include <string_view>

namespace gemmsmith {

struct ResourceView {
  std::string kernel;
  KernelResources resources;
  int waves = 1; // per workgroup
  Occupancy occupancy;
  std::optional<LoopMix> loop;
  LoopCycles cycles; // of the loop
  // Steps along K per iteration; 0 when the tile is not known.
  double k_per_iteration = 0;
};

// From a code object and its disassembly. `tile_area` = tile.m * tile.n, 0 when not known.
ResourceView viewResources(const ObjectSummary &object, std::string_view disassembly,
                           std::int64_t tile_area);

std::string resourceText(const ResourceView &view);

OrderedJson resourceJson(const ResourceView &view);

} // namespace gemmsmith
