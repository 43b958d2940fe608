// The side of a worker program: serves requests of worker_protocol.h on an inherited socket until
// the other end closes it.
//
// Promises: every message that arrives is answered once and in order; one that is no request is
// answered with an error. Does not: survive its handler. A handler that dies takes the worker with
// it, and WorkerProcess tells what became of it.
#pragma once

#include "compiler/worker_protocol.h"
#include "configs/error.h"

#include <functional>
#include <string_view>

namespace gemmsmith {

// The worker's work. The `seconds` of the response are filled in by the server.
using WorkerHandler = std::function<Expected<WorkerResponse>(const WorkerRequest &)>;

// The main function of the worker program `name`, for a command line `NAME --fd N`.
int runWorkerServer(int argc, char **argv, std::string_view name, const WorkerHandler &handler);

// Ends the process as one that could not get memory; a std::new_handler.
[[noreturn]] void endOutOfMemory();

// For operations that are another worker program's.
tl::unexpected<Error> notMyOperation(std::string_view name, WorkerOp op);

} // namespace gemmsmith
