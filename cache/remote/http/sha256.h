// SHA-256, which names things in Bazel's remote caches. Thread-safe.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <span>
#include <string>

namespace gemmsmith {

// 64 hexadecimal digits, lower case. kFailed where libcrypto does not offer it.
Expected<std::string> sha256Hex(std::span<const std::byte> bytes);

} // namespace gemmsmith
