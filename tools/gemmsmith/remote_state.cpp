#include "tools/gemmsmith/remote_state.h"

#include "cache/remote/remote_store.h"

#include <fmt/format.h>

namespace gemmsmith {

std::vector<RemoteState> askRemotes(const StoreOptions &options) {
  std::vector<RemoteState> states;
  states.reserve(options.remotes.size());
  for (const RemoteOptions &remote : options.remotes)
    states.push_back({.address = remote.url.address,
                      .write = remote.write && options.mode == StoreMode::kReadWrite,
                      .answer = RemoteStore::open(remote).and_then(
                          [](RemoteStore store) { return store.probe(); })});
  return states;
}

OrderedJson remoteJson(const RemoteState &state) {
  OrderedJson json = {
      {"address", state.address}, {"write", state.write}, {"answers", state.answer.has_value()}};
  if (!state.answer)
    json["why"] = state.answer.error().str();
  return json;
}

std::string remoteText(const RemoteState &state) {
  return fmt::format("{}, {}: {}", state.address, state.write ? "read and write" : "only read",
                     state.answer ? "answers" : "does not answer: " + state.answer.error().str());
}

} // namespace gemmsmith
