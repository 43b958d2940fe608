// The workspaces of split-K launches: one per device and stream.
//
// Promises: launches that may overlap get different workspaces, as far as the stream tells. Work of
// one stream is in order, so a stream's launches share one. Threads that name hipStreamPerThread
// mean different streams and get different workspaces. Memory that has been given out stays
// allocated, also when a stream needs a larger workspace: launches in flight and captured graphs go
// on using the old one. Each is at least twice as large as the one before, so all of a stream's
// together are less than twice the last.
// Does not: know when a stream is destroyed; see release().
#pragma once

#include "runtime/hip/library.h"
#include "runtime/read_mostly_map.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace gemmsmith::runtime {

struct StreamKey {
  std::uint64_t device;
  std::uint64_t stream;
  std::uint64_t thread; // of hipStreamPerThread, else 0

  bool operator==(const StreamKey &) const = default;
};

// The key of `stream` as the calling thread means it.
StreamKey streamKey(int device, hipStream_t stream) noexcept;

std::uint64_t hash(const StreamKey &key) noexcept;

class Workspaces {
public:
  // The stream's workspace, or null if it has none of `bytes`. Wait-free.
  void *find(const StreamKey &key, std::size_t bytes) const noexcept {
    const Workspace *workspace = current_.find(key);
    return workspace && workspace->bytes >= bytes ? workspace->memory : nullptr;
  }

  // The same, allocated if there is none; its first kWorkspaceZeroBytes are zero when this returns.
  // The key's device must be the current one. Not for a stream that is capturing.
  Expected<void *> ensure(const HipLibrary &hip, const StreamKey &key, std::size_t bytes);

  // Frees the stream's workspaces. Nobody may use them any more.
  void release(const HipLibrary &hip, const StreamKey &key);
  void releaseAll(const HipLibrary &hip);

  std::size_t bytesHeld() const;

private:
  struct Workspace {
    StreamKey key;
    void *memory;
    std::size_t bytes;
    bool freed = false; // the rest does not change: a lookup may still read it
  };
  static Expected<void *> allocate(const HipLibrary &hip, std::size_t bytes);
  static void free(const HipLibrary &hip, Workspace &workspace);

  mutable std::mutex mutex_; // of everything but lookups
  ReadMostlyMap<StreamKey, Workspace> current_;
  std::deque<Workspace> all_;
};

} // namespace gemmsmith::runtime
