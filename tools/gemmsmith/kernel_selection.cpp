#include "tools/gemmsmith/kernel_selection.h"

#include "configs/kernel_name.h"
#include "configs/legality.h"
#include "configs/selection.h"
#include "configs/table_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace gemmsmith {

namespace {

Expected<TableSet> readTables(const std::vector<std::string> &paths) {
  std::vector<TunedTable> tables;
  for (const std::string &path : paths) {
    auto table = readTunedTable(path);
    if (!table)
      return tl::unexpected(table.error());
    tables.push_back(std::move(*table));
  }
  return TableSet::merge(std::move(tables));
}

Expected<PlannedLaunch> planNamed(const KernelRequest &request, Problem problem) {
  const auto config = legalConfig(request.config);
  if (!config)
    return tl::unexpected(config.error());
  // What the command line leaves open, the name decides.
  problem.bias |= config->bias;
  if (request.problem.out_dtype.empty())
    problem.out_type = config->out_type;
  problem.in_type = config->in_type;
  problem.b_layout = config->b_layout;
  return planLaunch(*config, problem, request.splits.value_or(1)).map([](Launch &&launch) {
    return PlannedLaunch{std::move(launch), "named on the command line", {}};
  });
}

} // namespace

Expected<KernelConfig> legalConfig(const std::string &name) {
  auto config = parseKernelName(name);
  if (!config)
    return config;
  if (const auto issues = legalityIssues(*config); !issues.empty())
    return makeError(ErrorKind::kIllegal, fmt::format("{}", fmt::join(issues, "; ")), name);
  return config;
}

Expected<PlannedLaunch> planRequest(const KernelRequest &request) {
  const auto problem = problemOf(request.problem);
  if (!problem)
    return tl::unexpected(problem.error());
  if (!request.config.empty())
    return planNamed(request, *problem);

  const auto tables = readTables(request.tables);
  if (!tables)
    return tl::unexpected(tables.error());
  auto selection = selectKernel(*problem, *tables);
  if (!selection)
    return tl::unexpected(selection.error());
  return planLaunch(selection->config, *problem, selection->splits).map([&](Launch &&launch) {
    return PlannedLaunch{std::move(launch), std::move(selection->origin),
                         std::move(selection->changes)};
  });
}

} // namespace gemmsmith
