// Connections that are open and that nobody uses at the moment. For the inside of modules.
//
// Promises: a connection is used by one thread at a time, and never by a forked child beside its
// parent: two processes that talk over one connection get each other's answers. Thread-safe.
// Does not: serve a child that was forked while another thread was in here; the lock stays held.
#pragma once

#include <memory>
#include <mutex>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gemmsmith {

template <typename Connection> class ConnectionPool {
public:
  ~ConnectionPool() { forgetOfOtherProcess(); }

  // Null when none is idle.
  std::unique_ptr<Connection> take() {
    const std::lock_guard lock(mutex_);
    forgetOfOtherProcess();
    if (idle_.empty())
      return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  // Gives back one that can be used again.
  void giveBack(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    forgetOfOtherProcess();
    idle_.push_back(std::move(connection));
  }

private:
  // Left open, not closed: the end of a TLS connection would be told to the server, and the parent
  // would find it ended.
  void forgetOfOtherProcess() {
    if (owner_ == ::getpid())
      return;
    for (auto &connection : idle_)
      (void)connection.release(); // NOLINT(bugprone-unused-return-value)
    idle_.clear();
    owner_ = ::getpid();
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  pid_t owner_ = ::getpid();
};

} // namespace gemmsmith
