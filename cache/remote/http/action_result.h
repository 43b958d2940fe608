// Where the bytes of a result lie, in the message that Bazel's remote caches keep under /ac:
//
//   ActionResult { repeated OutputFile output_files = 2; ... }
//   OutputFile   { string path = 1; Digest digest = 2; ... }
//   Digest       { string hash = 1; int64 size_bytes = 2; }
//
// of the Remote Execution API, version 2, in protobuf's wire format. Servers add fields of their
// own, who made it and when; these are read over.
//
// Promises: the reader takes any bytes, recurses nowhere, allocates no more than it was given, and
// accepts what every writer of protobuf makes of such a message. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gemmsmith {

struct ActionOutput {
  std::string path;
  std::string sha256; // 64 hexadecimal digits, lower case
  std::uint64_t bytes = 0;
};

inline constexpr std::string_view kEntryOutput = "entry";
inline constexpr std::size_t kMaxActionResultBytes = std::size_t{1} << 20;

// A message with one output, as any server accepts it.
std::string writeActionResult(const ActionOutput &output);

// The output of this path. Nothing when the bytes are no such message, or it has no such output
// with a digest, or several.
std::optional<ActionOutput> readActionResult(std::span<const std::byte> bytes,
                                             std::string_view path = kEntryOutput);

} // namespace gemmsmith
