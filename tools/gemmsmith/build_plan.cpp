#include "tools/gemmsmith/build_plan.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"
#include "configs/table_set.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace gemmsmith {

namespace {

// "dir/table.csv:14" -> "table.csv:14": what we write must not depend on where the tables lie.
std::string withoutDirectory(const std::string &source) {
  return source.substr(source.rfind('/') + 1);
}

// The table's row as a row to build. A row that was promised usable but has no launch is refused
// with the launch's reason: no row is dropped.
BuildRow planRow(const TunedRow &row) {
  BuildRow planned{.key = row.key,
                   .source = withoutDirectory(row.source),
                   .reasons = {},
                   .kernel = {},
                   .launch = {},
                   .superseded_by = {}};
  RowOutcome outcome = rowOutcome(row);
  planned.disposition = outcome.disposition;
  planned.reasons = std::move(outcome.reasons);
  if (planned.disposition == Disposition::kRefused)
    return planned;
  auto launch = problemOf(row.key).and_then(
      [&](const Problem &problem) { return planLaunch(outcome.config, problem, outcome.splits); });
  if (!launch) {
    planned.disposition = Disposition::kRefused;
    planned.reasons.push_back(launch.error().message);
    return planned;
  }
  planned.kernel = kernelName(outcome.config);
  planned.launch = *launch;
  return planned;
}

Expected<KernelConfig> namedKernel(const std::string &name, const std::string &target) {
  const auto config = parseKernelName(name);
  if (!config)
    return makeError(ErrorKind::kUsage, config.error().message, name);
  if (toString(config->target) != target)
    return makeError(ErrorKind::kUsage, fmt::format("is not a kernel for {}", target), name);
  if (const auto issues = legalityIssues(*config); !issues.empty())
    return makeError(ErrorKind::kIllegal, fmt::format("{}", fmt::join(issues, "; ")), name);
  return *config;
}

Error refusedRow(const BuildRow &row) {
  return {ErrorKind::kFailed, fmt::format("refused: {}", fmt::join(row.reasons, "; ")), row.source};
}

} // namespace

std::size_t BuildPlan::count(Disposition disposition) const {
  return static_cast<std::size_t>(std::ranges::count(rows, disposition, &BuildRow::disposition));
}

Expected<BuildPlan> planBuild(const BuildPlanOptions &options) {
  std::vector<TunedTable> tables;
  for (const std::string &path : options.tables) {
    auto table = readTunedTable(path);
    if (!table)
      return tl::unexpected(table.error());
    tables.push_back(std::move(*table));
  }
  const auto set = TableSet::merge(std::move(tables), options.strict ? OnDuplicate::kRefuse
                                                                     : OnDuplicate::kTakeFastest);
  if (!set)
    return tl::unexpected(set.error());

  BuildPlan plan;
  plan.target = options.target;
  std::map<std::string, std::string> superseded;
  for (const Duplicate &duplicate : set->duplicates()) {
    superseded[duplicate.loser] = withoutDirectory(duplicate.winner);
    if (duplicate.key.gfx == options.target)
      plan.warnings.push_back(fmt::format("{} and {} both own {}; the first is faster or earlier",
                                          duplicate.winner, duplicate.loser,
                                          toString(duplicate.key)));
  }
  for (const TunedTable &table : set->tables()) {
    for (const TunedRow &row : table.rows) {
      if (row.key.gfx != options.target) {
        ++plan.foreign_rows;
        continue;
      }
      BuildRow planned = planRow(row);
      if (options.strict && planned.disposition == Disposition::kRefused)
        return tl::unexpected(refusedRow(planned));
      if (const auto it = superseded.find(row.source); it != superseded.end())
        planned.superseded_by = it->second;
      if (planned.launch)
        plan.kernels.emplace(planned.kernel, planned.launch->config);
      plan.rows.push_back(std::move(planned));
    }
  }
  for (const std::string &name : options.kernels) {
    auto config = namedKernel(name, options.target);
    if (!config)
      return tl::unexpected(config.error());
    plan.kernels.emplace(name, *config);
  }
  if (plan.rows.empty() && !options.tables.empty())
    return makeError(ErrorKind::kInput,
                     fmt::format("no row for {} ({} rows for other processors)", options.target,
                                 plan.foreign_rows),
                     fmt::format("{}", fmt::join(options.tables, ", ")));
  return plan;
}

} // namespace gemmsmith
