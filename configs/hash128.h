// XXH3-128: what names an entry and what proves that its bytes are the ones that were written.
//
// Does not: withstand somebody who wants two inputs to have one hash. Whoever can write where we
// read is kept out by the checks of trusted_file.h, not by a hash.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gemmsmith {

struct Hash128 {
  std::array<std::uint8_t, 16>
      bytes{}; // the most significant one first, as XXH128's canonical form

  auto operator<=>(const Hash128 &) const = default; // the order of the hexadecimal digits

  std::string hex() const; // 32 digits, lower case
  static std::optional<Hash128> parse(std::string_view hex);
};

Hash128 hash128(std::span<const std::byte> bytes);
Hash128 hash128(std::string_view text);

} // namespace gemmsmith
