// Integers in the byte formats of the store: little-endian, at any alignment.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gemmsmith {

template <std::unsigned_integral T> void appendLittleEndian(std::vector<std::byte> &out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i)
    out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

// The caller has checked that `bytes` holds the integer.
template <std::unsigned_integral T>
T littleEndianAt(std::span<const std::byte> bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(bytes[offset + i]) << (8 * i));
  return value;
}

} // namespace gemmsmith
