// A compile worker that compiles nothing: it speaks worker_protocol.h and fails as it is told.

#include "tests/tools/scripted_worker.h"

#include "compiler/worker_protocol.h"
#include "configs/kernel_name.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace gemmsmith;

namespace {

constexpr int kFd = 3;

void answer(const std::string &text) {
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  if (!sendMessage(kFd, encodeResponse(WorkerResponse{{bytes, bytes + text.size()}, 0.25})))
    std::_Exit(9);
}

void sendRaw(const std::string &bytes) {
  [[maybe_unused]] const ssize_t n = ::send(kFd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void perform(const KernelConfig &config) {
  const std::string pid = std::to_string(::getpid());
  switch (static_cast<Script>(config.group_m)) {
  case Script::kPid:
    return answer(pid);
  case Script::kEchoName:
    return answer(kernelName(config));
  case Script::kReportError:
    if (!sendMessage(kFd, encodeResponse(makeError(ErrorKind::kIllegal, "too tall", "row 7"))))
      std::_Exit(9);
    return;
  case Script::kAbort:
    std::fputs("LLVM ERROR: these are my last words\n", stderr);
    std::abort();
  case Script::kSegfault:
    std::signal(SIGSEGV, SIG_DFL); // sanitizers have a handler of their own
    std::raise(SIGSEGV);
    return;
  case Script::kExit:
    std::_Exit(5);
  case Script::kHang:
    for (;;)
      ::pause();
  case Script::kStop:
    std::raise(SIGSTOP);
    return;
  case Script::kExhaustMemory:
    for (;;) {
      void *block = ::mmap(nullptr, 1 << 24, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (block == MAP_FAILED)
        std::_Exit(kWorkerOutOfMemoryExit);
    }
  case Script::kGarbagePrefix:
    return sendRaw("\xff\xff\xff\xff\xff\xff\xff\xff and so on");
  case Script::kGarbageHeader:
    if (!sendMessage(kFd, WireMessage{"[1, 2", {}}))
      std::_Exit(9);
    return;
  case Script::kHalfAnswer: {
    const auto bytes = *encodeMessage(encodeResponse(WorkerResponse{}));
    sendRaw(std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size() - 1));
    std::_Exit(0);
  }
  case Script::kTwoAnswers: {
    const auto bytes = *encodeMessage(encodeResponse(WorkerResponse{}));
    const std::string once(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return sendRaw(once + once);
  }
  case Script::kLargeAnswer:
    return answer(std::string(32u << 20, 'Z'));
  case Script::kChatter:
    for (int i = 0; i < (1 << 14); ++i)
      std::fputs("sixty-three bytes of chatter that nobody has ever asked to see\n", stderr);
    return answer(pid);
  case Script::kCloseSocket:
    ::shutdown(kFd, SHUT_RDWR);
    for (;;)
      ::pause();
  case Script::kSlow:
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return answer(pid);
  }
}

} // namespace

int main() {
  for (;;) {
    auto message = receiveMessage(kFd);
    if (!message || !*message)
      return 0;
    const auto request = decodeRequest(std::move(**message));
    if (!request)
      return 8;
    perform(request->config);
  }
}
