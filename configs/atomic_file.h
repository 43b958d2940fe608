// Replacing a file in one step.
#pragma once

#include "configs/error.h"

#include <string>
#include <string_view>

namespace gemmsmith {

// Writes `bytes` to a temporary name beside `path`, flushes them to the disk and renames: a reader
// sees the old file or the new one, whole. On any failure, a full disk included, `path` is as it
// was and the temporary file is gone.
Expected<void> writeFileAtomically(const std::string &path, std::string_view bytes);

} // namespace gemmsmith
