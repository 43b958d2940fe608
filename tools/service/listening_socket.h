// The place at which one compile service at a time listens.
//
//   SOCKET       the Unix socket, mode 0600
//   SOCKET.lock  locked (flock) by whoever listens there, or is about to; never removed
//
// Promises: of all processes that claim a place, one has it, and the others are told so; it goes
// with its process, however that ends. A socket that a dead service left is replaced; anything else
// there is left alone, and an error. The directory is created 0700 and refused unless only this
// user and root can write to it. Descriptors do not survive exec(). Not thread-safe.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"

#include <optional>
#include <string>
#include <sys/types.h>

namespace gemmsmith {

class ListeningSocket {
public:
  // Nothing when another process has it.
  static Expected<std::optional<ListeningSocket>> claim(const std::string &path);
  ~ListeningSocket() { close(); }
  ListeningSocket(ListeningSocket &&) noexcept = default;
  ListeningSocket &operator=(ListeningSocket &&) = delete;

  // From now on connections are taken.
  Expected<void> listen();
  // That does not block; -1 when there is none now, with errno.
  FileDescriptor accept() const;
  // Removes the socket and lets another service claim the place.
  void close();

  // Whether clients still find it: somebody may have removed or replaced its file.
  bool isInPlace() const;
  const std::string &path() const { return path_; }
  int fd() const { return socket_.get(); }

private:
  ListeningSocket(std::string path, std::string name, FileDescriptor directory,
                  FileDescriptor lock);

  std::string path_;
  std::string name_; // in directory_
  FileDescriptor directory_;
  FileDescriptor lock_;
  FileDescriptor socket_;
  dev_t device_ = 0; // of the socket's file
  ino_t inode_ = 0;
};

} // namespace gemmsmith
