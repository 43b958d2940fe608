#include "configs/hash128.h"

#include <xxhash.h>

namespace gemmsmith {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

} // namespace

std::string Hash128::hex() const {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::optional<Hash128> Hash128::parse(std::string_view hex) {
  Hash128 hash;
  if (hex.size() != 2 * hash.bytes.size())
    return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const std::size_t digit = kDigits.find(hex[i]);
    if (digit == std::string_view::npos)
      return std::nullopt;
    hash.bytes[i / 2] = static_cast<std::uint8_t>(hash.bytes[i / 2] << 4 | digit);
  }
  return hash;
}

Hash128 hash128(std::span<const std::byte> bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  Hash128 hash;
  static_assert(sizeof(canonical.digest) == sizeof(hash.bytes));
  for (std::size_t i = 0; i < hash.bytes.size(); ++i)
    hash.bytes[i] = canonical.digest[i];
  return hash;
}

Hash128 hash128(std::string_view text) {
  return hash128(std::as_bytes(std::span(text)));
}

} // namespace gemmsmith
