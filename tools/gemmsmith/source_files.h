// HIP C++ sources of kernels, as files.
#pragma once

#include "compiler/worker_pool.h"
#include "configs/error.h"
#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/interrupt.h"

#include <cstddef>
#include <filesystem>

namespace gemmsmith {

// Writes DIRECTORY/NAME.hip for every kernel of the plan, each of them whole or not at all. The
// directory is made where there is none. The result is how many kernels could not be generated:
// each is reported, and the rest goes on. A file that cannot be written ends it, because the next
// would fail as well, and so does an interrupt.
Expected<std::size_t> writeSources(WorkerPool &generator, const BuildPlan &plan,
                                   const std::filesystem::path &directory,
                                   const Interrupt &interrupt);

} // namespace gemmsmith
