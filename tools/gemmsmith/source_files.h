// HIP C++ sources of kernels, as files.
#pragma once

#include "compiler/worker_pool.h"
#include "configs/error.h"
#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/interrupt.h"

#include <filesystem>

namespace gemmsmith {

// Writes DIRECTORY/NAME.hip for every kernel of the plan, each of them whole or not at all. The
// directory is made where there is none. Ends at the first that cannot be generated or written.
Expected<void> writeSources(WorkerPool &generator, const BuildPlan &plan,
                            const std::filesystem::path &directory, const Interrupt &interrupt);

} // namespace gemmsmith
