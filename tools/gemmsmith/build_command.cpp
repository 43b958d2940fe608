#include "tools/gemmsmith/build_command.h"

#include "compiler/kernel_compiler.h"
#include "compiler/temporary_directory.h"
#include "configs/atomic_file.h"
#include "tools/gemmsmith/backend_option.h"
#include "tools/gemmsmith/build_plan.h"
#include "tools/gemmsmith/build_record.h"
#include "tools/gemmsmith/build_store.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/finished_queue.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/kernel_queue.h"
#include "tools/gemmsmith/object_directory.h"
#include "tools/gemmsmith/progress.h"
#include "tools/gemmsmith/source_files.h"
#include "tools/gemmsmith/store_access.h"
#include "tools/gemmsmith/whole_number.h"

#include <algorithm>
#include <chrono>
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
  bool allow_spills = false;
  std::optional<Backend> backend;
  std::string emit = "object"; // or "hip"
};

// The kernels that are not there yet, those that take longest first: the last ones to finish should
// be short. Code size, hence compile time, grows with a wave's share of the tile.
std::vector<std::string> missingKernels(const BuildPlan &plan, const BuildRecord &record) {
  std::vector<std::string> missing;
  for (const auto &[kernel, config] : plan.kernels)
    if (!record.objects.contains(kernel))
      missing.push_back(kernel);
  std::ranges::stable_sort(missing, std::ranges::greater(), [&](const std::string &kernel) {
    const KernelConfig &config = plan.kernels.at(kernel);
    return std::int64_t{config.tile.m} * config.tile.n * config.tile.k / config.waves.count();
  });
  return missing;
}

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

// Takes a kernel from the store, if that has it. Whether nothing is left to do for it: also when
// the store must have it (mode "require") and has not, so that it has failed.
Expected<bool> takeFromStore(BuildStore &store, const BuildPlan &plan, const std::string &kernel,
                             ObjectDirectory &directory, BuildRecord &record) {
  const auto bytes = store.get(plan.kernels.at(kernel));
  if (!bytes) {
    record.objects[kernel].error = bytes.error().str();
    reportError(bytes.error());
    return true;
  }
  if (!*bytes)
    return false;
  auto stored = directory.store(kernel, **bytes);
  if (!stored && stored.error().kind == ErrorKind::kFailed)
    return tl::unexpected(stored.error());
  if (!stored) {
    reportWarning("what the store has is not used: " + stored.error().str());
    return false;
  }
  record.objects[kernel] = {.stored = std::move(*stored),
                            .origin = ObjectOrigin::kFromStore,
                            .compile_seconds = 0,
                            .error = {}};
  return true;
}

// The same of each of `missing`. Returns the ones left to compile, in order.
Expected<std::vector<std::string>> takeAllFromStore(BuildStore &store, const BuildPlan &plan,
                                                    const std::vector<std::string> &missing,
                                                    ObjectDirectory &directory,
                                                    BuildRecord &record) {
  std::vector<std::string> left;
  for (const std::string &kernel : missing) {
    const auto taken = takeFromStore(store, plan, kernel, directory, record);
    if (!taken)
      return tl::unexpected(taken.error());
    if (!*taken)
      left.push_back(kernel);
  }
  return left;
}

