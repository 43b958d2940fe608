// What a compiled kernel occupies, as its code object's metadata says.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace gemmsmith {

struct SpillCounts {
  std::uint64_t vgprs = 0;         // vector registers spilled
  std::uint64_t sgprs = 0;         // scalar registers spilled
  std::uint64_t scratch_bytes = 0; // private memory per lane
};

// The sum over the kernels of a code object or relocatable object.
Expected<SpillCounts> countSpills(std::span<const char> elf);

} // namespace gemmsmith
