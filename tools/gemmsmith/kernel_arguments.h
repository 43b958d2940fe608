// The arguments of a launch as words of a command line: what they say, where they lie.
//
//   i32:N u32:N i64:N u64:N f32:X   a number by value, of its own size and alignment
//   in:FILE                         a buffer with the file's bytes
//   out:FILE:BYTES                  an unwritten buffer whose bytes go to the file afterwards
//   inout:IN:OUT                    a buffer with the bytes of IN that go to OUT afterwards
//   pad:BYTES                       so many zero bytes
//
// Without names the arguments follow one another, each naturally aligned. NAME=WORD puts one where
// the code object's metadata has an argument of that name.
#pragma once

#include "configs/error.h"
#include "runtime/code_object.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

// Device memory that an argument points to.
struct ArgumentBuffer {
  std::string input;       // file with its first contents; empty: unwritten
  std::string output;      // file for its last contents; empty: nobody asks
  std::uint64_t bytes = 0; // of an output without input
};

struct LaunchArgument {
  std::string word; // as typed
  std::string name; // empty: by position
  std::vector<std::byte> value;
  std::size_t alignment = 1;
  std::optional<ArgumentBuffer> buffer; // then `value` is the place of its address
};

// kUsage says which word is wrong and how it should look.
Expected<LaunchArgument> parseLaunchArgument(std::string_view word);

// The offset of each argument in the kernel's argument segment. Checked against the metadata: a
// buffer must lie where the kernel takes a pointer, and no argument may be left out.
Expected<std::vector<std::size_t>> placeArguments(std::span<const LaunchArgument> arguments,
                                                  const KernelMetadata &kernel);

} // namespace gemmsmith
