#include "runtime/context.h"

#include "configs/kernel_name.h"
#include "configs/path_list.h"
#include "runtime/arguments.h"
#include "runtime/hip/scopes.h"
#include "runtime/hip/target.h"
#include "runtime/process.h"
#include "runtime/table_problems.h"
#include "runtime/workspace_layout.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <utility>

namespace gemmsmith::runtime {

namespace {

// How many launches a thread makes between two looks at the tables' files.
constexpr std::uint64_t kLaunchesPerLook = 1024;

std::string describe(const LaunchKey &key) {
  const Problem p = problemOf(key);
  return fmt::format("M={} N={} K={}{}{} {} -> {}{} on device {}", p.m, p.n, p.k,
                     p.lda == p.k && p.ldb == p.k && p.ldc == p.n
                         ? ""
                         : fmt::format(" lda={} ldb={} ldc={}", p.lda, p.ldb, p.ldc),
                     p.bias ? " with bias" : "", toString(p.in_type), toString(p.out_type),
                     p.pointer_alignment < 16 ? ", unaligned," : "", deviceOf(key));
}

tl::unexpected<Failure> notPrepared(std::string what) {
  return fail(GS_ERROR_NOT_PREPARED,
              std::move(what) + ", and the stream is capturing; end the capture, call gs_prepare() "
                                "with this problem and stream, and capture again");
}

Failure tablesStay(const Error &error) {
  return {GS_ERROR_INPUT,
          {error.kind, error.message + "; the tables stay as they were", error.where}};
}

} // namespace

Outcome<std::unique_ptr<Context>> Context::create(const Settings &settings) {
  Expected<HipLibrary> hip = HipLibrary::open(settings.hip);
  if (!hip)
    return fail(GS_ERROR_NO_HIP, hip.error());
  auto tables = WatchedTables::open(splitPaths(settings.tables));
  if (!tables)
    return fail(GS_ERROR_INPUT, tables.error());
  return std::unique_ptr<Context>(new Context(settings, std::move(*hip), std::move(*tables)));
}

Context::Context(const Settings &settings, HipLibrary hip, std::unique_ptr<WatchedTables> tables)
    : log_(settings.log, settings.log_user), hip_(std::move(hip)), tables_(std::move(tables)),
      places_(settings, counters_, log_), modules_(hip_, places_.chain(), counters_, log_) {
  const auto set = tables_->current();
  for (const TunedTable &table : set->tables())
    if (problemsOf(table, toString(Target::kGfx950)).empty())
      log_.warning(table.path + ": no row is for gfx950 with 256 compute units");
  for (const Duplicate &duplicate : set->duplicates())
    log_.info(fmt::format("{}: {} and {} both have it; the first is used", toString(duplicate.key),
                          duplicate.winner, duplicate.loser));
}

Context::~Context() {
  // A child's HIP knows nothing of the parent's modules and memory.
  if (owner_.load(std::memory_order_relaxed) != processGeneration())
    return;
  const CaptureRelaxed relaxed(hip_);
  modules_.unload();
  workspaces_.releaseAll(hip_);
}

bool Context::usable() const noexcept {
  return owner_.load(std::memory_order_relaxed) == processGeneration();
}

Outcome<void> Context::claim() {
  const std::uint64_t current = processGeneration();
  std::uint64_t owner = 0;
  (void)owner_.compare_exchange_strong(owner, current, std::memory_order_relaxed);
  return checkOwner();
}

Outcome<void> Context::checkOwner() const {
  if (const auto owner = owner_.load(std::memory_order_relaxed);
      owner == 0 || owner == processGeneration())
    return {};
  return fail(GS_ERROR_FORKED,
              "the context was used before fork(), in the parent process; create one in the child "
              "(or fork before the context is first used)");
}

std::optional<hipError_t> Context::launchIfReady(const gs_problem &problem,
                                                 const gs_pointers &pointers,
                                                 hipStream_t stream) noexcept {
  int device = 0;
  if (!usable() || !isWellFormed(problem) || !areFit(pointers, problem) ||
      hip_->hipGetDevice(&device) != hipSuccess)
    return std::nullopt;
  const PreparedLaunch *launch = launches_.find(launchKey(problem, isAligned(pointers), device));
  if (!launch)
    return std::nullopt;
  void *workspace = nullptr;
  if (const std::size_t bytes = launch->workspaceBytes(); bytes > 0) {
    workspace = !pointers.workspace ? workspaces_.find(streamKey(device, stream), bytes)
                : pointers.workspace_bytes >= bytes ? pointers.workspace
                                                    : nullptr;
    if (!workspace)
      return std::nullopt;
  }
  const hipError_t status = launch->submit(hip_.functions(), pointers, workspace, stream);
  if (status == hipSuccess && counters_.addLaunch() % kLaunchesPerLook == 0 && tables_->changed())
    lookAtTables(stream);
  return status;
}

Outcome<void> Context::gemm(const gs_problem &problem, const gs_pointers &pointers,
                            hipStream_t stream) {
  if (auto mine = claim(); !mine)
    return mine;
  if (auto good = checkProblem(problem); !good)
    return good;
  if (auto good = checkPointers(pointers, problem); !good)
    return good;
  const Expected<int> device = hip_.currentDevice();
  if (!device)
    return fail(GS_ERROR_HIP, device.error());
  const Expected<bool> capturing = hip_.isCapturing(stream);
  if (!capturing)
    return fail(GS_ERROR_HIP, capturing.error());
  const LaunchKey key = launchKey(problem, isAligned(pointers), *device);
  if (!launches_.find(key))
    counters_.addMiss();

  const auto make_ready = [&]() -> Outcome<std::pair<const PreparedLaunch *, void *>> {
    const Outcome<const PreparedLaunch *> launch = prepareKey(key, *capturing);
    if (!launch)
      return tl::unexpected(launch.error());
    return workspaceFor(**launch, pointers, streamKey(*device, stream), *capturing)
        .map([&](void *workspace) { return std::pair(*launch, workspace); });
  };
  Outcome<std::pair<const PreparedLaunch *, void *>> ready;
  if (*capturing) {
    ready = make_ready();
  } else {
    if (auto good = checkStream(stream, *device); !good)
      return good;
    const CaptureRelaxed relaxed(hip_);
    noticeTables();
    ready = make_ready();
  }
  if (!ready)
    return tl::unexpected(ready.error());
  const auto &[launch, workspace] = *ready;
  const hipError_t status = launch->submit(hip_.functions(), pointers, workspace, stream);
  if (status != hipSuccess)
    return tl::unexpected(launchFailure(status));
  counters_.addLaunch();
  return {};
}

Outcome<void> Context::prepare(std::span<const gs_problem> problems,
                               const gs_prepare_options &options) {
  if (auto mine = claim(); !mine)
    return mine;
  const Expected<int> device = hip_.currentDevice();
  if (!device)
    return fail(GS_ERROR_HIP, device.error());
  const CaptureRelaxed relaxed(hip_);
  noticeTables();
  const Outcome<std::string> target = targetOf(*device);
  if (!target)
    return tl::unexpected(target.error());
  ParallelFetch fetch(modules_, *target, kernelsToFetch(problems, *device));
  std::optional<Failure> first;
  std::size_t failures = 0;
  std::size_t workspace_bytes = 0;
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const gs_problem &problem = problems[i];
    const Outcome<const PreparedLaunch *> launch = checkProblem(problem).and_then(
        [&] { return prepareKey(launchKey(problem, !problem.unaligned, *device), false, &fetch); });
    if (launch)
      workspace_bytes = std::max(workspace_bytes, (*launch)->workspaceBytes());
    else if (++failures; !first)
      first = launch.error();
    if (!options.progress)
      continue;
    const std::string detail = launch ? (*launch)->kernel() : launch.error().error.str();
    const gs_progress progress{i + 1, problems.size(), &problem,
                               launch ? GS_SUCCESS : launch.error().status, detail.c_str()};
    options.progress(options.progress_user, &progress);
  }
  if (auto done = allocateWorkspaces(options, *device, workspace_bytes); !done)
    return done;
  if (!first)
    return {};
  if (problems.size() > 1)
    first->error.message = fmt::format("{} of {} problems are not prepared; the first: {}",
                                       failures, problems.size(), first->error.message);
  return tl::unexpected(std::move(*first));
}

