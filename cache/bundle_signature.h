// Signed bundles: who made one, for those who carry it over ways they do not trust. Ed25519, with
// keys in PEM files, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them.
//
// Apart from the store, which serving processes link, as this needs libcrypto. A bundle that is
// read there is protected by who can write the file (trusted_file.h); check the signature when a
// bundle arrives. Thread-safe.
#pragma once

#include "cache/bundle.h"
#include "cache/bundle_writer.h"
#include "configs/error.h"

#include <string>

namespace gemmsmith {

// Signs with the private key in this file. kInput when there is none, or one of another kind or
// with a passphrase.
Expected<BundleSigner> bundleSigner(const std::string &private_key);

// That this bundle, every byte of it, was signed with the private key that belongs to the public
// key in this file. kInput with the bundle's path when it was not, or is not signed at all.
Expected<void> checkBundleSignature(const Bundle &bundle, const std::string &public_key);

} // namespace gemmsmith
