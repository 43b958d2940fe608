// gemmsmith-llvm-worker: the process that LLVM may take down. Serves requests of worker_protocol.h
// on an inherited socket until the other end closes it. Started by WorkerPool, never by a user.

#include "compiler/compile.h"
#include "compiler/generator_fingerprint.h"
#include "compiler/worker_protocol.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>
#include <unistd.h>

using namespace gemmsmith;

namespace {

std::vector<std::byte> bytesOf(const std::string &text) {
  const auto *begin = reinterpret_cast<const std::byte *>(text.data());
  return {begin, begin + text.size()};
}

Expected<std::vector<std::byte>> perform(const WorkerRequest &request) {
  switch (request.op) {
  case WorkerOp::kCompile:
    return compileKernel(request.config, request.options);
  case WorkerOp::kStage:
    return printStage(request.config, request.stage).map(bytesOf);
  case WorkerOp::kDisassemble:
    return disassemble(request.code_object).map(bytesOf);
  case WorkerOp::kFingerprint:
    return bytesOf(generatorFingerprint());
  }
  return makeError(ErrorKind::kInternal, "unknown request");
}

Expected<WorkerResponse> answer(WireMessage message) {
  const auto start = std::chrono::steady_clock::now();
  auto request = decodeRequest(std::move(message));
  if (!request)
    return tl::unexpected(request.error());
  auto payload = perform(*request);
  if (!payload)
    return tl::unexpected(payload.error());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return WorkerResponse{std::move(*payload), seconds.count()};
}

// The pool knows this exit code; unwinding through LLVM is not possible.
[[noreturn]] void outOfMemory() {
  constexpr std::string_view kMessage = "out of memory\n";
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(kWorkerOutOfMemoryExit);
}

// Serves until the socket closes; the exit code.
int serve(int fd) {
  for (;;) {
    auto message = receiveMessage(fd);
    if (!message) {
      std::fprintf(stderr, "%s\n", message.error().str().c_str());
      return 1;
    }
    if (!*message)
      return 0;
    if (auto sent = sendMessage(fd, encodeResponse(answer(std::move(**message)))); !sent) {
      std::fprintf(stderr, "%s\n", sent.error().str().c_str());
      return 1;
    }
  }
}

} // namespace

int main(int argc, char **argv) {
  int fd = -1;
  if (argc == 3 && std::string_view(argv[1]) == "--fd")
    std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), fd);
  if (fd < 0) {
    std::fputs("gemmsmith-llvm-worker is started by gemmsmith and serves it on a socket "
               "(--fd N); it is of no use by itself\n",
               stderr);
    return 2;
  }
  std::signal(SIGINT, SIG_IGN);
  std::set_new_handler(outOfMemory);
  return serve(fd);
}
