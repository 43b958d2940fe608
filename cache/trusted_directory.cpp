#include "cache/trusted_directory.h"

#include "cache/trusted_file.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>

namespace gemmsmith {

namespace {

constexpr mode_t kPrivate = 0700;
constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// A slash at the end would make the kernel follow a symbolic link.
std::string withoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/')
    path.pop_back();
  return path;
}

tl::unexpected<Error> refused(const std::string &path, const std::string &why,
                              const std::string &advice) {
  return makeError(ErrorKind::kFailed, fmt::format("the directory is refused: {}; {}", why, advice),
                   path);
}

// Like `mkdir -p`; what fails shows when the directory is opened.
void createWithParents(const std::string &path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), kPrivate);
  ::mkdir(path.c_str(), kPrivate);
}

} // namespace

Expected<FileDescriptor> openTrustedDirectory(const std::string &given, WhenAbsent when_absent) {
  const std::string path = withoutTrailingSlashes(given);
  FileDescriptor fd(::open(path.c_str(), kFlags));
  if (fd.get() < 0 && errno == ENOENT) {
    if (when_absent == WhenAbsent::kAccept)
      return FileDescriptor();
    createWithParents(path);
    fd = FileDescriptor(::open(path.c_str(), kFlags));
  }
  struct stat status = {};
  if (fd.get() < 0) {
    const int code = errno;
    if (::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
      return refused(path, "it is a symbolic link", "name the directory itself");
    return makeError(ErrorKind::kFailed,
                     "cannot open the directory: " + std::generic_category().message(code), path);
  }
  if (::fstat(fd.get(), &status) != 0)
    return makeError(ErrorKind::kFailed,
                     "cannot open the directory: " + std::generic_category().message(errno), path);
  if (const std::string why = distrust(status); !why.empty())
    return refused(path, why, "use one of your own with mode 700");
  return fd;
}

FileDescriptor openTrustedSubdirectory(int parent, const char *name) {
  ::mkdirat(parent, name, kPrivate);
  FileDescriptor fd(::openat(parent, name, kFlags));
  struct stat status = {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0 || !distrust(status).empty())
    return {};
  return fd;
}

} // namespace gemmsmith
