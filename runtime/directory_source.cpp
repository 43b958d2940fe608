#include "runtime/directory_source.h"

#include "configs/kernel_name.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace gemmsmith::runtime {

namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::size_t kMostBytes = 64 << 20; // no kernel of ours comes near

} // namespace

Expected<std::optional<FoundObject>> DirectorySource::find(const KernelConfig &config,
                                                           std::string_view) {
  const std::string path = path_ + "/" + kernelName(config) + ".co";
  const auto failed = [&](int code) {
    return makeError(ErrorKind::kFailed, "cannot be read: " + std::generic_category().message(code),
                     path);
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rbe"),
                                                              std::fclose);
  if (!file && errno == ENOENT)
    return std::nullopt;
  if (!file)
    return failed(errno);
  FoundObject object;
  object.tier = Tier::kDirectory;
  object.origin = path;
  for (std::size_t size = 0;;) {
    object.bytes.resize(size + kChunk);
    const std::size_t got = std::fread(object.bytes.data() + size, 1, kChunk, file.get());
    size += got;
    if (got < kChunk) {
      object.bytes.resize(size);
      break;
    }
    if (size > kMostBytes)
      return makeError(ErrorKind::kInput, "is too large for a code object", path);
  }
  if (std::ferror(file.get()))
    return failed(errno);
  return object;
}

} // namespace gemmsmith::runtime
