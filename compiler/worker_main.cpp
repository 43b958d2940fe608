// gemmsmith-llvm-worker: the process that LLVM may take down. Started by WorkerPool, never by a
// user.

#include "compiler/compile.h"
#include "compiler/generator_fingerprint.h"
#include "compiler/worker_server.h"

#include <string>
#include <utility>
#include <vector>

using namespace gemmsmith;

namespace {

constexpr std::string_view kName = "gemmsmith-llvm-worker";

std::vector<std::byte> bytesOf(const std::string &text) {
  const auto *begin = reinterpret_cast<const std::byte *>(text.data());
  return {begin, begin + text.size()};
}

// With who made it: the files may have been replaced since another worker was asked for that.
WorkerResponse responseOf(std::vector<std::byte> &&payload) {
  static const std::string fingerprint = generatorFingerprint();
  return {.payload = std::move(payload), .identity = fingerprint};
}

Expected<WorkerResponse> perform(const WorkerRequest &request) {
  switch (request.op) {
  case WorkerOp::kCompile:
    return compileKernel(request.config, request.options).map(responseOf);
  case WorkerOp::kStage:
    return printStage(request.config, request.stage).map(bytesOf).map(responseOf);
  case WorkerOp::kDisassemble:
    return disassemble(request.payload).map(bytesOf).map(responseOf);
  case WorkerOp::kFingerprint:
    return WorkerResponse{.payload = bytesOf(generatorFingerprint()), .files = generatorFiles()};
  case WorkerOp::kFindHiprtc:
  case WorkerOp::kProbeHiprtc:
  case WorkerOp::kCompileHip:
    break;
  }
  return notMyOperation(kName, request.op);
}

} // namespace

int main(int argc, char **argv) {
  return runWorkerServer(argc, argv, kName, perform);
}
