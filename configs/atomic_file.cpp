#include "configs/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gemmsmith {

namespace {

// 0 or the errno of the failure. A full disk may only show when the data is flushed.
int writeAndClose(int fd, std::string_view bytes) {
  int error = 0;
  while (!bytes.empty() && error == 0) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && ::fsync(fd) != 0)
    error = errno;
  if (::close(fd) != 0 && error == 0)
    error = errno;
  return error;
}

// mkstemp() makes files private; the result should be as readable as any other the user writes.
void applyUmask(int fd, WritableBy writable) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(fd, (writable == WritableBy::kOwner ? 0644 : 0666) & ~mask);
}

} // namespace

Expected<void> writeFileAtomically(const std::string &path, std::string_view bytes,
                                   WritableBy writable) {
  const auto failed = [&](int error) {
    return makeError(ErrorKind::kFailed, fmt::format("cannot be written: {}", std::strerror(error)),
                     path);
  };
  // Renaming onto a device or a pipe would replace it.
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    return makeError(ErrorKind::kFailed, "cannot be written: it is not a regular file", path);
  std::string temporary = path + ".tmp-XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0)
    return failed(errno);
  applyUmask(fd, writable);
  int error = writeAndClose(fd, bytes);
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0)
    error = errno;
  if (error == 0)
    return {};
  ::unlink(temporary.c_str());
  return failed(error);
}

} // namespace gemmsmith
