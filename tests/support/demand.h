// What a fuzz target expects.
#pragma once

#include <cstdlib>

namespace gemmsmith {

// Stops the program where a promise does not hold, so that a fuzzer sees it.
inline void demand(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace gemmsmith
