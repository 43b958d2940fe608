// Which kernel serves a problem, by the tables as they are now, else by the built-in policy.
#pragma once

#include "configs/launch.h"
#include "configs/table_set.h"
#include "runtime/failure.h"

#include <string>
#include <vector>

namespace gemmsmith::runtime {

struct PlannedLaunch {
  Launch launch;      // its counters fit a workspace (workspace_layout.h)
  std::string origin; // "policy", "table.csv:14", …
  // What is not as the table's row says, one sentence each; with "policy", why a row is not used.
  std::vector<std::string> changes;

  bool byPolicy() const { return origin == "policy"; }
};

// GS_ERROR_UNSUPPORTED if no kernel can serve the problem. Needs no device. Thread-safe.
Outcome<PlannedLaunch> planProblem(const Problem &problem, const TableSet &tables);

} // namespace gemmsmith::runtime