std::vector<KernelConfig> Context::kernelsToFetch(std::span<const gs_problem> problems,
                                                  int device) const {
  std::vector<KernelConfig> configs;
  const auto tables = tables_->current();
  for (const gs_problem &problem : problems) {
    if (!checkProblem(problem))
      continue;
    const LaunchKey key = launchKey(problem, !problem.unaligned, device);
    if (launches_.find(key))
      continue;
    const Outcome<PlannedLaunch> plan = planProblem(problemOf(key), *tables);
    if (plan && !modules_.find(device, plan->launch.config))
      configs.push_back(plan->launch.config);
  }
  return configs;
}

Outcome<void> Context::allocateWorkspaces(const gs_prepare_options &options, int device,
                                          std::size_t bytes) {
  constexpr gs_stream kDefault[] = {nullptr};
  std::span<const gs_stream> streams(kDefault);
  if (options.streams)
    streams = {options.streams, options.stream_count};
  for (const gs_stream handle : streams) {
    const auto stream = static_cast<hipStream_t>(handle);
    const Expected<bool> capturing = hip_.isCapturing(stream);
    if (!capturing)
      return fail(GS_ERROR_HIP, capturing.error());
    if (*capturing)
      return fail(
          GS_ERROR_INVALID,
          "a stream of gs_prepare_options.streams is capturing; prepare before the capture");
    if (auto good = checkStream(stream, device); !good)
      return good;
    if (bytes == 0)
      continue;
    if (auto memory = workspaces_.ensure(hip_, streamKey(device, stream), bytes); !memory)
      return fail(GS_ERROR_HIP, memory.error());
  }
  return {};
}

