// Whether a compiled kernel fits into its registers.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <span>
#include <string>

namespace gemmsmith {

// An error if the first kernel of the code object spills registers or uses scratch: a slow kernel
// is not to pass for a good one. `kernel` is what the error is about.
Expected<void> requireNoSpills(std::span<const std::byte> code_object, const std::string &kernel);

} // namespace gemmsmith
