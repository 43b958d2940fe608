#include "runtime/service/service_socket.h"

#include "cache/trusted_directory.h"
#include "runtime/service/service_client.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

namespace gemmsmith {

namespace {

constexpr std::size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;

tl::unexpected<Error> failed(const std::string &socket, const char *what, int code) {
  return makeError(ErrorKind::kFailed,
                   fmt::format("{}: {}", what, std::generic_category().message(code)), socket);
}

// Of a path that servicePlace() accepts. -1, with errno, when it cannot be.
FileDescriptor tryToConnect(const std::string &socket) {
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_un address = socketAddress(socket);
  if (fd.get() >= 0 &&
      ::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
    const int code = errno;
    fd.reset();
    errno = code;
  }
  return fd;
}

} // namespace

Expected<ServicePlace> servicePlace(const std::string &socket) {
  const auto refused = [&](std::string why) {
    return makeError(
        ErrorKind::kUsage,
        fmt::format("cannot be the compile service's socket: {}; name another with --socket or "
                    "GEMMSMITH_SOCKET",
                    why),
        socket);
  };
  if (socket.size() > kMaxPathBytes)
    return refused(fmt::format("its path has {} bytes, and a Unix socket's at most {}",
                               socket.size(), kMaxPathBytes));
  if (!socket.starts_with('/') || socket.find('\0') != std::string::npos)
    return refused("it is not an absolute path");
  const std::size_t slash = socket.rfind('/');
  if (slash + 1 == socket.size())
    return refused("it is a directory");
  return ServicePlace{.directory = slash == 0 ? "/" : socket.substr(0, slash),
                      .name = socket.substr(slash + 1)};
}

sockaddr_un socketAddress(const std::string &socket) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.c_str(), socket.size() + 1);
  return address;
}

Expected<ucred> trustedPeer(int fd, const std::string &socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
    return failed(socket, "cannot tell who is at the other end", errno);
  if (peer.uid != ::geteuid() && peer.uid != 0)
    return makeError(ErrorKind::kFailed,
                     fmt::format("the process at the other end is of user {}, not of this user or "
                                 "root; name another socket with GEMMSMITH_SOCKET",
                                 peer.uid),
                     socket);
  return peer;
}

Expected<FileDescriptor> connectToService(const std::string &socket) {
  const auto place = servicePlace(socket);
  if (!place)
    return tl::unexpected(place.error());
  const auto directory = openTrustedDirectory(place->directory, WhenAbsent::kAccept);
  if (!directory)
    return tl::unexpected(directory.error());
  if (directory->get() < 0)
    return FileDescriptor();
  FileDescriptor fd = tryToConnect(socket);
  if (fd.get() < 0) {
    const bool nobody = errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN;
    if (!nobody)
      return failed(socket, "cannot connect to the compile service", errno);
    return FileDescriptor();
  }
  const auto peer = trustedPeer(fd.get(), socket);
  if (!peer)
    return tl::unexpected(peer.error());
  // A worker that a service was just starting when it died has the socket open for a moment longer.
  // (The ID is 0 where the service is in another PID namespace.)
  if (peer->pid > 0 && ::kill(peer->pid, 0) != 0 && errno == ESRCH)
    return FileDescriptor();
  return fd;
}

bool isServiceBusy(const std::string &socket) {
  return servicePlace(socket) && tryToConnect(socket).get() < 0 && errno == EAGAIN;
}

Error busyService(const std::string &socket) {
  return {ErrorKind::kFailed,
          "the compile service is busy: it has as many connections waiting as it can; try again",
          socket};
}

std::string defaultServiceSocket() {
  if (const char *socket = std::getenv("GEMMSMITH_SOCKET"); socket != nullptr && *socket != 0)
    return socket;
  if (const char *directory = std::getenv("XDG_RUNTIME_DIR");
      directory != nullptr && *directory == '/')
    return std::string(directory) + "/gemmsmith/service.sock";
  return fmt::format("/tmp/gemmsmith-{}/service.sock", ::geteuid());
}

} // namespace gemmsmith