Outcome<void> Context::prepareTables(const std::vector<std::string> &paths,
                                     const gs_prepare_options &options) {
  if (auto mine = claim(); !mine)
    return mine;
  noticeTables();
  std::shared_ptr<const TableSet> set = tables_->current();
  if (!paths.empty()) {
    Expected<TableSet> read = readTables(paths);
    if (!read)
      return fail(GS_ERROR_INPUT, read.error());
    set = std::make_shared<const TableSet>(std::move(*read));
  }
  const Expected<int> device = hip_.currentDevice();
  if (!device)
    return fail(GS_ERROR_HIP, device.error());
  const Outcome<std::string> target = targetOf(*device);
  if (!target)
    return tl::unexpected(target.error());
  std::vector<gs_problem> problems;
  for (const TunedTable &table : set->tables())
    std::ranges::copy(problemsOf(table, processorOf(*target)), std::back_inserter(problems));
  return prepare(problems, options);
}

Outcome<std::size_t> Context::workspaceSize(const gs_problem &problem) const {
  if (auto good = checkOwner(); !good)
    return tl::unexpected(good.error());
  if (auto good = checkProblem(problem); !good)
    return tl::unexpected(good.error());
  const auto current = tables_->current();
  return planProblem(problemOf(launchKey(problem, !problem.unaligned, 0)), *current)
      .map([](const PlannedLaunch &plan) { return workspaceBytesFor(plan.launch); });
}

Outcome<void> Context::releaseStream(hipStream_t stream) {
  if (auto mine = claim(); !mine)
    return mine;
  const Expected<int> device = hip_.currentDevice();
  if (!device)
    return fail(GS_ERROR_HIP, device.error());
  const CaptureRelaxed relaxed(hip_);
  workspaces_.release(hip_, streamKey(*device, stream));
  return {};
}

Outcome<void> Context::reloadTables() {
  if (auto mine = claim(); !mine)
    return mine;
  const CaptureRelaxed relaxed(hip_);
  // Whoever asks is told what is wrong, also when it is not news.
  return refreshTables().and_then([&] { return tables_->state().map_error(tablesStay); });
}

Outcome<void> Context::readCounters(gs_counters &counters) const {
  if (auto good = checkOwner(); !good)
    return good;
  counters_.read(counters);
  counters.workspace_bytes = workspaces_.bytesHeld();
  return {};
}

Failure Context::launchFailure(hipError_t status) const {
  return {GS_ERROR_HIP, hip_.check(status, "hipModuleLaunchKernel").error()};
}

Outcome<const PreparedLaunch *> Context::prepareKey(const LaunchKey &key, bool capturing,
                                                    ParallelFetch *fetch) {
  for (;;) {
    if (const PreparedLaunch *ready = launches_.find(key))
      return ready;
    const auto tables = tables_->current();
    const Outcome<PlannedLaunch> plan = planProblem(problemOf(key), *tables);
    if (!plan)
      return tl::unexpected(plan.error());
    if (fetch)
      if (const Outcome<void> fetched = fetch->await(plan->launch.config); !fetched)
        return tl::unexpected(fetched.error());
    Outcome<PreparedLaunch> made = makeLaunch(key, *plan, capturing);
    if (!made)
      return tl::unexpected(made.error());
    const std::lock_guard lock(mutex_);
    // Another thread was faster, or the tables have changed; prepareAnew() would not know this key.
    if (launches_.find(key) || tables_->current() != tables)
      continue;
    const PreparedLaunch *launch = &prepared_.emplace_back(std::move(*made));
    launches_.put(key, launch);
    counters_.addPrepared(plan->byPolicy());
    return launch;
  }
}

Outcome<PreparedLaunch> Context::makeLaunch(const LaunchKey &key, const PlannedLaunch &plan,
                                            bool capturing) {
  const KernelConfig &config = plan.launch.config;
  const Outcome<hipFunction_t> function = kernelFor(config, deviceOf(key), capturing);
  if (!function)
    return tl::unexpected(function.error());
  const std::string what = fmt::format(
      "{}: {}, {} splits ({}){}{}", describe(key), kernelName(config), plan.launch.splits,
      plan.origin, plan.changes.empty() ? "" : ": ", fmt::join(plan.changes, "; "));
  // A row that is there and not used costs speed, and nobody would know.
  if (plan.byPolicy() && !plan.changes.empty())
    log_.warning(what);
  else
    log_.info(what);
  return PreparedLaunch(plan.launch, *function);
}

