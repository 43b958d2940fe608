#include "tools/gemmsmith/verify_command.h"

#include "compiler/kernel_compiler.h"
#include "configs/atomic_file.h"
#include "configs/kernel_name.h"
#include "configs/launch.h"
#include "configs/legality.h"
#include "tools/gemmsmith/backend_option.h"
#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/object_file.h"
#include "tools/gemmsmith/problem_options.h"
#include "tools/gemmsmith/progress.h"
#include "tools/gemmsmith/whole_number.h"
#include "tools/verify/campaign.h"
#include "tools/verify/case_plan.h"
#include "tools/verify/report.h"

#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>

namespace gemmsmith {

namespace {

struct VerifyOptions {
  std::vector<std::string> tables;
  std::string config;
  ProblemOptions problem;
  std::optional<int> splits;
  std::string inputs;
  std::int64_t tiles = 0;
  int pointer_alignment = 16;
  bool full = false;
  std::size_t sample = 12;
  std::size_t random = 0;
  std::uint64_t seed = 1;
  int jobs = 0;
  std::string objects;
  std::optional<Backend> backend;
  std::string report;
  bool json = false;
};

Error usage(std::string message) {
  return {ErrorKind::kUsage, std::move(message), {}};
}

// One named kernel on one shape. Bias and output type are part of the kernel: --bias and
// --out-dtype ask for that variant of it.
Expected<verify::CasePlan> planNamed(const VerifyOptions &options) {
  Expected<Problem> problem = problemOf(options.problem);
  if (!problem)
    return tl::unexpected(problem.error());
  Expected<KernelConfig> config = parseKernelName(options.config);
  if (!config)
    return tl::unexpected(config.error());
  config->bias |= problem->bias;
  if (!options.problem.out_dtype.empty())
    config->out_type = problem->out_type;
  problem->bias = config->bias;
  problem->out_type = config->out_type;
  problem->in_type = config->in_type;
  problem->b_layout = config->b_layout;
  problem->pointer_alignment = options.pointer_alignment;
  const int splits = options.splits.value_or(1);
  if (const auto launch = planLaunch(*config, *problem, splits); !launch)
    return tl::unexpected(launch.error());

  verify::CasePlan plan;
  plan.description = "one kernel on one shape";
  for (const verify::Inputs inputs :
       {verify::Inputs::kExactIntegers, verify::Inputs::kNormal, verify::Inputs::kSpecial})
    if (options.inputs == verify::shortName(inputs) ||
        (options.inputs.empty() && inputs != verify::Inputs::kSpecial))
      plan.cases.push_back({*config, *problem, splits, inputs, options.seed, options.tiles, {}});
  return plan;
}

Expected<verify::CasePlan> planTables(const VerifyOptions &options) {
  const Expected<BuildPlan> build = planBuild({.tables = options.tables});
  if (!build)
    return tl::unexpected(build.error());
  std::vector<verify::KernelUse> uses;
  std::size_t refused = 0;
  for (const BuildRow &row : build->rows) {
    if (row.launch)
      uses.push_back({row.launch->config, row.launch->problem, row.launch->splits});
    else
      ++refused;
  }
  if (refused > 0)
    reportWarning(fmt::format(
        "{} rows are refused and not verified; gemmsmith configs check says why", refused));
  return options.full ? verify::planFull(uses, options.seed)
                      : verify::planSample(uses, options.sample, options.seed);
}

Expected<verify::CasePlan> planCases(const VerifyOptions &options) {
  const int ways = !options.tables.empty() + !options.config.empty() + (options.random > 0);
  if (ways != 1)
    return tl::unexpected(usage("give either tables, or --config with a shape, or --random"));
  if (options.config.empty() &&
      (options.problem.any() || options.splits || !options.inputs.empty() || options.tiles > 0))
    return tl::unexpected(usage("a shape, --splits, --inputs and --tiles need --config"));
  if (options.full && options.tables.empty())
    return tl::unexpected(usage("--full needs tables"));
  if (!options.config.empty())
    return planNamed(options);
  if (options.random > 0)
    return verify::planRandom(options.random, options.seed);
  return planTables(options);
}

// Code objects from the directory of an earlier build where it has them, else from the compiler.
class ObjectProvider {
public:
  ObjectProvider(const VerifyOptions &options, KernelCompiler &compiler)
      : directory_(options.objects), compiler_(compiler) {}

  std::shared_future<Expected<verify::CodeObjectBytes>> operator()(const KernelConfig &config) {
    const auto path = directory_ / (kernelName(config) + ".co");
    if (!directory_.empty() && std::filesystem::exists(path)) {
      ++found_;
      return std::async(std::launch::deferred, [path] { return readObjectFile(path); }).share();
    }
    ++compiled_;
    return std::async(std::launch::deferred,
                      [future = compiler_.compile(config)]() mutable {
                        return future.get().map(
                            [](CompiledKernel &&kernel) { return std::move(kernel.code_object); });
                      })
        .share();
  }

