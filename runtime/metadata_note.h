// The metadata note of a code object: a MessagePack map of the kernels (LLVM's guide, "Code Object
// V3 Metadata" and what V4 to V6 add).
#pragma once

#include "runtime/code_object.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

struct MetadataNote {
  std::string target_id; // `amdhsa.target`
  std::vector<KernelMetadata> kernels;
};

// Fields are optional and untrusted: a missing one or one of another type is 0 or "".
Expected<MetadataNote> readMetadataNote(std::span<const std::byte> bytes);

} // namespace gemmsmith
