#include "tools/gemmsmith/object_file.h"

#include "runtime/code_object.h"

#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <system_error>

namespace gemmsmith {

namespace {

constexpr std::streamoff kMaxObjectBytes = 256 << 20;

} // namespace

Expected<ObjectSummary> summarizeObject(std::span<const std::byte> bytes) {
  const auto object = parseCodeObject(bytes);
  if (!object)
    return tl::unexpected(object.error());
  if (object->kernels.size() != 1)
    return makeError(
        ErrorKind::kInput,
        fmt::format("a code object with one kernel is needed, not {}", object->kernels.size()));
  const Kernel &kernel = object->kernels.front();
  const KernelMetadata &metadata = kernel.metadata;
  ObjectSummary summary{.kernel = metadata.name, .target = object->target, .resources = {}};
  summary.resources = {.vgprs = static_cast<int>(metadata.vgprs),
                       .agprs = static_cast<int>(metadata.agprs),
                       .sgprs = static_cast<int>(metadata.sgprs),
                       .vgpr_spills = static_cast<int>(metadata.vgpr_spills),
                       .sgpr_spills = static_cast<int>(metadata.sgpr_spills),
                       .lds_bytes = metadata.group_segment_bytes,
                       .scratch_bytes = metadata.private_segment_bytes,
                       .code_bytes = static_cast<std::int64_t>(kernel.code_bytes),
                       .workgroup_size = static_cast<int>(metadata.max_workgroup_size)};
  return summary;
}

Expected<std::vector<std::byte>> readObjectFile(const std::string &path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto unreadable = [&](const std::string &why) {
    return makeError(ErrorKind::kInput, "cannot be read: " + why, path);
  };
  if (!file)
    return unreadable(std::generic_category().message(errno));
  const std::streamoff size = file.tellg();
  if (size < 0 || size > kMaxObjectBytes)
    return unreadable("not a regular file of a code object's size");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char *>(bytes.data()), size))
    return unreadable("it ends early");
  return bytes;
}

} // namespace gemmsmith
