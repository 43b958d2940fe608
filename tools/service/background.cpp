#include "tools/service/background.h"

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

tl::unexpected<Error> cannotLeave(int code) {
  return makeError(ErrorKind::kFailed, fmt::format("cannot go to the background: {}",
                                                   std::generic_category().message(code)));
}

// Until the service is ready, or has ended: its exit code.
int awaitService(pid_t service, int ready) {
  char byte = 0;
  ssize_t n = 0;
  do
    n = ::read(ready, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    return 0;
  int status = 0;
  while (::waitpid(service, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Expected<Background> Background::enter() {
  // The application that started this may have devices, sockets and files open.
  ::close_range(3, UINT_MAX, 0);
  std::array<int, 2> pipe;
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return cannotLeave(errno);
  FileDescriptor read(pipe[0]), write(pipe[1]);
  const pid_t service = ::fork();
  if (service < 0)
    return cannotLeave(errno);
  if (service > 0) {
    write.reset();
    ::_exit(awaitService(service, read.get()));
  }
  // No terminal: this is no group leader yet, and what it opens later is no terminal either.
  // (It stays in its directory: paths in the environment may be relative to that.)
  ::setsid();
  return Background(std::move(write));
}

void Background::ready() {
  const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int stream : {0, 1, 2})
    ::dup2(null.get(), stream);
  [[maybe_unused]] const ssize_t n = ::write(ready_.get(), "r", 1);
  ready_.reset();
}

} // namespace gemmsmith
