// The compile worker with faults on request: GEMMSMITH_TEST_FAULT="ACTION TEXT" does ACTION when a
// kernel is to be compiled whose name contains TEXT.
//   abort  dies as LLVM does           slow  waits 0.3 s, then compiles
//   hang   never answers; its process ID is in the file GEMMSMITH_TEST_HANGING, where that is named
//   lie    answers with bytes that are no code object
//   other  compiles as another generator than the one that it says it is when asked

#include "compiler/compile.h"
#include "compiler/generator_fingerprint.h"
#include "compiler/worker_protocol.h"
#include "configs/kernel_name.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace gemmsmith;

namespace {

constexpr int kFd = 3;

std::string actionFor(const std::string &kernel) {
  const char *fault = std::getenv("GEMMSMITH_TEST_FAULT");
  if (fault == nullptr)
    return {};
  const std::string text = fault;
  const auto space = text.find(' ');
  return kernel.find(text.substr(space + 1)) != std::string::npos ? text.substr(0, space) : "";
}

Expected<WorkerResponse> compile(const WorkerRequest &request) {
  const std::string action = actionFor(kernelName(request.config));
  if (action == "abort") {
    std::fputs("LLVM ERROR: out of registers\n", stderr);
    std::abort();
  }
  if (action == "hang") {
    if (const char *file = std::getenv("GEMMSMITH_TEST_HANGING"))
      std::ofstream(file) << ::getpid() << '\n';
    for (;;)
      ::pause();
  }
  if (action == "slow")
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const std::string identity = action == "other" ? std::string(32, 'e') : generatorFingerprint();
  if (action == "lie")
    return WorkerResponse{.payload = std::vector<std::byte>(100), .identity = identity};
  return compileKernel(request.config, request.options).map([&](std::vector<std::byte> &&object) {
    return WorkerResponse{.payload = std::move(object), .seconds = 0.001, .identity = identity};
  });
}

WorkerResponse fingerprint() {
  const std::string text = generatorFingerprint();
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  return {{bytes, bytes + text.size()}, 0};
}

} // namespace

int main() {
  std::signal(SIGINT, SIG_IGN);
  // The limit that a test sets stands for the disk of the output, not for what the compiler needs.
  const rlimit no_limit{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &no_limit);
  for (;;) {
    auto message = receiveMessage(kFd);
    if (!message || !*message)
      return 0;
    const auto request = decodeRequest(std::move(**message));
    if (!request)
      return 8;
    const Expected<WorkerResponse> response =
        request->op == WorkerOp::kCompile ? compile(*request) : fingerprint();
    if (!sendMessage(kFd, encodeResponse(response)))
      return 9;
  }
}
