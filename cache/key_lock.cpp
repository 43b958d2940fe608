#include "cache/key_lock.h"

#include "cache/store_layout.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace {

using std::chrono::steady_clock;

enum class Attempt : std::uint8_t {
  kHeld,
  kTaken,
  kGone, // its holder removed the file between our opening and locking it
  kImpossible,
};

Attempt attempt(int directory, const std::string &name, FileDescriptor &fd) {
  fd = FileDescriptor(::openat(directory, name.c_str(),
                               O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (fd.get() < 0)
    return Attempt::kImpossible;
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? Attempt::kTaken : Attempt::kImpossible;
  // Only the file that still has the name keeps others out.
  struct stat mine = {}, named = {};
  const bool same = ::fstat(fd.get(), &mine) == 0 &&
                    ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                    mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
  return same ? Attempt::kHeld : Attempt::kGone;
}

} // namespace

KeyLock::KeyLock(int directory, std::string name, FileDescriptor fd)
    : directory_(directory), name_(std::move(name)), fd_(std::move(fd)) {}

KeyLock::~KeyLock() {
  // Removed while it is locked: nobody else can have it under this name.
  if (fd_.get() >= 0)
    ::unlinkat(directory_, name_.c_str(), 0);
}

tl::expected<KeyLock, KeyLock::Refusal> KeyLock::tryAcquire(int directory, const Hash128 &key) {
  if (directory < 0)
    return tl::unexpected(Refusal::kImpossible);
  const std::string name = lockFileName(key);
  for (;;) {
    FileDescriptor fd;
    switch (attempt(directory, name, fd)) {
    case Attempt::kHeld:
      return KeyLock(directory, name, std::move(fd));
    case Attempt::kTaken:
      return tl::unexpected(Refusal::kTaken);
    case Attempt::kImpossible:
      return tl::unexpected(Refusal::kImpossible);
    case Attempt::kGone:
      break; // the name is free now, or another's
    }
  }
}

std::optional<KeyLock> KeyLock::acquire(int directory, const Hash128 &key,
                                        std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kLongestPause(50);
  const auto end = steady_clock::now() + patience;
  // flock() itself has no time limit, and a signal to end it would be the process's, not ours.
  for (std::chrono::milliseconds pause(1);; pause = std::min(2 * pause, kLongestPause)) {
    auto lock = tryAcquire(directory, key);
    if (lock)
      return std::move(*lock);
    if (lock.error() == Refusal::kImpossible || steady_clock::now() >= end)
      return std::nullopt;
    std::this_thread::sleep_for(pause);
  }
}

} // namespace gemmsmith
