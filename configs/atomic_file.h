// Replacing a file in one step.
#pragma once

#include "configs/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gemmsmith {

enum class WritableBy : std::uint8_t {
  kUmask, // as any other file that the user writes
  kOwner, // by nobody else, whatever the umask lets others do
};

// Writes `bytes` to a temporary name beside `path`, flushes them to the disk and renames: a reader
// sees the old file or the new one, whole. On any failure, a full disk included, `path` is as it
// was and the temporary file is gone.
Expected<void> writeFileAtomically(const std::string &path, std::string_view bytes,
                                   WritableBy writable = WritableBy::kUmask);

} // namespace gemmsmith
