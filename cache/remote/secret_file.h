// Passwords and tokens that lie in files, so that they are in no environment and on no command
// line. A symbolic link is followed: Kubernetes mounts secrets so. Thread-safe.
#pragma once

#include "configs/error.h"

#include <string>

namespace gemmsmith {

// What the file holds, without the line end after it. kInput, without any of it, when it cannot be
// read, is empty, or is not one line of printable characters.
Expected<std::string> readSecret(const std::string &path);

} // namespace gemmsmith
