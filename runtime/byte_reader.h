// Reading untrusted bytes.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace gemmsmith {

// What every part of the code object's parser says about bytes it cannot accept.
inline tl::unexpected<Error> damagedCodeObject(std::string what) {
  return makeError(ErrorKind::kInput, "not a readable AMDGPU code object: " + std::move(what));
}

// Bytes with bounds-checked access. Offsets are 64-bit as ELF has them, so no sum may wrap.
class ByteReader {
public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool holds(std::uint64_t offset, std::uint64_t size) const {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  std::span<const std::byte> slice(std::uint64_t offset, std::uint64_t size) const {
    return holds(offset, size) ? bytes_.subspan(offset, size) : std::span<const std::byte>{};
  }
  template <typename T> T get(std::uint64_t offset) const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (holds(offset, sizeof(T)))
      std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }
  // The zero-terminated string at `offset`, empty if it does not end inside the bytes.
  std::string string(std::uint64_t offset) const {
    if (offset >= bytes_.size())
      return {};
    const char *begin = reinterpret_cast<const char *>(bytes_.data()) + offset;
    const void *end = std::memchr(begin, 0, bytes_.size() - offset);
    return end ? std::string(begin, static_cast<const char *>(end)) : std::string{};
  }
  std::uint64_t size() const { return bytes_.size(); }

private:
  std::span<const std::byte> bytes_;
};

} // namespace gemmsmith
