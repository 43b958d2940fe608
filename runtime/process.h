// Telling a process from its forked children, at the price of a load.
#pragma once

#include <cstdint>

namespace gemmsmith::runtime {

// A number that is never 0, the same throughout a process, and another one in each forked child
// (not in a child that vfork() or a bare clone() made). Thread-safe.
std::uint64_t processGeneration() noexcept;

} // namespace gemmsmith::runtime
