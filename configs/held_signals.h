// Signals kept from the application while a thread of it, or one of ours, does our work.
#pragma once

#include <csignal>
#include <ctime>
#include <initializer_list>
#include <pthread.h>

namespace gemmsmith {

// Signals that writing raises in the thread that writes.
//
// Promises: while it lives, a write of this thread to a pipe or socket that nobody reads (SIGPIPE;
// hiredis and OpenSSL write without MSG_NOSIGNAL) and one beyond the file-size limit (SIGXFSZ) fail
// with an error and nothing else; by default either would end the process. Signals that were on
// their way before stay so, and the thread's mask is as it was afterwards.
class WriteSignalsHeld {
public:
  WriteSignalsHeld() noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    ::sigemptyset(&ours_);
    for (const int signal : {SIGPIPE, SIGXFSZ})
      if (!::sigismember(&pending, signal))
        ::sigaddset(&ours_, signal);
    ::pthread_sigmask(SIG_BLOCK, &ours_, &previous_);
  }
  ~WriteSignalsHeld() {
    // Both are sent to the thread that wrote, so what is pending now is of our writes.
    const timespec at_once{};
    while (::sigtimedwait(&ours_, nullptr, &at_once) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }
  WriteSignalsHeld(const WriteSignalsHeld &) = delete;
  WriteSignalsHeld &operator=(const WriteSignalsHeld &) = delete;

private:
  sigset_t previous_;
  sigset_t ours_; // those that were not on their way when we began
};

// All signals that others send, for the time in which a thread of ours is started: it inherits
// that, and the application's handlers run on the application's own threads. Those that a thread
// raises by what it does are left, for crash handlers.
class AllSignalsBlocked {
public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP})
      ::sigdelset(&all, signal);
    ::pthread_sigmask(SIG_BLOCK, &all, &previous_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked &) = delete;
  AllSignalsBlocked &operator=(const AllSignalsBlocked &) = delete;

private:
  sigset_t previous_;
};

} // namespace gemmsmith
