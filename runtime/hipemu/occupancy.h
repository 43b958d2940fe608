// How many workgroups of a kernel fit on a compute unit at once.
#pragma once

#include "runtime/hipemu/module.h"

#include <cstddef>

namespace gemmsmith::hipemu {

int residentBlocks(const Function &function, int threads, std::size_t dynamic_lds_bytes);

struct BlockSize {
  int threads = 0;
  int grid = 0; // workgroups that fill the device
};
// The largest block with the most resident threads, of at most `limit` threads (0: no limit).
BlockSize bestBlockSize(const Function &function, std::size_t dynamic_lds_bytes, int limit);

} // namespace gemmsmith::hipemu
