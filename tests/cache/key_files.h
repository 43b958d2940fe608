// Fresh Ed25519 keys in PEM files.
#pragma once

#include <cstdio>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string>

namespace gemmsmith {

struct KeyFiles {
  std::string private_key;
  std::string public_key;
};

inline KeyFiles writeKeys(const std::string &prefix, const char *type = "ED25519") {
  const KeyFiles files{prefix + "-private.pem", prefix + "-public.pem"};
  EVP_PKEY *const key = EVP_PKEY_Q_keygen(nullptr, nullptr, type);
  std::FILE *file = std::fopen(files.private_key.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  file = std::fopen(files.public_key.c_str(), "w");
  PEM_write_PUBKEY(file, key);
  std::fclose(file);
  EVP_PKEY_free(key);
  return files;
}

} // namespace gemmsmith
