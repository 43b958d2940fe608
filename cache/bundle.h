// A bundle that is read: bundle_index.h has its format, bundle_writer.h makes it.
//
// Promises: the file is opened with the checks of trusted_file.h; header and index are read and
// checked once, an entry when it is asked for, and checked whole. Nothing is ever written.
// Replacing the file by another (rename) does not disturb whoever has it open. Does not: check a
// signature; bundle_signature.h does. Thread-safe.
#pragma once

#include "cache/bundle_index.h"
#include "cache/entry.h"
#include "cache/miss.h"
#include "cache/trusted_file.h"
#include "configs/error.h"

#include <string>
#include <vector>

namespace gemmsmith {

class Bundle {
public:
  // kInput, with the path, when it cannot be read, is refused, or is no bundle.
  static Expected<Bundle> open(std::string path);

  Found<Entry> get(const CacheKey &key) const;

  // Of a record of this bundle.
  Found<Entry> read(const BundleRecord &record) const;

  // The compilers that its entries name, ascending; entries that cannot be read name none.
  std::vector<std::string> compilers() const;

  // The whole file.
  Found<std::vector<std::byte>> readAll() const;

  const std::vector<BundleRecord> &records() const { return records_; } // ascending by hash
  const std::string &path() const { return path_; }
  std::uint64_t bytes() const { return file_.bytes; }
  bool isSigned() const { return header_.signature_bytes > 0; }

private:
  Bundle(std::string path, TrustedFile file, const BundleHeader &header,
         std::vector<BundleRecord> records);

  std::string path_;
  TrustedFile file_;
  BundleHeader header_;
  std::vector<BundleRecord> records_;
};

} // namespace gemmsmith
