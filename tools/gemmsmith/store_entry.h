// A compiled kernel as an entry of the store.
#pragma once

#include "cache/entry.h"
#include "compiler/backend.h"
#include "configs/error.h"
#include "tools/gemmsmith/object_file.h"

#include <cstddef>
#include <span>

namespace gemmsmith {

// `bytes` are a code object of the key's kernel, which `summary` is of. The manifest:
// {"schema", "kernel", "target_id", "backend", "compiler", "allow_spills", "bytes", "xxh3",
//  "resources", "kernarg_bytes", "arguments"}; nothing in it differs from build to build.
Entry storeEntry(const CacheKey &key, std::span<const std::byte> bytes,
                 const ObjectSummary &summary, Backend backend);

// That the code object is one, of the key's kernel and processor, and the manifest a JSON object.
// kInput when not.
Expected<void> checkStoreEntry(const Entry &entry);

} // namespace gemmsmith
