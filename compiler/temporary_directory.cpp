#include "compiler/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gemmsmith {

namespace fs = std::filesystem;

namespace {

// gemmsmith-worker-PID-XXXXXX. The number tells people whose it is, and nobody else: that process
// may be gone and its number another's, which in containers is the rule.
constexpr std::string_view kPrefix = "gemmsmith-worker-";

fs::path parentDirectory() {
  const char *given = std::getenv("TMPDIR");
  return given != nullptr && *given != 0 ? given : "/tmp";
}

bool isOurs(std::string_view name) {
  if (!name.starts_with(kPrefix))
    return false;
  name.remove_prefix(kPrefix.size());
  const auto digits = name.find_first_not_of("0123456789");
  return digits != 0 && digits != name.npos && name[digits] == '-';
}

enum class Locking {
  kDone,
  kTaken,      // somebody else holds the lock, or removed the directory
  kImpossible, // the file system has no such locks, or the directory is another user's
};

Locking lock(const fs::path &directory, FileDescriptor &fd) {
  fd = FileDescriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status = {};
  if (fd.get() < 0)
    return errno == ENOENT ? Locking::kTaken : Locking::kImpossible;
  if (::fstat(fd.get(), &status) != 0 || status.st_uid != ::geteuid())
    return Locking::kImpossible;
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? Locking::kTaken : Locking::kImpossible;
  // Between the opening and the locking another process may have swept it.
  const bool gone = ::fstat(fd.get(), &status) != 0 || status.st_nlink == 0;
  return gone ? Locking::kTaken : Locking::kDone;
}

// Removes what killed processes left behind. Failures are those of the next who tries.
void sweep(const fs::path &parent) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(parent, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    FileDescriptor fd;
    if (!isOurs(entry->path().filename().native()) || lock(entry->path(), fd) != Locking::kDone)
      continue;
    std::error_code ignored;
    fs::remove_all(entry->path(), ignored);
  }
}

} // namespace

TemporaryDirectory::TemporaryDirectory(fs::path path, FileDescriptor lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory &&other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

TemporaryDirectory &TemporaryDirectory::operator=(TemporaryDirectory &&other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
    lock_ = std::move(other.lock_);
  }
  return *this;
}

Expected<TemporaryDirectory> TemporaryDirectory::create() {
  const fs::path parent = parentDirectory();
  sweep(parent);
  // Whoever else sweeps now may take a directory that is not locked yet.
  constexpr int kAttempts = 10;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string path = (parent / fmt::format("{}{}-XXXXXX", kPrefix, ::getpid())).native();
    if (::mkdtemp(path.data()) == nullptr)
      return makeError(ErrorKind::kFailed,
                       fmt::format("cannot create a directory for temporary files in {}: {}; set "
                                   "TMPDIR to a directory that can be written",
                                   parent.native(), std::generic_category().message(errno)));
    // Without locks it is used all the same, and never swept.
    FileDescriptor fd;
    if (lock(path, fd) != Locking::kTaken)
      return TemporaryDirectory(path, std::move(fd));
  }
  return makeError(ErrorKind::kFailed, fmt::format("somebody removes every directory for temporary "
                                                   "files that is created in {}",
                                                   parent.native()));
}

void TemporaryDirectory::remove() {
  if (path_.empty())
    return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  path_.clear();
  lock_.reset();
}

} // namespace gemmsmith
