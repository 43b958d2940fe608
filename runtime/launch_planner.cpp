#include "runtime/launch_planner.h"

#include "configs/selection.h"
#include "runtime/workspace_layout.h"

namespace gemmsmith::runtime {

namespace {

Expected<PlannedLaunch> planWith(const Problem &problem, const TableSet &tables) {
  const Expected<Selection> selection = selectKernel(problem, tables);
  if (!selection)
    return tl::unexpected(selection.error());
  return planLaunch(selection->config, problem, selection->splits).map([&](const Launch &launch) {
    return PlannedLaunch{launch, selection->origin, selection->changes};
  });
}

} // namespace

Outcome<PlannedLaunch> planProblem(const Problem &problem, const TableSet &tables) {
  Expected<PlannedLaunch> plan = planWith(problem, tables);
  if (plan && !fitsWorkspace(plan->launch)) { // only a table splits so many tiles
    const std::string row = plan->origin;
    plan = planWith(problem, TableSet());
    if (plan)
      plan->changes = {"the row " + row +
                       " is not used: it splits K of more tiles than a "
                       "workspace has counters for"};
  }
  return plan.map_error(as(GS_ERROR_UNSUPPORTED));
}

} // namespace gemmsmith::runtime
