// The Unix socket at which a compile service listens: where it is, and whom to trust there.
//
// Promises: a connection is returned only if nobody but this user and root could have made the
// socket, and the process at its other end is of this user or of root. Descriptors do not survive
// exec(). Thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"

#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace gemmsmith {

// "/run/user/1000/gemmsmith/service.sock" in its two parts.
struct ServicePlace {
  std::string directory;
  std::string name;
};

// kUsage when the path is none that a socket can have: too long, relative, or a directory.
Expected<ServicePlace> servicePlace(const std::string &socket);

// Of a path that servicePlace() accepts.
sockaddr_un socketAddress(const std::string &socket);

// kFailed when the process at the other end of `fd` is of another user.
Expected<ucred> trustedPeer(int fd, const std::string &socket);

// A connection that does not block; -1 when nobody listens there, or not yet again: it has as many
// connections waiting as it can. kFailed when it is not to be trusted.
Expected<FileDescriptor> connectToService(const std::string &socket);

// Where connectToService() gave -1: whether somebody listens all the same.
bool isServiceBusy(const std::string &socket);
// What its user is told then.
Error busyService(const std::string &socket);

} // namespace gemmsmith
