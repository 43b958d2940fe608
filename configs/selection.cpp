#include "configs/selection.h"

#include "configs/launch.h"
#include "configs/row_outcome.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

namespace gemmsmith {

namespace {

// The row's kernel for this problem, or nothing, with the reason added to `changes`.
std::optional<Selection> fromRow(const TableSet::Match &match, const Problem &problem,
                                 const SelectionPolicy &policy, std::vector<std::string> &changes) {
  RowOutcome outcome = rowOutcome(*match.row, policy);
  const auto skip = [&](const std::string &why) {
    changes.push_back(fmt::format("the row {} is not used: {}", match.row->source, why));
    return std::nullopt;
  };
  if (outcome.disposition == Disposition::kRefused)
    return skip(outcome.reasons.front());
  Selection selection;
  selection.config = outcome.config;
  selection.splits = outcome.splits;
  selection.changes = std::move(outcome.reasons);
  selection.origin = match.m == problem.m
                         ? match.row->source
                         : fmt::format("{} (row of M={})", match.row->source, match.m);
  const Expected<Launch> as_row = planLaunch(selection.config, problem, selection.splits);
  if (as_row)
    return selection;
  // A row stands for dense operands; these may have other strides or addresses.
  selection.config.alignment = RowAlignment::kElement;
  if (!planLaunch(selection.config, problem, selection.splits))
    return skip(as_row.error().message);
  selection.changes.push_back("the element-aligned path is used: " + as_row.error().message);
  return selection;
}

} // namespace

Expected<Selection> selectKernel(const Problem &problem, const TableSet &tables,
                                 const SelectionPolicy &policy) {
  std::vector<std::string> changes;
  // Paddings of M are defined for positive M; the policy names what is wrong with others.
  if (problem.m >= 1 && problem.m <= kMaxExtent)
    if (const std::optional<TableSet::Match> match = tables.find(keyOf(problem)))
      if (std::optional<Selection> selection = fromRow(*match, problem, policy, changes))
        return *selection;
  const Expected<KernelChoice> choice = policy(problem);
  if (!choice)
    return tl::unexpected(choice.error());
  return Selection{choice->config, choice->splits, "policy", std::move(changes)};
}

} // namespace gemmsmith
