// A remote store as the store uses it: asked for entries, and never in the way.
//
// Promises: what get() returns is whole and of this key; anything else that the remote has under it
// is told, and removed there where it may be written to. The module is loaded and the remote
// reached at the first need. Three failures in a row (not reached, too slow, refused, an error of
// the server; an absent entry is none) and it is dropped for the rest of the process; the same of
// what is put, and only putting is dropped then. Requests that fail at the same time count as one
// failure: one short outage meets all that are under way. That it is dropped is told once; single
// failures before it are not, as they cost a compile and are often over with the next request.
// Thread-safe; `warn` is called from any thread.
#pragma once

#include "cache/entry.h"
#include "cache/miss.h"
#include "cache/remote/remote_options.h"
#include "cache/remote/remote_store.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace gemmsmith {

enum class RemoteAccess : std::uint8_t {
  kAsOptionsSay,
  kReadOnly,
};

class GuardedRemote {
public:
  using Warn = std::function<void(const std::string &)>;

  static constexpr int kFailuresInARow = 3;

  GuardedRemote(RemoteOptions options, RemoteAccess access, Warn warn);

  // kAbsent, too, when it is dropped or fails.
  Found<Entry> get(const CacheKey &key);

  // An entry of this key, encoded.
  void put(const CacheKey &key, std::span<const std::byte> bytes);

  bool writable() const { return writable_; }
  const std::string &address() const { return options_.url.address; } // without user and password

private:
  // How often in a row something has failed.
  struct Strikes {
    std::atomic<std::uint64_t> counted = 0;
    std::atomic<int> in_a_row = 0;
    std::atomic<bool> out = false;

    // Before a request; what it gives goes to failed().
    std::uint64_t begin() const { return counted; }
    void succeeded() { in_a_row = 0; }
    // Whether this was the failure to say something about. Not counted where another one was since
    // the request began.
    bool failed(std::uint64_t begun) {
      return counted.compare_exchange_strong(begun, begun + 1) && ++in_a_row >= kFailuresInARow &&
             !out.exchange(true);
    }
  };

  RemoteStore *store(); // null when it is dropped
  void discard(RemoteStore &store, const RemoteKey &key);

  const RemoteOptions options_;
  const bool writable_;
  const Warn warn_;
  std::once_flag opened_;
  std::optional<RemoteStore> store_;
  Strikes reading_;
  Strikes writing_;
};

} // namespace gemmsmith
