// Writing to a connection that the other side has closed: an error, not the end of the process. For
// the inside of modules, which must leave the application's handling of signals as it is.
#pragma once

#include <csignal>
#include <ctime>

namespace gemmsmith {

// While it lives, SIGPIPE does not reach this thread. hiredis and OpenSSL write without
// MSG_NOSIGNAL.
class BrokenPipeIsAnError {
public:
  BrokenPipeIsAnError() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~BrokenPipeIsAnError() {
    // One that was pending before is the application's.
    const timespec at_once{};
    if (!was_pending_)
      while (sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BrokenPipeIsAnError(const BrokenPipeIsAnError &) = delete;
  BrokenPipeIsAnError &operator=(const BrokenPipeIsAnError &) = delete;

private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

} // namespace gemmsmith
