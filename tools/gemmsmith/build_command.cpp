#include "tools/gemmsmith/build_command.h"

#include "compiler/temporary_directory.h"
#include "configs/atomic_file.h"
#include "configs/this_file.h"
#include "runtime/service/service_client.h"
#include "tools/gemmsmith/backend_option.h"
#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/build_record.h"
#include "tools/gemmsmith/build_store.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/missing_objects.h"
#include "tools/gemmsmith/object_directory.h"
#include "tools/gemmsmith/service_compiler.h"
#include "tools/gemmsmith/source_files.h"
#include "tools/gemmsmith/store_access.h"
#include "tools/gemmsmith/whole_number.h"
#include "tools/gemmsmith/worker_compiler.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <optional>
#include <utility>

namespace gemmsmith {

namespace {

using std::chrono::steady_clock;

struct BuildOptions {
  BuildPlanOptions plan;
  int workers = 0;
  std::string output; // empty: only the store and the bundle are filled
  std::string bundle;
  std::string private_key; // to sign the bundle with
  std::string report;
  bool no_cache = false;
  bool service = false; // it compiles, not workers of our own
  bool allow_spills = false;
  std::optional<Backend> backend;
  std::string emit = "object"; // or "hip"
};

// Takes over what earlier builds left, if this one may use it.
void reuseObjects(const BuildPlan &plan, const ObjectDirectory &directory, bool allow_spills,
                  BuildRecord &record) {
  for (const auto &[kernel, config] : plan.kernels) {
    auto stored = directory.find(kernel);
    if (stored && (allow_spills || !stored->resources.spills()))
      record.objects[kernel] = {.stored = std::move(stored),
                                .origin = ObjectOrigin::kReused,
                                .compile_seconds = 0,
                                .error = {}};
  }
}

// All objects of the build as one bundle.
Expected<void> bundleObjects(const BuildOptions &options, const BuildPlan &plan,
                             const ObjectDirectory &directory, const BuildStore &store,
                             const BuildRecord &record) {
  BundleWriter bundle;
  for (const auto &[kernel, object] : record.objects) {
    if (!object.stored)
      continue;
    const auto added = directory.read(kernel)
                           .and_then([&](const std::vector<std::byte> &bytes) {
                             return store.entry(plan.kernels.at(kernel), bytes);
                           })
                           .and_then([&](const Entry &entry) { return bundle.add(entry); });
    if (!added)
      return added;
  }
  return writeBundle(bundle, options.bundle, options.private_key);
}

// Who compiles: the service, or workers of this build's own.
Expected<std::unique_ptr<ObjectCompiler>>
startCompiler(const BuildOptions &options, const BuildPlan &plan, const Interrupt &interrupt) {
  if (options.service)
    return ServiceCompiler::start({.socket = defaultServiceSocket(),
                                   .program = thisProgram(),
                                   .workers = options.workers,
                                   .interrupt_fd = interrupt.fd()});
  return WorkerCompiler::start({.backend = options.backend.value_or(Backend::kAuto),
                                .target = plan.target,
                                .workers = options.workers,
                                .interrupt_fd = interrupt.fd()});
}

Expected<BuildRecord> build(const BuildOptions &options, const StoreOptions &store_options,
                            const BuildPlan &plan, const Interrupt &interrupt) {
  auto compiler = startCompiler(options, plan, interrupt);
  if (!compiler)
    return tl::unexpected(compiler.error());
  const ObjectCompilerFacts &facts = (*compiler)->facts();
  BuildRecord record;
  record.generator = facts.identity.hex;
  record.backend = facts.backend;
  record.compiler = facts.compiler;
  record.workers = facts.workers;

  // The objects lie somewhere while they are made, also when only a bundle or the store is wanted.
  std::optional<TemporaryDirectory> temporary;
  if (options.output.empty()) {
    auto created = TemporaryDirectory::create();
    if (!created)
      return tl::unexpected(created.error());
    temporary.emplace(std::move(*created));
  }
  auto directory = ObjectDirectory::open(temporary ? temporary->path() / "objects"
                                                   : std::filesystem::path(options.output),
                                         plan.target, record.generator);
  if (!directory)
    return tl::unexpected(directory.error());
  BuildStore store({.store = store_options,
                    .compiler = record.generator,
                    .backend = record.backend,
                    .allow_spills = options.allow_spills});
  if (!facts.identity.files.empty() && options.backend.value_or(Backend::kAuto) == Backend::kAuto)
    store.note(facts.identity);
  reuseObjects(plan, *directory, options.allow_spills, record);
  for (const auto &[kernel, object] : record.objects)
    if (const auto bytes = directory->read(kernel))
      store.put(plan.kernels.at(kernel), *bytes);
  if (auto done = MissingObjects(plan, interrupt, *directory, store, record)
                      .make(**compiler, {.allow_spills = options.allow_spills});
      !done)
    return tl::unexpected(done.error());
  if (auto done = directory->finish(manifestJson(plan, record)); !done)
    return tl::unexpected(done.error());
  // A bundle is for shipping: rather none than one that lacks a kernel.
  if (!options.bundle.empty() && record.failed() == 0)
    if (auto done = bundleObjects(options, plan, *directory, store, record); !done)
      return tl::unexpected(done.error());
  return record;
}

int emitSources(const BuildOptions &options, const BuildPlan &plan, const Interrupt &interrupt) {
  WorkerPool generator({.workers = options.workers, .interrupt_fd = interrupt.fd()});
  const auto failed = writeSources(generator, plan, options.output, interrupt);
  if (!failed)
    return interrupt.exitCodeOr(reportError(failed.error()));
  fmt::print("sources  {} in {}{}\n", plan.kernels.size() - *failed, options.output,
             *failed == 0 ? "" : fmt::format(", {} failed", *failed));
  return *failed == 0 ? kExitGood : kExitFailed;
}

// What the environment says of the store, unless it is not to be used.
Expected<StoreOptions> storeOptionsOf(const BuildOptions &options) {
  if (!options.no_cache)
    return storeOptionsFromEnvironment();
  StoreOptions off;
  off.mode = StoreMode::kOff;
  return off;
}

// Why the command line is wrong as a whole, if it is.
Expected<void> checkOptions(const BuildOptions &options, const StoreOptions &store) {
  if (options.plan.tables.empty() && options.plan.kernels.empty())
    return makeError(ErrorKind::kUsage, "nothing to build: give tables, or kernels with --config");
  if (options.service && (options.backend || options.emit == "hip" || options.no_cache))
    return makeError(ErrorKind::kUsage,
                     "--service compiles with the back end and the store of the service: leave out "
                     "--backend, --emit hip and --no-cache");
  if (options.emit == "hip" && (options.backend || options.allow_spills || !options.bundle.empty()))
    return makeError(ErrorKind::kUsage, "--emit hip writes sources, which no back end compiles: "
                                        "leave out --backend, --allow-spills and --bundle");
  if (options.output.empty() && options.emit == "hip")
    return makeError(ErrorKind::kUsage, "--emit hip needs a directory: give one with -o");
  if (options.output.empty() && options.bundle.empty() && store.mode != StoreMode::kReadWrite)
    return makeError(ErrorKind::kUsage,
                     "nowhere to put what is built, as the store is not written to: give a "
                     "directory with -o or a file with --bundle");
  return {};
}

int runBuild(const BuildOptions &options) {
  const auto start = steady_clock::now();
  const Interrupt interrupt;
  const auto store = storeOptionsOf(options);
  if (!store)
    return reportError(store.error());
  if (const auto right = checkOptions(options, *store); !right)
    return reportError(right.error());
  const auto plan = planBuild(options.plan);
  if (!plan)
    return reportError(plan.error());
  // The report has all of them; sixty lines would hide what comes after.
  constexpr std::size_t kWarningsShown = 8;
  for (std::size_t i = 0; i < std::min(kWarningsShown, plan->warnings.size()); ++i)
    reportWarning(plan->warnings[i]);
  if (plan->warnings.size() > kWarningsShown)
    reportWarning(
        fmt::format("{} more shapes have two owners; `gemmsmith configs check` lists them",
                    plan->warnings.size() - kWarningsShown));
  for (const BuildRow &row : plan->rows)
    if (row.disposition == Disposition::kRefused)
      reportWarning(fmt::format("{}: refused: {}", row.source, fmt::join(row.reasons, "; ")));

  if (options.emit == "hip")
    return emitSources(options, *plan, interrupt);

  auto record = build(options, *store, *plan, interrupt);
  if (!record)
    return interrupt.exitCodeOr(reportError(record.error()));
  record->seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  fmt::print("{}", summaryText(*plan, *record));
  if (store->mode != StoreMode::kOff)
    fmt::print("store    {} ({})\n", store->directory, toString(store->mode));
  if (!options.bundle.empty())
    fmt::print("bundle   {}{}\n", options.bundle,
               record->failed() == 0 ? "" : ": not written, as objects failed");
  if (!options.output.empty())
    fmt::print("manifest {}/manifest.json\n", options.output);
  if (!options.report.empty())
    if (auto written = writeFileAtomically(options.report, dumpJson(reportJson(*plan, *record)));
        !written)
      return reportError(written.error());
  return record->failed() == 0 ? kExitGood : kExitFailed;
}

} // namespace

void addBuildCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<BuildOptions>();
  CLI::App *command =
      app.add_subcommand("build", "Compile every distinct code object of some tuned tables");
  command->add_option("tables", options->plan.tables, "Tuned tables (CSV)");
  command->add_option("--config", options->plan.kernels, "Build this kernel, also without a table")
      ->allow_extra_args(false);
  command->add_option("--arch", options->plan.target, "Processor to build for")
      ->check(CLI::IsMember({"gfx950"}))
      ->capture_default_str();
  command
      ->add_option(
          "-j,--jobs", options->workers,
          "Compile workers (default: one per core); with --service, of one that is started")
      ->check(wholeNumber(1, 1024));
  command->add_option("-o,--output", options->output, "Directory of the objects and manifest.json");
  auto *bundle =
      command->add_option("--bundle", options->bundle, "Write all objects into this one file");
  command
      ->add_option("--sign", options->private_key,
                   "Sign the bundle with this Ed25519 private key (PEM)")
      ->needs(bundle);
  command->add_flag("--no-cache", options->no_cache, "Neither look into the store nor fill it");
  auto *report =
      command->add_option("--report", options->report, "Write a JSON report to this file");
  command
      ->add_option("--emit", options->emit,
                   "What to write: code objects, or their HIP C++ sources (NAME.hip)")
      ->check(CLI::IsMember({"object", "hip"}))
      ->excludes(report)
      ->excludes(bundle)
      ->default_str("object");
  addBackendOption(*command, options->backend);
  command->add_flag("--service", options->service,
                    "Let the compile service compile, which is started if none runs");
  command->add_flag("--strict", options->plan.strict,
                    "Fail on a shape that two rows own and on a refused row");
  command->add_flag("--allow-spills", options->allow_spills,
                    "Accept kernels that spill registers or use scratch");
  command->callback([options, &exit_code] { exit_code = runBuild(*options); });
}

} // namespace gemmsmith
