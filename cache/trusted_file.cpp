#include "cache/trusted_file.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

namespace gemmsmith {

namespace {

tl::unexpected<Miss> unreadable(const std::string &name, int code) {
  return makeMiss(MissReason::kUnreadable, fmt::format("{}: cannot be read: {}", name,
                                                       std::generic_category().message(code)));
}

} // namespace

std::string distrust(const struct stat &status) {
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return fmt::format("it is owned by user {}, not by this user or root", status.st_uid);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fmt::format("others than its owner may write to it (its mode is {:o})",
                       status.st_mode & 07777);
  return {};
}

Found<TrustedFile> openTrustedFile(int directory, const std::string &name) {
  TrustedFile file;
  file.fd = FileDescriptor(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.fd.get() < 0) {
    if (errno == ENOENT)
      return makeMiss(MissReason::kAbsent);
    if (errno == ELOOP)
      return makeMiss(MissReason::kRefused, name + ": is refused: it is a symbolic link");
    return unreadable(name, errno);
  }
  struct stat status = {};
  if (::fstat(file.fd.get(), &status) != 0)
    return unreadable(name, errno);
  if (!S_ISREG(status.st_mode))
    return makeMiss(MissReason::kRefused, name + ": is refused: it is not a regular file");
  if (const std::string why = distrust(status); !why.empty())
    return makeMiss(MissReason::kRefused, fmt::format("{}: is refused: {}", name, why));
  file.bytes = static_cast<std::uint64_t>(status.st_size);
  file.modified = status.st_mtim;
  return file;
}

Found<std::vector<std::byte>> readWhole(const TrustedFile &file, const std::string &name,
                                        std::uint64_t most) {
  if (file.bytes > most)
    return makeMiss(MissReason::kDamaged,
                    fmt::format("{}: is larger than any such file: {} bytes", name, file.bytes));
  return readAt(file, name, 0, file.bytes);
}

Found<std::vector<std::byte>> readAt(const TrustedFile &file, const std::string &name,
                                     std::uint64_t offset, std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pread(file.fd.get(), bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return unreadable(name, errno);
    if (n == 0)
      return makeMiss(MissReason::kDamaged, name + ": ends early");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

} // namespace gemmsmith
