// What `gemmsmith run` has seen, as text and as JSON.
#pragma once

#include "configs/problem.h"
#include "runtime/gemmsmith.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/run_operands.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

// Of one gs_gemm(), on the host.
struct RunCall {
  std::chrono::nanoseconds returned{0}; // from the call to its return
  std::chrono::nanoseconds finished{0}; // from the call to the end of the launch
};

struct RunReport {
  Problem problem;
  verify::Inputs inputs = verify::Inputs::kExactIntegers;
  std::uint64_t seed = 0;
  std::string hip_library;
  std::string device_target;
  bool emulated = false;
  std::string kernel;
  std::string origin; // what its place says of where it was: a path, say; empty if nothing
  std::optional<std::chrono::nanoseconds> prepared; // gs_prepare(), where it was asked for
  std::vector<RunCall> calls;                       // at least one
  gs_counters counters{};
  std::optional<RunVerdict> verdict; // none when nothing was verified

  bool passed() const { return !verdict || verdict->failure().empty(); }
};

std::string runText(const RunReport &report);

// {"problem", "device", "kernel", "source", "tiers", "compile_ms", "load_ms", "prepare_ms",
//  "first_call", "later_calls", "clock", "launches", "counters", "verdict"}
OrderedJson runJson(const RunReport &report);

} // namespace gemmsmith
