// What `gemmsmith doctor` says of the store: whether its directory and its bundles can be used, and
// why not.
//
// Promises: looks only; nothing is created, touched or moved. Does not: read the entries
// (`gemmsmith cache verify` does).
#pragma once

#include "cache/store_options.h"
#include "configs/error.h"
#include "tools/gemmsmith/launch_json.h"
#include "tools/gemmsmith/remote_state.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gemmsmith {

struct BundleDiagnosis {
  std::string path;
  std::string problem; // why it is not used; empty if it is
  std::size_t entries = 0;
  std::uint64_t bytes = 0;
  bool is_signed = false;
};

struct StoreDiagnosis {
  StoreOptions options; // as far as the environment could be understood
  std::string problem;  // why the directory is not used; empty if it is, or if the store is off
  bool exists = false;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0; // of the entries
  std::vector<BundleDiagnosis> bundles;
  std::vector<RemoteState> remotes;
};

StoreDiagnosis diagnoseStore();

void printStore(const StoreDiagnosis &diagnosis);

// {"mode", "directory", "usable", "reason", "exists", "entries", "bytes", "limit_bytes", "bundles":
//  [{"path", "usable", "reason", "entries", "bytes", "signed"}], "remotes": [remoteJson()]}
OrderedJson storeJson(const StoreDiagnosis &diagnosis);

} // namespace gemmsmith