  std::string origin() const {
    const std::string found =
        directory_.empty() ? "" : fmt::format("{} from {}, ", found_, directory_.string());
    return fmt::format("{}{} compiled by {}", found, compiled_, compiler_.choice().str());
  }

private:
  std::filesystem::path directory_;
  KernelCompiler &compiler_;
  int found_ = 0;
  int compiled_ = 0;
};

int runVerify(const VerifyOptions &options) {
  const Interrupt interrupt;
  const Expected<verify::CasePlan> plan = planCases(options);
  if (!plan)
    return reportError(plan.error());
  if (!options.objects.empty() && !std::filesystem::is_directory(options.objects))
    return reportError({ErrorKind::kInput, "is not a directory", options.objects});
  fmt::print(stderr, "verifying {}\n", plan->description);

  const auto compiler = KernelCompiler::start({.backend = options.backend.value_or(Backend::kAuto),
                                               .workers = options.jobs,
                                               .interrupt_fd = interrupt.fd()});
  if (!compiler)
    return interrupt.exitCodeOr(reportError(compiler.error()));
  ObjectProvider objects(options, **compiler);
  std::optional<Progress> progress(std::in_place, "verified", plan->cases.size());
  std::size_t failed = 0;
  verify::CampaignOptions campaign;
  campaign.threads = options.jobs;
  campaign.stop = [&] {
    if (!interrupt.requested())
      return false;
    (*compiler)->cancel(); // nobody should wait for a compile now
    return true;
  };
  campaign.progress = [&](const verify::Progress &p, const verify::CaseReport &last) {
    if (interrupt.requested())
      return; // what fails now fails of that
    if (p.failed > failed && p.failed <= 5)
      progress->message(fmt::format("gemmsmith: error: {}: {}: {}", kernelName(last.test.config),
                                    last.test.str(), last.failure));
    failed = p.failed;
    progress->update(p.done, kernelName(last.test.config));
  };
  const verify::CampaignReport report =
      verify::runCampaign(plan->cases, std::ref(objects), campaign);
  progress.reset(); // the bar goes before the summary comes
  if (interrupt.requested()) {
    reportError({ErrorKind::kFailed, "interrupted; nothing was reported", {}});
    return interrupt.exitCode();
  }

  const std::string json = verify::reportJson(report, plan->description);
  if (!options.report.empty())
    if (auto written = writeFileAtomically(options.report, json); !written)
      return reportError(written.error());
  if (options.json)
    fmt::print("{}", json);
  else
    fmt::print("code objects: {}\n{}", objects.origin(), verify::summaryText(report));
  return verify::summarize(report).cases_failed == 0 ? kExitGood : kExitFailed;
}

} // namespace

void addVerifyCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App *command = app.add_subcommand(
      "verify", "Run kernels on the emulated device and compare every element with a reference");
  command->add_option("tables", options->tables, "Tuned tables (CSV) whose kernels to verify");
  command->add_flag("--full", options->full,
                    "Verify every kernel of the tables in all its variants, not a sample");
  command->add_option("--sample", options->sample, "Kernels of the tables to verify")
      ->check(wholeNumber(1, 1'000'000))
      ->excludes("--full")
      ->capture_default_str();
  command
      ->add_option("--random", options->random,
                   "Verify this many random shapes with the kernels the policy has for them")
      ->check(wholeNumber(1, 1'000'000));
  command->add_option("--config", options->config, "Verify the kernel of this name on one shape");
  addProblemOptions(*command, options->problem);
  command->add_option("--splits", options->splits, "Number of splits of K (default: 1)")
      ->check(wholeNumber(1, kMaxSplits));
  command->add_option("--inputs", options->inputs, "Only these inputs (default: exact and normal)")
      ->check(CLI::IsMember({"exact", "normal", "special"}));
  command->add_option("--tiles", options->tiles, "Execute only this many output tiles (0 = all)")
      ->check(wholeNumber(0, kMaxExtent));
  command
      ->add_option("--pointer-alignment", options->pointer_alignment,
                   "Bytes that A and B are aligned to")
      ->check(CLI::IsMember({2, 4, 8, 16}))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of the inputs and of what is sampled")
      ->capture_default_str();
  command
      ->add_option("-j,--jobs", options->jobs,
                   "Kernels to compile and cases to emulate at a time (default: one per core)")
      ->check(wholeNumber(1, 1024));
  command->add_option("--objects", options->objects,
                      "Take code objects from this directory where it has them");
  addBackendOption(*command, options->backend);
  command->add_option("--report", options->report, "Write a JSON report to this file");
  command->add_flag("--json", options->json, "Print the JSON report instead of the summary");
  command->callback([options, &exit_code] { exit_code = runVerify(*options); });
}

} // namespace gemmsmith
