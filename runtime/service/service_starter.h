// Starts a compile service in the background.
#pragma once

#include "configs/error.h"

#include <chrono>
#include <string>

namespace gemmsmith {

// Runs `program serve --socket SOCKET --background`, which comes back once the service listens or
// another has taken the socket meanwhile. kFailed with what it said when it cannot, or does not by
// `deadline`. Leaves no child behind that has ended, and no descriptor open in the service.
// Thread-safe.
Expected<void> startService(const std::string &program, const std::string &socket,
                            std::chrono::steady_clock::time_point deadline);

} // namespace gemmsmith
