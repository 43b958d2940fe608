// The commands that look at the store: `gemmsmith cache ls|show|stat|verify`. Exit codes.
#pragma once

#include <string>
#include <vector>

namespace gemmsmith {

int listCache(bool json);

struct ShowCacheOptions {
  std::string which; // the start of a hash, or a kernel's name
  std::string output;
  bool json = false;
};

int showCache(const ShowCacheOptions &options);

int statCache(bool json);

struct VerifyCacheOptions {
  std::vector<std::string> bundles; // none: the store
  std::string public_key;           // that the bundles must be signed for; empty: any or none
  bool json = false;
};

// kExitFailed when an entry is damaged or is not what its key says.
int verifyCache(const VerifyCacheOptions &options);

} // namespace gemmsmith