// Compiles and stores `missing`, but for what others put into the store meanwhile. A kernel that
// does not compile is recorded and the rest goes on; a directory that cannot be written ends the
// build, because the next object would fail as well.
Expected<void> compileObjects(KernelCompiler &compiler, const BuildPlan &plan,
                              const BuildOptions &options, const std::vector<std::string> &missing,
                              const Interrupt &interrupt, ObjectDirectory &directory,
                              BuildStore &store, BuildRecord &record) {
  // Shared with the callbacks, which may run after an early return from here.
  auto finished = std::make_shared<FinishedQueue<CompiledKernel>>();
  KernelQueue queue(missing,
                    [&](const std::string &kernel) { return store.lock(plan.kernels.at(kernel)); });
  const bool shared = store.options().mode == StoreMode::kReadWrite;
  // For each worker what it compiles and what it compiles next: others may have the rest.
  const auto most = 2 * static_cast<std::size_t>(compiler.workers());
  std::size_t compiling = 0;
  std::size_t done = 0;

  Progress progress("compiled", missing.size());
  while (done < missing.size()) {
    while (compiling < most) {
      const auto kernel = queue.next();
      if (!kernel)
        break;
      // Who had the lock before may have made it.
      const Expected<bool> taken =
          shared ? takeFromStore(store, plan, *kernel, directory, record) : false;
      if (!taken) {
        compiler.cancel();
        return tl::unexpected(taken.error());
      }
      if (*taken) {
        queue.finish(*kernel);
        progress.update(++done, *kernel);
        continue;
      }
      compiler.compile(plan.kernels.at(*kernel), {.allow_spills = options.allow_spills},
                       [finished, kernel = *kernel](Expected<CompiledKernel> compiled) {
                         finished->push({kernel, std::move(compiled)});
                       });
      ++compiling;
    }
    if (done == missing.size())
      break;
    auto item = finished->pop();
    if (interrupt.requested()) {
      compiler.cancel();
      return makeError(ErrorKind::kFailed,
                       fmt::format("interrupted after {} of {} objects; the same command goes on "
                                   "from here",
                                   done, missing.size()));
    }
    if (!item)
      continue;
    --compiling;
    ObjectRecord &object = record.objects[item->kernel];
    if (item->result) {
      if (!item->result->log.empty())
        progress.message(
            fmt::format("gemmsmith: warning: {}: {}", item->kernel, item->result->log));
      auto stored = directory.store(item->kernel, item->result->code_object);
      if (!stored && stored.error().kind == ErrorKind::kFailed) {
        compiler.cancel();
        return tl::unexpected(stored.error());
      }
      if (stored) {
        object.stored = std::move(*stored);
        object.compile_seconds = item->result->seconds;
        store.put(plan.kernels.at(item->kernel), item->result->code_object);
      } else {
        object.error = stored.error().str();
      }
    } else {
      object.error = item->result.error().str();
    }
    if (!object.stored)
      progress.message("gemmsmith: error: " + object.error);
    queue.finish(item->kernel);
    progress.update(++done, item->kernel);
  }
  return {};
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

Expected<BuildRecord> build(const BuildOptions &options, const StoreOptions &store_options,
                            const BuildPlan &plan, const Interrupt &interrupt) {
  BuildRecord record;
  auto started = KernelCompiler::start({.backend = options.backend.value_or(Backend::kAuto),
                                        .target = plan.target,
                                        .workers = options.workers,
                                        .interrupt_fd = interrupt.fd()});
  if (!started)
    return tl::unexpected(started.error());
  KernelCompiler &compiler = **started;
  record.workers = compiler.workers();
  record.compiler = compiler.choice();
  auto identity = compiler.identify();
  if (!identity)
    return tl::unexpected(identity.error());
  record.generator = identity->hex;

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
                    .backend = record.compiler.backend,
                    .allow_spills = options.allow_spills});
  if (record.compiler.wanted == Backend::kAuto)
    store.note(*identity);
  reuseObjects(plan, *directory, options.allow_spills, record);
  for (const auto &[kernel, object] : record.objects)
    if (const auto bytes = directory->read(kernel))
      store.put(plan.kernels.at(kernel), *bytes);
  if (const auto missing = missingKernels(plan, record); !missing.empty()) {
    std::map<std::string, StoredObject> reused;
    for (const auto &[kernel, object] : record.objects)
      reused.emplace(kernel, *object.stored);
    auto done =
        directory->begin(reused)
            .and_then([&] { return takeAllFromStore(store, plan, missing, *directory, record); })
            .and_then([&](const std::vector<std::string> &left) {
              return compileObjects(compiler, plan, options, left, interrupt, *directory, store,
                                    record);
            });
    if (!done)
      return tl::unexpected(done.error());
  }
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
  command->add_option("-j,--jobs", options->workers, "Compile workers (default: one per core)")
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
  command->add_flag("--strict", options->plan.strict,
                    "Fail on a shape that two rows own and on a refused row");
  command->add_flag("--allow-spills", options->allow_spills,
                    "Accept kernels that spill registers or use scratch");
  command->callback([options, &exit_code] { exit_code = runBuild(*options); });
}

} // namespace gemmsmith
