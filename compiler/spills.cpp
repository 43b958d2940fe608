#include "compiler/spills.h"

#include "runtime/code_object.h"

#include <fmt/format.h>

namespace gemmsmith {

Expected<void> requireNoSpills(std::span<const std::byte> code_object, const std::string &kernel) {
  const Expected<CodeObject> parsed = parseCodeObject(code_object);
  if (!parsed)
    return makeError(parsed.error().kind, parsed.error().message, kernel);
  if (parsed->kernels.empty())
    return makeError(ErrorKind::kFailed, "the code object has no kernel", kernel);
  const KernelMetadata &used = parsed->kernels.front().metadata;
  if (used.vgpr_spills + used.sgpr_spills + used.private_segment_bytes == 0)
    return {};
  return makeError(
      ErrorKind::kFailed,
      fmt::format(
          "needs more registers than there are: {} vector and {} scalar registers spilled, {} "
          "bytes of scratch per lane (gemmsmith build --allow-spills accepts that)",
          used.vgpr_spills, used.sgpr_spills, used.private_segment_bytes),
      kernel);
}

} // namespace gemmsmith
