// One code object as `build` and `inspect` see it: its bytes, checked, and what its kernel needs.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

// Of one kernel, from the metadata and the descriptor of its code object.
struct KernelResources {
  int vgprs = 0; // all of a wave's registers: architectural and accumulation ones together
  int agprs = 0; // of which accumulation registers
  int sgprs = 0;
  int vgpr_spills = 0;
  int sgpr_spills = 0;
  std::int64_t lds_bytes = 0;     // static, per workgroup
  std::int64_t scratch_bytes = 0; // per work-item
  std::int64_t code_bytes = 0;
  int workgroup_size = 0; // threads at most; 0 = not recorded

  bool spills() const { return vgpr_spills > 0 || sgpr_spills > 0 || scratch_bytes > 0; }
};

struct ObjectSummary {
  std::string kernel; // name of its only kernel
  std::string target; // "gfx950"
  KernelResources resources;
};

// What a code object with exactly one kernel holds; kInput when it is not one.
Expected<ObjectSummary> summarizeObject(std::span<const std::byte> bytes);

// The whole file; kInput when it cannot be read or is larger than any code object we make.
Expected<std::vector<std::byte>> readObjectFile(const std::string &path);

} // namespace gemmsmith