Outcome<hipFunction_t> Context::kernelFor(const KernelConfig &config, int device, bool capturing) {
  if (hipFunction_t function = modules_.find(device, config))
    return function;
  if (capturing)
    return notPrepared(fmt::format("{} is not loaded on device {}", kernelName(config), device));
  const Outcome<std::string> target = targetOf(device);
  if (!target)
    return tl::unexpected(target.error());
  return modules_.load(device, *target, config);
}

Outcome<void *> Context::workspaceFor(const PreparedLaunch &launch, const gs_pointers &pointers,
                                      const StreamKey &stream, bool capturing) {
  const std::size_t bytes = launch.workspaceBytes();
  if (bytes == 0)
    return nullptr;
  if (pointers.workspace && pointers.workspace_bytes >= bytes)
    return pointers.workspace;
  if (pointers.workspace)
    return fail(GS_ERROR_INVALID,
                fmt::format("gs_pointers.workspace has {} bytes, {} are needed (see "
                            "gs_workspace_size)",
                            pointers.workspace_bytes, bytes),
                launch.kernel());
  if (void *memory = workspaces_.find(stream, bytes))
    return memory;
  if (capturing)
    return notPrepared(fmt::format("{} needs a workspace of {} bytes that the stream does not have",
                                   launch.kernel(), bytes));
  return workspaces_.ensure(hip_, stream, bytes).map_error(as(GS_ERROR_HIP));
}

Outcome<std::string> Context::targetOf(int device) {
  const std::lock_guard lock(mutex_);
  if (const auto known = targets_.find(device); known != targets_.end())
    return known->second;
  Expected<std::string> target = hip_.targetId(device);
  if (!target)
    return fail(GS_ERROR_HIP, target.error());
  return targets_[device] = std::move(*target);
}

Outcome<void> Context::checkStream(hipStream_t stream, int device) const {
  if (streamKey(device, stream).stream <= addressBits(hipStreamPerThread) ||
      !hip_->hipStreamGetDevice)
    return {};
  int owner = 0;
  if (auto done = hip_.check(hip_->hipStreamGetDevice(stream, &owner), "hipStreamGetDevice"); !done)
    return fail(GS_ERROR_HIP, done.error());
  if (owner == device)
    return {};
  return fail(GS_ERROR_INVALID,
              fmt::format("the stream belongs to device {}, the thread's current device is {}: "
                          "call hipSetDevice first",
                          owner, device));
}

Outcome<void> Context::refreshTables() {
  if (!tables_->changed())
    return {};
  const std::lock_guard lock(reloading_);
  const Expected<bool> changed = tables_->refresh();
  if (!changed)
    return tl::unexpected(tablesStay(changed.error()));
  if (*changed) {
    counters_.addTableReload();
    prepareAnew();
  }
  return {};
}

void Context::noticeTables() {
  if (auto read = refreshTables(); !read)
    log_.warning(read.error().error.str());
}

// Problems whose kernel is another one by the new tables; what cannot be had stays as it is.
void Context::prepareAnew() {
  std::vector<std::pair<LaunchKey, const PreparedLaunch *>> known;
  {
    const std::lock_guard lock(mutex_);
    launches_.forEach([&](const LaunchKey &key, const PreparedLaunch &launch) {
      known.emplace_back(key, &launch);
    });
  }
  const auto tables = tables_->current();
  for (const auto &[key, launch] : known) {
    const Outcome<PlannedLaunch> plan = planProblem(problemOf(key), *tables);
    if (plan && kernelName(plan->launch.config) == launch->kernel() &&
        plan->launch.splits == launch->splits())
      continue;
    const DeviceScope device(hip_, deviceOf(key));
    Outcome<PreparedLaunch> made =
        plan.and_then([&](const PlannedLaunch &p) { return makeLaunch(key, p, false); });
    if (!made) {
      log_.warning(fmt::format("{} goes on with {}: {}", describe(key), launch->kernel(),
                               made.error().error.str()));
      continue;
    }
    const std::lock_guard lock(mutex_);
    launches_.put(key, &prepared_.emplace_back(std::move(*made)));
  }
}

void Context::lookAtTables(hipStream_t stream) noexcept {
  try {
    if (hip_.isCapturing(stream).value_or(true))
      return;
    const CaptureRelaxed relaxed(hip_);
    noticeTables();
  } catch (...) {
    return; // memory is short; the launch itself was good
  }
}

} // namespace gemmsmith::runtime
