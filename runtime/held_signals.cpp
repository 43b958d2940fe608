#include "runtime/held_signals.h"

#include <ctime>
#include <initializer_list>
#include <pthread.h>

namespace gemmsmith::runtime {

HeldSignals::HeldSignals() noexcept {
  sigset_t pending;
  ::sigpending(&pending);
  ::sigemptyset(&ours_);
  for (const int signal : {SIGPIPE, SIGXFSZ})
    if (!::sigismember(&pending, signal))
      ::sigaddset(&ours_, signal);
  ::pthread_sigmask(SIG_BLOCK, &ours_, &previous_);
}

HeldSignals::~HeldSignals() {
  // Both are sent to the thread that wrote, so what is pending now is of our writes.
  const timespec at_once{};
  while (::sigtimedwait(&ours_, nullptr, &at_once) > 0)
    ;
  ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

AllSignalsBlocked::AllSignalsBlocked() noexcept {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &previous_);
}

AllSignalsBlocked::~AllSignalsBlocked() {
  ::pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

} // namespace gemmsmith::runtime
