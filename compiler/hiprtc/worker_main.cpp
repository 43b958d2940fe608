// gemmsmith-hiprtc: the process that an installed hiprtc may take down. Started by WorkerPool,
// never by a user. Links libc only, and loads everything else from the ROCm that it is told.

#include "compiler/hiprtc/candidates.h"
#include "compiler/hiprtc/environment.h"
#include "compiler/hiprtc/hiprtc_compiler.h"
#include "compiler/worker_server.h"

#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace gemmsmith;

namespace {

constexpr std::string_view kName = "gemmsmith-hiprtc";

std::vector<std::byte> bytesOf(std::string_view text) {
  const auto *begin = reinterpret_cast<const std::byte *>(text.data());
  return {begin, begin + text.size()};
}

class Worker {
public:
  explicit Worker(CandidateSources sources) : sources_(std::move(sources)) {}

  Expected<WorkerResponse> perform(const WorkerRequest &request) {
    switch (request.op) {
    case WorkerOp::kFindHiprtc:
      return WorkerResponse{.payload = bytesOf(candidatesJson(findCandidates(sources_)))};
    case WorkerOp::kProbeHiprtc:
      return open(request.library).map([&](HiprtcCompiler *compiler) {
        return WorkerResponse{.payload =
                                  bytesOf(descriptionJson(compiler->describe(request.target)))};
      });
    case WorkerOp::kCompileHip:
      return compile(request);
    case WorkerOp::kCompile:
    case WorkerOp::kStage:
    case WorkerOp::kDisassemble:
    case WorkerOp::kFingerprint:
      break;
    }
    return notMyOperation(kName, request.op);
  }

private:
  // Loaded at the first request. There is only one per process: the libraries of two ROCms would
  // take each other's symbols.
  Expected<HiprtcCompiler *> open(const std::string &library) {
    if (!compiler_) {
      auto opened = HiprtcCompiler::open(library);
      if (!opened)
        return tl::unexpected(opened.error());
      compiler_ = std::move(*opened);
      library_ = library;
    }
    if (library_ != library)
      return makeError(
          ErrorKind::kInternal,
          fmt::format("a worker that has loaded {} was asked for {}", library_, library));
    return &*compiler_;
  }

  Expected<WorkerResponse> compile(const WorkerRequest &request) {
    const auto compiler = open(request.library);
    if (!compiler)
      return tl::unexpected(compiler.error());
    const std::string source(reinterpret_cast<const char *>(request.payload.data()),
                             request.payload.size());
    auto compiled = (*compiler)->compile(source, request.name, request.target,
                                         request.compiler_options, request.with_headers);
    if (!compiled)
      return tl::unexpected(compiled.error());
    return WorkerResponse{.payload = std::move(compiled->code_object),
                          .log = std::move(compiled->log),
                          .identity = std::move(compiled->identity)};
  }

  CandidateSources sources_;
  std::optional<HiprtcCompiler> compiler_;
  std::string library_; // of compiler_
};

} // namespace

int main(int argc, char **argv) {
  Worker worker(candidateSourcesFromEnvironment());
  cleanCompilerEnvironment();
  return runWorkerServer(argc, argv, kName, [&worker](const WorkerRequest &request) {
    return worker.perform(request);
  });
}
