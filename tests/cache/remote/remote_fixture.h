// A store with remote stores.
#pragma once

#include "cache/store.h"
#include "tests/cache/store_directory.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <mutex>
#include <netinet/in.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace gemmsmith {

class RemoteFixture : public StoreDirectory {
protected:
  // `remotes` as in GEMMSMITH_REMOTE.
  Store open(const std::string &remotes, StoreMode mode = StoreMode::kReadOnly,
             const std::string &directory = {}) {
    auto parsed = parseRemotes(remotes);
    EXPECT_TRUE(parsed) << parsed.error().str();
    return Store({.mode = mode,
                  .directory = directory.empty() ? store_.string() : directory,
                  .limit_bytes = 0,
                  .bundles = {},
                  .remotes = parsed.value_or(std::vector<RemoteOptions>())},
                 [this](const std::string &warning) {
                   const std::lock_guard lock(mutex_);
                   warnings_.push_back(warning);
                 });
  }

  // Where an entry came from; empty when there is none.
  static std::string originOf(Store &store, const CacheKey &key = sampleKey()) {
    const auto hit = store.get(key);
    return hit && *hit ? (*hit)->origin : "";
  }
  // Whether the store has the sample entry, and from a remote store.
  static bool remoteHas(Store &store, const Entry &entry = sampleEntry()) {
    const auto hit = store.get(entry.key);
    return hit && *hit && (*hit)->tier == StoreTier::kRemote &&
           (*hit)->entry.code_object == entry.code_object &&
           (*hit)->entry.manifest == entry.manifest;
  }
  static void get(Store &store, int times, const CacheKey &key = sampleKey()) {
    for (int i = 0; i < times; ++i)
      EXPECT_FALSE(store.get(key)->has_value());
  }

  std::mutex mutex_;
  std::vector<std::string> warnings_;
};

// FD_CLOEXEC or 0 of each connection of this process to a port of this machine.
inline std::vector<int> descriptorFlags(int port) {
  constexpr int kMaxDescriptors = 1024;
  std::vector<int> flags;
  for (int fd = 0; fd < kMaxDescriptors; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
      flags.push_back(::fcntl(fd, F_GETFD));
  }
  return flags;
}

inline std::span<const std::byte> bytesOfText(std::string_view text) {
  return std::as_bytes(std::span(text));
}

} // namespace gemmsmith
