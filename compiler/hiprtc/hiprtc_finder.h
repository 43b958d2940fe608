// Which installed hiprtcs there are, and which of them compiles for a target.
//
// Promises: what a library does when it is tried (crash, hang, eat memory) makes that one unusable,
// with the reason, and nothing else. The order is that of preference: see candidates.h. Does not:
// load anything into this process, or remember; each call asks anew.
#pragma once

#include "compiler/hiprtc/hiprtc_description.h"
#include "compiler/worker_pool.h"
#include "configs/error.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gemmsmith {

struct HiprtcFinderOptions {
  std::string target = "gfx950";
  // The worker program, and what runs it, if anything (WorkerProcessOptions); without a program
  // these are defaultHiprtcWorkerProgram() and hiprtcLauncher().
  std::filesystem::path program = {};
  std::filesystem::path launcher = {};
  bool stop_at_usable = false; // the last of the result is then the only usable one, if any is
  std::chrono::milliseconds time_limit{30'000}; // of each probe
  std::uint64_t memory_limit_bytes = WorkerPoolOptions{}.memory_limit_bytes;
  int interrupt_fd = -1; // once it is readable the search ends with an error; -1 = none
};

// One description per ROCm that is there. The error is one of the worker program itself (it is not
// there, or has nowhere for its temporary files), never one of a hiprtc.
Expected<std::vector<HiprtcDescription>> findHiprtcs(const HiprtcFinderOptions &options = {});

// $GEMMSMITH_HIPRTC_WORKER, or gemmsmith-hiprtc beside this executable. Not checked to exist. A
// script (that runs the worker with another ROCm's loader, say) must exec it: what is killed is one
// process.
std::filesystem::path defaultHiprtcWorkerProgram();

// What runs that program: $GEMMSMITH_ROCM_ROOT/run of a root that tools/rocm-sysroot.sh made, as an
// absolute path; empty where the variable is not set. Not checked to exist: findHiprtcs() does.
std::filesystem::path hiprtcLauncher();

// Options of a pool whose workers compile with a hiprtc. `workers` as in WorkerPoolOptions.
WorkerPoolOptions hiprtcPoolOptions(int workers = 0);

} // namespace gemmsmith
