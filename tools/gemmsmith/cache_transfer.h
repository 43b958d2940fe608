// Between the store and bundles: `gemmsmith cache export|import`. Exit codes.
#pragma once

#include <string>
#include <vector>

namespace gemmsmith {

struct ExportCacheOptions {
  std::string bundle;
  std::vector<std::string> kernels; // none: all
  std::string compiler;             // entries of this compiler only; empty: of any
  std::string private_key;          // to sign with; empty: not signed
  bool json = false;
};

int exportCache(const ExportCacheOptions &options);

struct ImportCacheOptions {
  std::vector<std::string> bundles;
  std::string public_key; // that they must be signed for; empty: any or none
  bool json = false;
};

int importCache(const ImportCacheOptions &options);

} // namespace gemmsmith
