// Code objects assembled by a test, and their bytes changed at a place.
#pragma once

#include <cstddef>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace gemmsmith::emulator {

template <typename T> T at(const std::vector<std::byte> &bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}
template <typename T> void patch(std::vector<std::byte> &bytes, std::size_t offset, T value) {
  ASSERT_LE(offset + sizeof value, bytes.size());
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

// A kernel `test` of our own: its code, its descriptor, its arguments in the metadata.
struct ForeignSource {
  std::string code;
  std::string descriptor;
  std::string arguments;
  std::string sections; // more of the file
  int kernarg_bytes = 16;
  int vgprs = 16;
  std::string linker_script;
};

std::vector<std::byte> buildForeign(const ForeignSource &source);

} // namespace gemmsmith::emulator
