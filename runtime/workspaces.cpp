#include "runtime/workspaces.h"

#include "runtime/hip/scopes.h"
#include "runtime/workspace_layout.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <xxhash.h>

namespace gemmsmith::runtime {

namespace {

// Thread IDs of the system are used again; these are not.
std::uint64_t thisThread() noexcept {
  static std::atomic<std::uint64_t> last{0};
  thread_local const std::uint64_t id = ++last;
  return id;
}

// Work of our own that waits for nothing and that nothing waits for: a stream of the application
// may be busy, or capturing.
class SetupStream {
public:
  explicit SetupStream(const HipLibrary &hip) : hip_(hip) {}
  ~SetupStream() {
    if (stream_)
      (void)hip_->hipStreamDestroy(stream_);
  }
  SetupStream(const SetupStream &) = delete;
  SetupStream &operator=(const SetupStream &) = delete;

  Expected<void> zero(void *memory, std::size_t bytes) {
    return hip_
        .check(hip_->hipStreamCreateWithFlags(&stream_, hipStreamNonBlocking),
               "hipStreamCreateWithFlags")
        .and_then([&] {
          return hip_.check(hip_->hipMemsetAsync(memory, 0, bytes, stream_), "hipMemsetAsync");
        })
        .and_then([&] {
          return hip_.check(hip_->hipStreamSynchronize(stream_), "hipStreamSynchronize");
        });
  }

private:
  const HipLibrary &hip_;
  hipStream_t stream_ = nullptr;
};

} // namespace

StreamKey streamKey(int device, hipStream_t stream) noexcept {
  const bool per_thread = stream == hipStreamPerThread;
  if (stream == hipStreamLegacy)
    stream = nullptr;
  return {static_cast<std::uint64_t>(device), reinterpret_cast<std::uintptr_t>(stream),
          per_thread ? thisThread() : 0};
}

std::uint64_t hash(const StreamKey &key) noexcept {
  return XXH3_64bits(&key, sizeof key);
}

Expected<void *> Workspaces::allocate(const HipLibrary &hip, std::size_t bytes) {
  void *memory = nullptr;
  if (auto done = hip.check(hip->hipMalloc(&memory, bytes), "hipMalloc"); !done)
    return tl::unexpected(done.error());
  if (auto done = SetupStream(hip).zero(memory, kWorkspaceZeroBytes); !done) {
    (void)hip->hipFree(memory);
    return tl::unexpected(done.error());
  }
  return memory;
}

Expected<void *> Workspaces::ensure(const HipLibrary &hip, const StreamKey &key,
                                    std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (void *memory = find(key, bytes))
    return memory;
  if (const Workspace *smaller = current_.find(key))
    bytes = std::max(bytes, 2 * smaller->bytes);
  const Expected<void *> memory = allocate(hip, bytes);
  if (!memory)
    return memory;
  current_.put(key, &all_.emplace_back(Workspace{.key = key, .memory = *memory, .bytes = bytes}));
  return memory;
}

void Workspaces::free(const HipLibrary &hip, Workspace &workspace) {
  if (std::exchange(workspace.freed, true))
    return;
  const DeviceScope device(hip, static_cast<int>(workspace.key.device));
  (void)hip->hipFree(workspace.memory);
}

void Workspaces::release(const HipLibrary &hip, const StreamKey &key) {
  const std::lock_guard lock(mutex_);
  if (!current_.find(key))
    return;
  current_.put(key, nullptr);
  for (Workspace &workspace : all_)
    if (workspace.key == key)
      free(hip, workspace);
}

void Workspaces::releaseAll(const HipLibrary &hip) {
  const std::lock_guard lock(mutex_);
  for (Workspace &workspace : all_)
    free(hip, workspace);
}

std::size_t Workspaces::bytesHeld() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const Workspace &workspace : all_)
    bytes += workspace.freed ? 0 : workspace.bytes;
  return bytes;
}

} // namespace gemmsmith::runtime
