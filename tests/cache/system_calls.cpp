#include "tests/cache/system_calls.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gemmsmith {

namespace {

SystemCallFaults armed_faults;
bool armed = false;
int points = 0;
int calls = 0;

void faultPoint() {
  if (armed && ++points == armed_faults.kill_at)
    ::kill(::getpid(), SIGKILL);
}

template <typename Call> auto guarded(Call call) -> decltype(call()) {
  faultPoint();
  const bool fails = armed && ++calls == armed_faults.fail_call;
  const auto result = fails ? -1 : call();
  if (fails)
    errno = armed_faults.fail_errno;
  faultPoint();
  return result;
}

} // namespace

void armSystemCalls(const SystemCallFaults &faults) {
  armed_faults = faults;
  points = calls = 0;
  armed = true;
}

void disarmSystemCalls() {
  armed = false;
}

int systemCalls() {
  return calls;
}

} // namespace gemmsmith

using gemmsmith::guarded;

extern "C" {

int __real_openat(int directory, const char *path, int flags, ...);
int __real_flock(int fd, int operation);
int __real_fstat(int fd, struct stat *status);
ssize_t __real_write(int fd, const void *bytes, std::size_t size);
int __real_fdatasync(int fd);
int __real_renameat(int from, const char *old_path, int to, const char *new_path);
int __real_unlinkat(int directory, const char *path, int flags);
int __real_close(int fd);

int __wrap_openat(int directory, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return guarded([&] { return __real_openat(directory, path, flags, mode); });
}
int __wrap_flock(int fd, int operation) {
  return guarded([&] { return __real_flock(fd, operation); });
}
int __wrap_fstat(int fd, struct stat *status) {
  return guarded([&] { return __real_fstat(fd, status); });
}
ssize_t __wrap_write(int fd, const void *bytes, std::size_t size) {
  constexpr std::size_t kMost = 64;
  return guarded([&] { return __real_write(fd, bytes, std::min(size, kMost)); });
}
int __wrap_fdatasync(int fd) {
  return guarded([&] { return __real_fdatasync(fd); });
}
int __wrap_renameat(int from, const char *old_path, int to, const char *new_path) {
  return guarded([&] { return __real_renameat(from, old_path, to, new_path); });
}
int __wrap_unlinkat(int directory, const char *path, int flags) {
  return guarded([&] { return __real_unlinkat(directory, path, flags); });
}
int __wrap_close(int fd) {
  return guarded([&] { return __real_close(fd); });
}

} // extern "C"
