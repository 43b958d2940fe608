// Structures of the C interface that grow at their ends, from callers older and newer than us.
#pragma once

#include "runtime/failure.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>

namespace gemmsmith::runtime {

// The caller's structure as we know it: what an older caller does not have is zero. Null stands for
// all zero. A newer caller may not have set what we do not know.
template <typename T> Outcome<T> readSized(const T *given, const char *name) {
  T known{};
  known.size = sizeof known;
  if (!given)
    return known;
  const std::size_t size = given->size;
  if (size < sizeof size)
    return fail(GS_ERROR_INVALID,
                fmt::format("{0}.size is {1}, it must be sizeof({0})", name, size));
  const auto *bytes = reinterpret_cast<const std::byte *>(given);
  for (std::size_t i = sizeof known; i < size; ++i)
    if (bytes[i] != std::byte{})
      return fail(
          GS_ERROR_INVALID,
          fmt::format("{} has fields set that this library, version {}.{}.{}, does not know", name,
                      GS_VERSION_MAJOR, GS_VERSION_MINOR, GS_VERSION_PATCH));
  std::memcpy(static_cast<void *>(&known), given, std::min(size, sizeof known));
  return known;
}

} // namespace gemmsmith::runtime
