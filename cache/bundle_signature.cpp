#include "cache/bundle_signature.h"

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <utility>
#include <vector>

namespace gemmsmith {

namespace {

struct FreeOpenssl {
  void operator()(BIO *bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
};

using Key = std::shared_ptr<EVP_PKEY>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeOpenssl>;

enum class KeyKind { kPrivate, kPublic };

// Without this OpenSSL would ask the terminal.
int noPassphrase(char *, int, int, void *) {
  return -1;
}

Expected<Key> readKey(const std::string &path, KeyKind kind) {
  const auto failed = [&](const char *why) {
    ERR_clear_error();
    return makeError(ErrorKind::kInput, why, path);
  };
  const std::unique_ptr<BIO, FreeOpenssl> file(BIO_new_file(path.c_str(), "r"));
  if (!file)
    return failed("the key cannot be read");
  EVP_PKEY *const read = kind == KeyKind::kPrivate
                             ? PEM_read_bio_PrivateKey(file.get(), nullptr, noPassphrase, nullptr)
                             : PEM_read_bio_PUBKEY(file.get(), nullptr, noPassphrase, nullptr);
  Key key(read, FreeOpenssl());
  if (!key)
    return failed(kind == KeyKind::kPrivate ? "is no private key in PEM without a passphrase"
                                            : "is no public key in PEM");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    return failed("is no Ed25519 key");
  return key;
}

const unsigned char *unsignedBytes(const std::byte *bytes) {
  return reinterpret_cast<const unsigned char *>(bytes);
}

Expected<BundleSignature> sign(const Key &key, std::span<const std::byte> bytes) {
  const Context context(EVP_MD_CTX_new());
  BundleSignature signature;
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.data()), &size,
                     unsignedBytes(bytes.data()), bytes.size()) != 1 ||
      size != signature.size()) {
    ERR_clear_error();
    return makeError(ErrorKind::kFailed, "libcrypto does not sign");
  }
  return signature;
}

bool isSignedBy(const Key &key, std::span<const std::byte> bytes,
                std::span<const std::byte> signature) {
  const Context context(EVP_MD_CTX_new());
  const bool good =
      context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), unsignedBytes(signature.data()), signature.size(),
                       unsignedBytes(bytes.data()), bytes.size()) == 1;
  ERR_clear_error();
  return good;
}

} // namespace

Expected<BundleSigner> bundleSigner(const std::string &private_key) {
  return readKey(private_key, KeyKind::kPrivate).map([](const Key &key) {
    return BundleSigner([key](std::span<const std::byte> bytes) { return sign(key, bytes); });
  });
}

Expected<void> checkBundleSignature(const Bundle &bundle, const std::string &public_key) {
  const auto key = readKey(public_key, KeyKind::kPublic);
  if (!key)
    return tl::unexpected(key.error());
  if (!bundle.isSigned())
    return makeError(ErrorKind::kInput, "is refused: it is not signed", bundle.path());
  const auto bytes = bundle.readAll();
  if (!bytes)
    return makeError(ErrorKind::kInput, bytes.error().why);
  const std::span all(*bytes);
  if (!isSignedBy(*key, all.first(all.size() - kBundleSignatureBytes),
                  all.last(kBundleSignatureBytes)))
    return makeError(ErrorKind::kInput,
                     "is refused: it is not signed with the key of " + public_key, bundle.path());
  return {};
}

} // namespace gemmsmith
