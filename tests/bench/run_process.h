// Running another program and waiting for it.
#pragma once

#include "configs/error.h"

#include <string>
#include <vector>

namespace gemmsmith {

// Runs command[0], looked up in PATH, with the other words as arguments; its output goes where ours
// goes. kFailed if it cannot be started or does not exit with 0.
Expected<void> runProcess(const std::vector<std::string> &command);

} // namespace gemmsmith
