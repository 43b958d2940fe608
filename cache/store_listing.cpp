#include "cache/store_listing.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace gemmsmith {

namespace {

struct CloseDirectory {
  void operator()(DIR *directory) const { ::closedir(directory); }
};

} // namespace

Expected<std::vector<StoreFile>> listStore(int directory) {
  std::vector<StoreFile> files;
  if (directory < 0)
    return files;
  // A descriptor of its own: the position in a directory belongs to the open file.
  const int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, CloseDirectory> stream(fd < 0 ? nullptr : ::fdopendir(fd));
  if (!stream) {
    const int code = errno;
    if (fd >= 0)
      ::close(fd);
    return makeError(ErrorKind::kFailed, "cannot list the directory of the store: " +
                                             std::generic_category().message(code));
  }
  while (const dirent *found = ::readdir(stream.get())) {
    const auto name = parseStoreFileName(found->d_name);
    struct stat status = {};
    if (!name || ::fstatat(directory, found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      continue;
    files.push_back({.name = found->d_name,
                     .kind = name->kind,
                     .hash = name->hash,
                     .bytes = static_cast<std::uint64_t>(status.st_size),
                     .modified = status.st_mtim});
  }
  std::ranges::sort(files, {}, &StoreFile::name);
  return files;
}

} // namespace gemmsmith
