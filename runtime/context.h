// A context of the C interface: from a problem to a launch.
//
//   problem, device --launches_--> PreparedLaunch --submit--> hipModuleLaunchKernel
//        | not there: plan (tables, policy), code object (sources), module (HIP), publish
//   device, stream  --workspaces_--> memory, for launches that split K
//        | not there, or too small: hipMalloc, zero the counters, publish
//
// The upper line takes no lock and allocates nothing (read_mostly_map.h says why that is safe). The
// rest is done by whoever needs it first.
#pragma once

#include "runtime/counters.h"
#include "runtime/failure.h"
#include "runtime/hip/library.h"
#include "runtime/kernel_modules.h"
#include "runtime/launch_key.h"
#include "runtime/launch_planner.h"
#include "runtime/log.h"
#include "runtime/object_places.h"
#include "runtime/parallel_fetch.h"
#include "runtime/prepared_launch.h"
#include "runtime/read_mostly_map.h"
#include "runtime/settings.h"
#include "runtime/watched_tables.h"
#include "runtime/workspaces.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith::runtime {

class Context {
public:
  static Outcome<std::unique_ptr<Context>> create(const Settings &settings);
  ~Context();

  // The launch, if it is ready and the call is right; nothing is done otherwise, and gemm() tells.
  std::optional<hipError_t> launchIfReady(const gs_problem &problem, const gs_pointers &pointers,
                                          hipStream_t stream) noexcept;

  // What gemmsmith.h says of the functions of these names.
  Outcome<void> gemm(const gs_problem &problem, const gs_pointers &pointers, hipStream_t stream);
  Outcome<void> prepare(std::span<const gs_problem> problems, const gs_prepare_options &options);
  Outcome<void> prepareTables(const std::vector<std::string> &paths,
                              const gs_prepare_options &options);
  Outcome<std::size_t> workspaceSize(const gs_problem &problem) const;
  Outcome<void> releaseStream(hipStream_t stream);
  Outcome<void> reloadTables();
  Outcome<void> readCounters(gs_counters &counters) const;

  // The text for a launch that HIP refused.
  Failure launchFailure(hipError_t status) const;

private:
  Context(const Settings &settings, HipLibrary hip, std::unique_ptr<WatchedTables> tables);

  bool usable() const noexcept;
  Outcome<void> claim();
  Outcome<void> checkOwner() const;
  // With `fetch`, the kernel's code object is what that brings.
  Outcome<const PreparedLaunch *> prepareKey(const LaunchKey &key, bool capturing,
                                             ParallelFetch *fetch = nullptr);
  // Of those of the problems that are not ready, each as often as it is needed.
  std::vector<KernelConfig> kernelsToFetch(std::span<const gs_problem> problems, int device) const;
  Outcome<PreparedLaunch> makeLaunch(const LaunchKey &key, const PlannedLaunch &plan,
                                     bool capturing);
  Outcome<hipFunction_t> kernelFor(const KernelConfig &config, int device, bool capturing);
  Outcome<void *> workspaceFor(const PreparedLaunch &launch, const gs_pointers &pointers,
                               const StreamKey &stream, bool capturing);
  Outcome<std::string> targetOf(int device);
  Outcome<void> checkStream(hipStream_t stream, int device) const;
  Outcome<void> allocateWorkspaces(const gs_prepare_options &options, int device,
                                   std::size_t bytes);
  Outcome<void> refreshTables();
  void noticeTables();
  void prepareAnew();
  void lookAtTables(hipStream_t stream) noexcept;

  const Log log_;
  const HipLibrary hip_;
  Counters counters_;
  const std::unique_ptr<WatchedTables> tables_;
  ObjectPlaces places_;
  KernelModules modules_;
  Workspaces workspaces_;
  ReadMostlyMap<LaunchKey, PreparedLaunch> launches_;
  std::mutex mutex_;                    // of what follows, and of writing launches_
  std::deque<PreparedLaunch> prepared_; // replaced ones too: a reader may still have them
  std::map<int, std::string> targets_;
  std::mutex reloading_;                // one thread prepares anew
  std::atomic<std::uint64_t> owner_{0}; // processGeneration() of the first use
};

} // namespace gemmsmith::runtime
