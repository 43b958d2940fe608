// Whether the remote stores that GEMMSMITH_REMOTE names can be used, for `gemmsmith cache stat`
// and `gemmsmith doctor`.
#pragma once

#include "cache/store_options.h"
#include "configs/error.h"
#include "tools/gemmsmith/launch_json.h"

#include <string>
#include <vector>

namespace gemmsmith {

struct RemoteState {
  std::string address; // without user and password
  bool write = false;  // whether this store puts anything there
  Expected<void> answer;
};

// Asks each of them, one after the other.
std::vector<RemoteState> askRemotes(const StoreOptions &options);

// {"address", "write", "answers", "why"}: the last one only of those that do not answer.
OrderedJson remoteJson(const RemoteState &state);

// "https://cache.example/gemmsmith, read and write: answers"
std::string remoteText(const RemoteState &state);

} // namespace gemmsmith
