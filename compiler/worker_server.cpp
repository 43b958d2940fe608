#include "compiler/worker_server.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

Expected<WorkerResponse> answer(WireMessage message, const WorkerHandler &handler) {
  const auto start = std::chrono::steady_clock::now();
  const auto request = decodeRequest(std::move(message));
  if (!request)
    return tl::unexpected(request.error());
  auto response = handler(*request);
  if (response)
    response->seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return response;
}

// Serves until the socket closes; the exit code.
int serve(int fd, const WorkerHandler &handler) {
  for (;;) {
    auto message = receiveMessage(fd);
    if (!message) {
      fmt::print(stderr, "{}\n", message.error().str());
      return 1;
    }
    if (!*message)
      return 0;
    if (auto sent = sendMessage(fd, encodeResponse(answer(std::move(**message), handler))); !sent) {
      fmt::print(stderr, "{}\n", sent.error().str());
      return 1;
    }
  }
}

} // namespace

// The pool knows this exit code; unwinding through LLVM is not possible.
void endOutOfMemory() {
  constexpr std::string_view kMessage = "out of memory\n";
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(kWorkerOutOfMemoryExit);
}

tl::unexpected<Error> notMyOperation(std::string_view name, WorkerOp op) {
  return makeError(ErrorKind::kInternal, fmt::format("{} does not do '{}'", name, toString(op)));
}

int runWorkerServer(int argc, char **argv, std::string_view name, const WorkerHandler &handler) {
  int fd = -1;
  if (argc == 3 && std::string_view(argv[1]) == "--fd")
    std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), fd);
  if (fd < 0) {
    fmt::print(stderr,
               "{} is started by gemmsmith and serves it on a socket (--fd N); it is of no use by "
               "itself\n",
               name);
    return 2;
  }
  std::signal(SIGINT, SIG_IGN);
  std::set_new_handler(endOutOfMemory);
  return serve(fd, handler);
}

} // namespace gemmsmith
