// Where the store is and what may be done with it, as the environment says:
//
//   GEMMSMITH_CACHE_DIR    its directory; else $XDG_CACHE_HOME/gemmsmith; else ~/.cache/gemmsmith
//   GEMMSMITH_CACHE        rw | ro | off | require; else rw
//   GEMMSMITH_CACHE_SIZE   bytes that it may hold, with K, M, G or T for powers of 1024; 0 = any
//                          number; else 1G
//   GEMMSMITH_BUNDLES      bundles to look into first, in this order, with ':' between them
//   GEMMSMITH_REMOTE       remote stores, as cache/remote/remote_options.h reads them
#pragma once

#include "cache/remote/remote_options.h"
#include "configs/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

enum class StoreMode : std::uint8_t {
  kReadWrite,
  kReadOnly, // what is compiled is not kept
  kOff,      // neither bundles nor the directory nor remote stores are looked at
  kRequire,  // only read, and what is not there is an error: nothing may be compiled
};

std::string_view toString(StoreMode mode);
std::optional<StoreMode> parseStoreMode(std::string_view text);

struct StoreOptions {
  StoreMode mode = StoreMode::kReadWrite;
  std::string directory;
  std::uint64_t limit_bytes = std::uint64_t{1} << 30; // 0 = none
  std::vector<std::string> bundles;
  std::vector<RemoteOptions> remotes = {};
};

// What an application says instead of the environment; null leaves it to that.
struct StoreOptionTexts {
  const char *mode = nullptr;
  const char *directory = nullptr;
  const char *limit = nullptr;
  const char *bundles = nullptr;
  const char *remotes = nullptr;
};

// kUsage, naming the variable, when one of them cannot be understood or no directory is known.
Expected<StoreOptions> readStoreOptions(const StoreOptionTexts &given);
inline Expected<StoreOptions> storeOptionsFromEnvironment() {
  return readStoreOptions({});
}

// "512", "64K", "10G". Nothing when it is not a number of bytes, or more than 64 bits.
std::optional<std::uint64_t> parseByteCount(std::string_view text);

} // namespace gemmsmith
