#include "cache/pending_file.h"

#include "cache/store_layout.h"
#include "configs/file_descriptor.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::time_t kAbandonedSeconds = 3600;

enum class Lock {
  kHeld,
  kTaken,      // somebody else has it
  kImpossible, // the file system has no locks
};

Lock lock(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0)
    return Lock::kHeld;
  return errno == EWOULDBLOCK ? Lock::kTaken : Lock::kImpossible;
}

std::uint64_t randomNumber() {
  std::uint64_t number = 0;
  // Without entropy the names repeat, and O_EXCL says so.
  (void)!::getentropy(&number, sizeof number);
  return number;
}

// A pending file that goes when it is not renamed.
class PendingFile {
public:
  PendingFile(int directory, const Hash128 &hash) : directory_(directory), hash_(hash) {}
  ~PendingFile() {
    if (fd_.get() >= 0)
      ::unlinkat(directory_, name_.c_str(), 0);
  }
  PendingFile(const PendingFile &) = delete;
  PendingFile &operator=(const PendingFile &) = delete;

  // Each returns 0 or the errno of the failure.

  int create() {
    // A sweeper may take a file between its creation and its lock: then there is another one.
    constexpr int kAttempts = 16;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      name_ = pendingFileName(hash_, randomNumber());
      // Not 0666: with the umask 002 of many systems our own readers would refuse the file.
      FileDescriptor fd(::openat(directory_, name_.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
      if (fd.get() < 0 && errno == EEXIST)
        continue;
      if (fd.get() < 0)
        return errno;
      struct stat status = {};
      if (lock(fd.get()) == Lock::kTaken || ::fstat(fd.get(), &status) != 0 || status.st_nlink == 0)
        continue;
      fd_ = std::move(fd);
      return 0;
    }
    return EBUSY;
  }

  int write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
      if (written >= 0)
        bytes = bytes.subspan(static_cast<std::size_t>(written));
      else if (errno != EINTR)
        return errno;
    }
    return 0;
  }

  int commit(const std::string &name) {
    if (::fdatasync(fd_.get()) != 0)
      return errno;
    if (::renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0)
      return errno;
    fd_.reset();
    return 0;
  }

private:
  int directory_;
  Hash128 hash_;
  std::string name_;
  FileDescriptor fd_;
};

} // namespace

Expected<void> writeStoreFile(int directory, const Hash128 &hash, const std::string &name,
                              std::span<const std::byte> bytes) {
  PendingFile file(directory, hash);
  int error = file.create();
  if (error == 0)
    error = file.write(bytes);
  if (error == 0)
    error = file.commit(name);
  if (error != 0)
    return makeError(ErrorKind::kFailed,
                     "cannot be written: " + std::generic_category().message(error), name);
  return {};
}

bool sweepPendingFile(int directory, const std::string &name) {
  // For writing: network file systems map the lock to one that asks for it.
  const FileDescriptor fd(
      ::openat(directory, name.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0)
    return false;
  switch (lock(fd.get())) {
  case Lock::kTaken:
    return false;
  case Lock::kImpossible: {
    struct stat status = {};
    if (::fstat(fd.get(), &status) != 0 ||
        status.st_mtim.tv_sec > std::time(nullptr) - kAbandonedSeconds)
      return false;
    break;
  }
  case Lock::kHeld:
    break;
  }
  // The name is nobody's any more: had the writer renamed it, this would find nothing.
  return ::unlinkat(directory, name.c_str(), 0) == 0;
}

} // namespace gemmsmith
