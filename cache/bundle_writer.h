// Making bundles (bundle_index.h). Equal sets of entries make equal bytes, whatever their order.
#pragma once

#include "cache/bundle_index.h"
#include "cache/entry.h"
#include "configs/error.h"

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace gemmsmith {

using BundleSignature = std::array<std::byte, kBundleSignatureBytes>;

// Signs all bytes of a bundle that come before its signature.
using BundleSigner = std::function<Expected<BundleSignature>(std::span<const std::byte>)>;

// Not thread-safe. Holds all entries in memory, packed.
class BundleWriter {
public:
  // An entry of the same key is replaced.
  Expected<void> add(const Entry &entry);

  std::size_t entries() const { return entries_.size(); }

  // Without a signer there is no signature.
  Expected<std::vector<std::byte>> bytes(const BundleSigner &sign = {}) const;

  // Writes them to a file in one step (atomic_file.h), with a mode that readers accept.
  Expected<void> write(const std::string &path, const BundleSigner &sign = {}) const;

private:
  std::map<Hash128, std::vector<std::byte>> entries_; // encoded
};

} // namespace gemmsmith
