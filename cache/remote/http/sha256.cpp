#include "cache/remote/http/sha256.h"

#include <array>
#include <openssl/evp.h>

namespace gemmsmith {

Expected<std::string> sha256Hex(std::span<const std::byte> bytes) {
  constexpr const char *kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return makeError(ErrorKind::kFailed, "libcrypto has no SHA-256");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 0xf];
  }
  return hex;
}

} // namespace gemmsmith
