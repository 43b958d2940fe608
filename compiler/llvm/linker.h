// lld, in this process.
#pragma once

#include "configs/error.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstddef>
#include <vector>

namespace gemmsmith {

// Links one relocatable object into a code object (an ELF shared object). Uses no temporary files.
// Not thread-safe: borrows standard output while it runs.
Expected<std::vector<std::byte>> linkCodeObject(llvm::ArrayRef<char> object);

} // namespace gemmsmith
