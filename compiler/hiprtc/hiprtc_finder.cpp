#include "compiler/hiprtc/hiprtc_finder.h"

#include "compiler/worker_process.h"
#include "compiler/worker_protocol.h"
#include "configs/file_descriptor.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace fs = std::filesystem;

namespace {

constexpr int kNeverCancelled = -1;

class Finder {
public:
  explicit Finder(HiprtcFinderOptions options) : options_(std::move(options)) {
    if (options_.program.empty()) {
      options_.program = defaultHiprtcWorkerProgram();
      options_.launcher = hiprtcLauncher();
      root_ = options_.launcher.parent_path();
    }
  }

  Expected<std::vector<HiprtcDescription>> find() {
    if (!root_.empty() && ::access(options_.launcher.c_str(), X_OK) != 0)
      return makeError(
          ErrorKind::kFailed,
          fmt::format(
              "GEMMSMITH_ROCM_ROOT: {} is no root made by tools/rocm-sysroot.sh, as it has no "
              "program run in it: make it one, or unset the variable",
              root_.native()));
    const auto list = call({.op = WorkerOp::kFindHiprtc});
    if (!list)
      return tl::unexpected(list.error());
    const auto candidates = parseCandidates(textOf(*list));
    if (!candidates)
      return tl::unexpected(candidates.error());
    std::vector<HiprtcDescription> found;
    std::vector<HiprtcDescription> foreign;
    for (const HiprtcCandidate &candidate : *candidates) {
      auto description = probe(candidate);
      if (isReadable(options_.interrupt_fd))
        return makeError(ErrorKind::kFailed, "interrupted");
      if (!description || isKnown(*description, found))
        continue;
      if (isForeign(candidate, *description)) {
        foreign.push_back(std::move(*description));
        continue;
      }
      found.push_back(std::move(*description));
      if (options_.stop_at_usable && found.back().usable)
        break;
    }
    return found.empty() ? foreign : found;
  }

private:
  static std::string_view textOf(const WorkerResponse &response) {
    return {reinterpret_cast<const char *>(response.payload.data()), response.payload.size()};
  }

  // The same ROCm by another name. Its comgr tells two apart that share a directory: Debian's.
  static bool isKnown(const HiprtcDescription &one, const std::vector<HiprtcDescription> &found) {
    const auto place = [](const HiprtcDescription &d) {
      return std::pair(fs::path(d.path).parent_path(), d.comgr_path);
    };
    return !one.path.empty() && std::ranges::any_of(found, [&](const HiprtcDescription &other) {
      return place(one) == place(other);
    });
  }

  // The loader of a private root finds the system's libraries by their sonames too, and cannot load
  // what was made for another loader.
  bool isForeign(const HiprtcCandidate &candidate, const HiprtcDescription &description) const {
    return !options_.launcher.empty() && candidate.library.find('/') == std::string::npos &&
           candidate.origin != kGivenOrigin && description.reason.starts_with(kCannotBeLoaded);
  }

  // Asks a worker that has nothing loaded. One that found nothing to load can be asked again.
  Expected<WorkerResponse> call(const WorkerRequest &request) {
    if (!worker_ || !worker_->alive()) {
      auto started =
          WorkerProcess::start(options_.program, {.memory_limit_bytes = options_.memory_limit_bytes,
                                                  .temporary_directory = true,
                                                  .launcher = options_.launcher,
                                                  .interrupt_fd = options_.interrupt_fd});
      if (!started)
        return tl::unexpected(started.error());
      worker_ = std::move(*started);
    }
    return worker_->call(request, options_.time_limit, kNeverCancelled);
  }

  // Nothing when there is no hiprtc of that name and nobody asked for it by name.
  std::optional<HiprtcDescription> probe(const HiprtcCandidate &candidate) {
    const auto response = call(
        {.op = WorkerOp::kProbeHiprtc, .library = candidate.library, .target = options_.target});
    const bool absent = !response && response.error().kind == ErrorKind::kInput;
    const bool was_named = candidate.origin == kGivenOrigin || candidate.origin == kRocmPathOrigin;
    if (!absent)
      worker_.reset();
    else if (!was_named)
      return std::nullopt;

    auto description = response ? parseDescription(textOf(*response))
                                : Expected<HiprtcDescription>(tl::unexpected(response.error()));
    if (!description) {
      HiprtcDescription failed;
      failed.library = candidate.library;
      failed.reason = description.error().message;
      description = std::move(failed);
    }
    description->origin = candidate.origin;
    return std::move(*description);
  }

  HiprtcFinderOptions options_;
  fs::path root_; // of the launcher, if the environment names it
  std::optional<WorkerProcess> worker_;
};

} // namespace

Expected<std::vector<HiprtcDescription>> findHiprtcs(const HiprtcFinderOptions &options) {
  return Finder(options).find();
}

fs::path defaultHiprtcWorkerProgram() {
  return workerProgram("GEMMSMITH_HIPRTC_WORKER", "gemmsmith-hiprtc");
}

fs::path hiprtcLauncher() {
  const char *root = std::getenv("GEMMSMITH_ROCM_ROOT");
  if (root == nullptr || *root == 0)
    return {};
  std::error_code error;
  const fs::path absolute = fs::absolute(root, error);
  return (error ? fs::path(root) : absolute) / "run";
}

WorkerPoolOptions hiprtcPoolOptions(int workers) {
  WorkerPoolOptions options{.workers = workers, .program = defaultHiprtcWorkerProgram()};
  options.temporary_directories = true;
  options.launcher = hiprtcLauncher();
  return options;
}

} // namespace gemmsmith
