#include "tools/gemmsmith/plan_command.h"

#include "configs/kernel_name.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/kernel_selection.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/problem_options.h"
#include "tools/gemmsmith/whole_number.h"

#include <fmt/format.h>
#include <memory>

namespace gemmsmith {

namespace {

struct PlanOptions {
  KernelRequest request;
  bool json = false;
};

OrderedJson planJson(const PlannedLaunch &plan) {
  OrderedJson json{{"kernel", kernelName(plan.launch.config)},
                   {"object", objectFileName(plan.launch.config)},
                   {"target", toString(plan.launch.config.target)},
                   {"origin", plan.origin},
                   {"changes", plan.changes},
                   {"problem", problemJson(plan.launch.problem)}};
  json.update(launchJson(plan.launch));
  json["kernarg_bytes"] = kernelArgumentBytes(plan.launch.config);
  json["arguments"] = argumentsJson(plan.launch);
  return json;
}

void printPlan(const PlannedLaunch &plan) {
  const Launch &launch = plan.launch;
  fmt::print("problem    {}\n", problemText(launch.problem));
  fmt::print("kernel     {}\n", kernelName(launch.config));
  fmt::print("object     {}\n", objectFileName(launch.config));
  fmt::print("from       {}\n", plan.origin);
  for (const std::string &change : plan.changes)
    fmt::print("           {}\n", change);
  fmt::print("grid       {} x {} x {} workgroups ({} {})\n", launch.grid.x, launch.grid.y,
             launch.grid.z, launch.splits, launch.splits == 1 ? "split" : "splits");
  fmt::print("block      {} x {} x {} threads\n", launch.block.x, launch.block.y, launch.block.z);
  fmt::print("LDS        {} bytes\n", launch.lds_bytes);
  fmt::print("workspace  {} bytes\n", launch.workspace_bytes);
  fmt::print("arguments  {} bytes\n", kernelArgumentBytes(launch.config));
  const OrderedJson arguments = argumentsJson(launch);
  for (const OrderedJson &argument : arguments) {
    const bool by_value = argument.contains("value");
    const std::string what =
        by_value ? argument["value"].dump()
                 : fmt::format("{} bytes, {}", argument["bytes"].get<std::int64_t>(),
                               argument["access"].get<std::string>());
    fmt::print("  {:>3}  {:<9}  {:<6}  {}\n", argument["offset"].get<int>(),
               argument["name"].get<std::string>(),
               by_value ? fmt::format("i{}", argument["size"].get<int>() * 8) : "buffer", what);
  }
}

int runPlan(const PlanOptions &options) {
  const auto plan = planRequest(options.request);
  if (!plan)
    return reportError(plan.error());
  if (options.json)
    fmt::print("{}", dumpJson(planJson(*plan)));
  else
    printPlan(*plan);
  return kExitGood;
}

} // namespace

void addPlanCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App *command = app.add_subcommand("plan", "Say what the launch of a problem would be");
  addProblemOptions(*command, options->request.problem);
  auto *config = command->add_option("--config", options->request.config, "Use this kernel");
  command->add_option("--splits", options->request.splits, "Workgroups per output tile, along K")
      ->check(wholeNumber(1, kMaxSplits))
      ->needs(config);
  command->add_option("--table", options->request.tables, "Tuned tables to look the problem up in")
      ->excludes(config);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &exit_code] { exit_code = runPlan(*options); });
}

} // namespace gemmsmith
