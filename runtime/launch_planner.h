// Which kernel serves a problem, by the tables as they are now, else by the built-in policy.
#pragma once

#include "configs/launch.h"
#include "configs/table_set.h"
#include "runtime/failure.h"

#include <string>

namespace gemmsmith::runtime {

struct PlannedLaunch {
  Launch launch;      // its counters fit a workspace (workspace_layout.h)
  std::string origin; // "policy", "table.csv:14", …
};

// GS_ERROR_UNSUPPORTED if no kernel can serve the problem. Needs no device. Thread-safe.
Outcome<PlannedLaunch> planProblem(const Problem &problem, const TableSet &tables);

} // namespace gemmsmith::runtime
