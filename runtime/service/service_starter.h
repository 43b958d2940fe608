// Starts a compile service in the background.
#pragma once

#include "configs/error.h"
#include "runtime/service/service_client.h"

#include <chrono>

namespace gemmsmith {

// Runs `program serve --socket SOCKET --background` with the workers of `options`, which comes back
// once the service listens or another has taken the socket meanwhile. kFailed with what it said
// when it cannot, or does not by `deadline`, or `options.interrupt_fd` is readable first. Leaves no
// child behind that has ended, and no descriptor open in the service. Thread-safe.
Expected<void> startService(const ServiceOptions &options,
                            std::chrono::steady_clock::time_point deadline);

} // namespace gemmsmith
