#include "tools/service/background.h"

#include <array>
#include <cerrno>
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

// /dev/null, and that for each standard stream that is closed: what is opened next would have its
// number, and end with it.
Expected<FileDescriptor> openNull() {
  int fd = -1;
  do
    fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return cannotLeave(errno);
  return FileDescriptor(fd);
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
  ::closefrom(STDERR_FILENO + 1);
  auto null = openNull();
  if (!null)
    return tl::unexpected(null.error());
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
  return Background(std::move(*null), std::move(write));
}

void Background::ready() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(null_.get(), stream);
  [[maybe_unused]] const ssize_t n = ::write(ready_.get(), "r", 1);
  ready_.reset();
}

} // namespace gemmsmith
