// The kernel that a command line asks for: by name, from tables, or from the policy.
#pragma once

#include "configs/error.h"
#include "configs/launch.h"
#include "tools/gemmsmith/problem_options.h"

#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

struct KernelRequest {
  ProblemOptions problem;
  std::string config;        // one of our kernel names; empty = from the tables or the policy
  std::optional<int> splits; // only with `config`
  std::vector<std::string> tables;
};

struct PlannedLaunch {
  Launch launch;
  std::string origin;               // "named on the command line", "table.csv:14", "policy"
  std::vector<std::string> changes; // what is not as the table's row says
};

// A configuration from its name, judged legal; the error says what is wrong with it.
Expected<KernelConfig> legalConfig(const std::string &name);

Expected<PlannedLaunch> planRequest(const KernelRequest &request);

} // namespace gemmsmith
