// The kernel for a problem: from the tables if one knows the shape, else from the policy.
#pragma once

#include "configs/error.h"
#include "configs/kernel_config.h"
#include "configs/policy.h"
#include "configs/problem.h"
#include "configs/table_set.h"

#include <string>
#include <vector>

namespace gemmsmith {

struct Selection {
  KernelConfig config; // legal, and planLaunch() accepts it for the problem
  int splits = 1;
  // Where it came from: "table.csv:14", "table.csv:14 (row of M=16)", "policy".
  std::string origin;
  // What is not as the row says, one sentence each; empty for the policy.
  std::vector<std::string> changes;
};

// A row that is found but cannot serve this very problem (other strides, say) leaves the choice to
// the policy, and `changes` says so. The error is that of the policy.
Expected<Selection> selectKernel(const Problem &problem, const TableSet &tables = {},
                                 const SelectionPolicy &policy = chooseByCostModel);

} // namespace gemmsmith
