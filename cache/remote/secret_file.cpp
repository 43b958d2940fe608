#include "cache/remote/secret_file.h"

#include "configs/file_descriptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <system_error>

namespace gemmsmith {

namespace {

constexpr std::size_t kMaxSecretBytes = 16384; // servers take no longer header lines

// Others would end a header line, and begin another.
bool isPrintable(char c) {
  return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
}

} // namespace

Expected<std::string> readSecret(const std::string &path) {
  // Not blocking: a pipe without a writer is an empty file.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, kMaxSecretBytes + 1> buffer{};
  const ssize_t size = file.get() < 0 ? -1 : ::read(file.get(), buffer.data(), buffer.size());
  if (size < 0)
    return makeError(ErrorKind::kInput, "cannot be read: " + std::generic_category().message(errno),
                     path);
  std::string_view secret(buffer.data(), static_cast<std::size_t>(size));
  while (secret.ends_with('\n') || secret.ends_with('\r'))
    secret.remove_suffix(1);
  if (secret.empty() || secret.size() > kMaxSecretBytes ||
      !std::ranges::all_of(secret, isPrintable))
    return makeError(ErrorKind::kInput, "holds no secret: one line of printable characters", path);
  return std::string(secret);
}

} // namespace gemmsmith
