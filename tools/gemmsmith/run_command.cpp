#include "tools/gemmsmith/run_command.h"

#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/problem_options.h"
#include "tools/gemmsmith/run_report.h"
#include "tools/gemmsmith/whole_number.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <string_view>

namespace gemmsmith {

namespace {

using std::chrono::steady_clock;

struct RunOptions {
  ProblemOptions problem;
  int pointer_alignment = 16;
  std::string device; // empty: what the environment says
  std::string objects;
  std::vector<std::string> tables;
  std::int64_t repeat = 1;
  bool prepare = false;
  std::string inputs; // empty: exact integers where K allows them
  std::uint64_t seed = 1;
  bool no_verify = false;
  bool json = false;
};

// What the library says while it works. Warnings are passed on at once.
struct LibraryLog {
  std::vector<std::string> events;

  static void write(void *self, gs_log_level level, const char *message) {
    if (level == GS_LOG_WARNING)
      reportWarning(message);
    else
      static_cast<LibraryLog *>(self)->events.emplace_back(message);
  }

  // The library says "KERNEL: from the TIER tier (ORIGIN)" of a code object that it took.
  std::string originOf(const std::string &kernel) const {
    for (const std::string &event : events) {
      constexpr std::string_view kBefore = " tier (";
      const auto begin = event.find(kBefore);
      if (event.starts_with(kernel + ": from the ") && begin != event.npos && event.ends_with(')'))
        return event.substr(begin + kBefore.size(), event.size() - 1 - begin - kBefore.size());
    }
    return {};
  }
};

Expected<void> check(gs_status status) {
  switch (status) {
  case GS_SUCCESS:
    return {};
  case GS_ERROR_INVALID:
    return makeError(ErrorKind::kUsage, gs_last_error());
  case GS_ERROR_UNSUPPORTED:
    return makeError(ErrorKind::kIllegal, gs_last_error());
  default:
    return makeError(ErrorKind::kFailed, gs_last_error());
  }
}

struct DestroyContext {
  void operator()(gs_context *context) const { gs_context_destroy(context); }
};
using Context = std::unique_ptr<gs_context, DestroyContext>;

gs_problem libraryProblem(const Problem &p) {
  gs_problem problem{};
  problem.m = p.m;
  problem.n = p.n;
  problem.k = p.k;
  problem.lda = p.lda;
  problem.ldb = p.ldb;
  problem.ldc = p.ldc;
  problem.in_type = GS_BF16;
  problem.out_type = p.out_type == DataType::kF32 ? GS_F32 : GS_BF16;
  problem.bias = p.bias;
  problem.unaligned = p.pointer_alignment < 16;
  return problem;
}

// gs_prepare(), which also says which kernel the problem has.
Expected<std::string> prepare(gs_context *context, const gs_problem &problem) {
  std::string kernel;
  gs_prepare_options options{};
  options.size = sizeof options;
  options.progress = [](void *user, const gs_progress *progress) {
    *static_cast<std::string *>(user) = progress->detail;
  };
  options.progress_user = &kernel;
  return check(gs_prepare(context, &problem, 1, &options)).map([&] { return kernel; });
}

Expected<RunCall> launch(gs_context *context, const HipDevice &device, const gs_problem &problem,
                         const RunOperands &operands) {
  if (auto poisoned = operands.poison(); !poisoned)
    return tl::unexpected(poisoned.error());
  const gs_pointers pointers = operands.pointers();
  RunCall call;
  const auto begin = steady_clock::now();
  const gs_status status = gs_gemm(context, &problem, &pointers, nullptr);
  call.returned = steady_clock::now() - begin;
  auto done = check(status).and_then([&] { return device.synchronize(); });
  call.finished = steady_clock::now() - begin;
  return done.map([&] { return call; });
}

verify::Inputs inputsOf(const RunOptions &options, std::int64_t k) {
  if (options.inputs == verify::shortName(verify::Inputs::kNormal) ||
      (options.inputs.empty() && verify::exactIntegerLimit(k) == 0))
    return verify::Inputs::kNormal;
  return verify::Inputs::kExactIntegers;
}

Expected<std::string> joinTables(const std::vector<std::string> &tables) {
  for (const std::string &table : tables)
    if (table.find(':') != table.npos)
      return makeError(ErrorKind::kUsage, "the library takes no table with ':' in its path", table);
  return fmt::format("{}", fmt::join(tables, ":"));
}

Expected<RunReport> run(const RunOptions &options) {
  auto problem = problemOf(options.problem);
  if (!problem)
    return tl::unexpected(problem.error());
  problem->pointer_alignment = options.pointer_alignment;
  const auto tables = joinTables(options.tables);
  if (!tables)
    return tl::unexpected(tables.error());

  LibraryLog log;
  gs_options library{};
  library.size = sizeof library;
  if (!options.device.empty())
    library.device = options.device == "hip" ? GS_DEVICE_HIP : GS_DEVICE_EMULATOR;
  library.objects = options.objects.empty() ? nullptr : options.objects.c_str();
  library.tables = tables->empty() ? nullptr : tables->c_str();
  library.log = &LibraryLog::write;
  library.log_user = &log;
  gs_context *created = nullptr;
  if (auto done = check(gs_context_create(&library, &created)); !done)
    return tl::unexpected(done.error());
  const Context context(created);
  const gs_problem asked = libraryProblem(*problem);
  // Asked first because it needs no memory: what no kernel serves is said before any is taken.
  std::size_t workspace = 0;
  if (auto done = check(gs_workspace_size(context.get(), &asked, &workspace)); !done)
    return tl::unexpected(done.error());

  const auto device = HipDevice::open(library);
  if (!device)
    return tl::unexpected(device.error());
  RunReport report;
  report.problem = *problem;
  report.inputs = inputsOf(options, problem->k);
  report.seed = options.seed;
  report.hip_library = device->hip().path();
  report.device_target = device->targetId();
  report.emulated = device->isEmulated();
  if (auto fits = checkHostMemory(*problem, report.emulated); !fits)
    return tl::unexpected(fits.error());
  const auto operands = RunOperands::upload(*device, *problem, report.inputs, options.seed);
  if (!operands)
    return tl::unexpected(operands.error());

  if (options.prepare) {
    const auto begin = steady_clock::now();
    if (auto prepared = prepare(context.get(), asked); !prepared)
      return tl::unexpected(prepared.error());
    report.prepared = steady_clock::now() - begin;
  }
  for (std::int64_t i = 0; i < options.repeat; ++i) {
    const auto call = launch(context.get(), *device, asked, *operands);
    if (!call)
      return tl::unexpected(call.error());
    report.calls.push_back(*call);
  }
  auto kernel = prepare(context.get(), asked);
  if (!kernel)
    return tl::unexpected(kernel.error());
  report.kernel = std::move(*kernel);
  report.origin = log.originOf(report.kernel);
  report.counters.size = sizeof report.counters;
  if (auto done = check(gs_get_counters(context.get(), &report.counters)); !done)
    return tl::unexpected(done.error());
  if (!options.no_verify) {
    const auto verdict = operands->judge();
    if (!verdict)
      return tl::unexpected(verdict.error());
    report.verdict = *verdict;
  }
  return report;
}

int runRun(const RunOptions &options) {
  const auto report = run(options);
  if (!report)
    return reportError(report.error());
  fmt::print("{}", options.json ? dumpJson(runJson(*report)) : runText(*report));
  return report->passed() ? kExitGood : kExitFailed;
}

} // namespace

void addRunCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App *command =
      app.add_subcommand("run", "Compute a GEMM through libgemmsmith.so, as an application would");
  addProblemOptions(*command, options->problem);
  command
      ->add_option("--pointer-alignment", options->pointer_alignment,
                   "Bytes that A and B are aligned to")
      ->check(CLI::IsMember({2, 4, 8, 16}))
      ->capture_default_str();
  command
      ->add_option("--device", options->device,
                   "Whose devices: HIP's or the emulated MI355X (default: $GEMMSMITH_DEVICE)")
      ->check(CLI::IsMember({"hip", "emulator"}));
  command->add_option("--objects", options->objects,
                      "Directory that `gemmsmith build` wrote (default: $GEMMSMITH_OBJECTS)");
  command->add_option("--table", options->tables, "Tuned tables (default: $GEMMSMITH_TABLES)");
  command->add_option("--repeat", options->repeat, "Launches")
      ->check(wholeNumber(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--prepare", options->prepare, "Prepare the problem before the first launch");
  auto *inputs =
      command
          ->add_option("--inputs", options->inputs,
                       "Exact integers, so that C must equal the reference, or normal numbers")
          ->check(CLI::IsMember({"exact", "normal"}));
  command->add_option("--seed", options->seed, "Seed of the inputs")->capture_default_str();
  command->add_flag("--no-verify", options->no_verify, "Do not look at the result")
      ->excludes(inputs);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &exit_code] { exit_code = runRun(*options); });
}

} // namespace gemmsmith
