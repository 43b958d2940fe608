#include "tools/service/listening_socket.h"

#include "cache/trusted_directory.h"
#include "runtime/service/service_socket.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr mode_t kPrivate = 0600;
// Thirty-two ranks connect at the same time, and some of them more than once.
constexpr int kBacklog = 1024;

tl::unexpected<Error> cannot(const char *what, const std::string &path) {
  return makeError(ErrorKind::kFailed,
                   fmt::format("cannot {}: {}", what, std::generic_category().message(errno)),
                   path);
}

// Only what a former service left may be replaced: the path may be a slip.
Expected<void> checkReplaceable(int directory, const std::string &name, const std::string &path) {
  struct stat status = {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT)
      return {};
    return cannot("look at what is there", path);
  }
  if (!S_ISSOCK(status.st_mode))
    return makeError(ErrorKind::kUsage,
                     "is there and is no socket; name another with --socket or GEMMSMITH_SOCKET",
                     path);
  return {};
}

} // namespace

ListeningSocket::ListeningSocket(std::string path, std::string name, FileDescriptor directory,
                                 FileDescriptor lock)
    : path_(std::move(path)), name_(std::move(name)), directory_(std::move(directory)),
      lock_(std::move(lock)) {}

Expected<std::optional<ListeningSocket>> ListeningSocket::claim(const std::string &path) {
  auto place = servicePlace(path);
  if (!place)
    return tl::unexpected(place.error());
  auto directory = openTrustedDirectory(place->directory, WhenAbsent::kCreate);
  if (!directory)
    return tl::unexpected(directory.error());
  if (auto free = checkReplaceable(directory->get(), place->name, path); !free)
    return tl::unexpected(free.error());
  const std::string lock_name = place->name + ".lock";
  FileDescriptor lock(::openat(directory->get(), lock_name.c_str(),
                               O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kPrivate));
  if (lock.get() < 0)
    return cannot("open the socket's lock", path + ".lock");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return std::nullopt;
    return cannot("lock the socket's place", path + ".lock");
  }
  return ListeningSocket(path, std::move(place->name), std::move(*directory), std::move(lock));
}

Expected<void> ListeningSocket::listen() {
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Before it has a name, so that at no time anybody else can connect.
  if (fd.get() < 0 || ::fchmod(fd.get(), kPrivate) != 0)
    return cannot("make a socket", path_);
  // Again: it took a compiler's start since.
  if (auto free = checkReplaceable(directory_.get(), name_, path_); !free)
    return free;
  if (::unlinkat(directory_.get(), name_.c_str(), 0) != 0 && errno != ENOENT)
    return cannot("replace what a former service left", path_);
  const sockaddr_un address = socketAddress(path_);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
    return cannot("listen", path_);
  struct stat status = {};
  if (::fstatat(directory_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    auto failed = cannot("listen", path_);
    ::unlinkat(directory_.get(), name_.c_str(), 0);
    return failed;
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  socket_ = std::move(fd);
  return {};
}

FileDescriptor ListeningSocket::accept() const {
  return FileDescriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

void ListeningSocket::close() {
  // While it is locked: what has the name now is not a successor's.
  if (socket_.get() >= 0 && isInPlace())
    ::unlinkat(directory_.get(), name_.c_str(), 0);
  socket_.reset();
  lock_.reset();
}

bool ListeningSocket::isInPlace() const {
  struct stat status = {};
  return ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
         status.st_ino == inode_;
}

} // namespace gemmsmith
