// Between the store and bundles: `gemmsmith cache export|import`. Exit codes.
#pragma once

#include <string>
#include <vector>

namespace gemmsmith {

struct ExportCacheOptions {
  std::string bundle;
  std::vector<std::string> kernels; // none: all
  std::string compiler;             // entries of this compiler only; empty: of any
  bool json = false;
};

int exportCache(const ExportCacheOptions &options);

struct ImportCacheOptions {
  std::vector<std::string> bundles;
  bool json = false;
};

int importCache(const ImportCacheOptions &options);

} // namespace gemmsmith
