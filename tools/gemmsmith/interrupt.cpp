#include "tools/gemmsmith/interrupt.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace gemmsmith {

namespace {

// The handler runs on whichever thread the signal finds.
std::atomic<int> received = 0;
std::atomic<int> event = -1;
static_assert(std::atomic<int>::is_always_lock_free); // else not async-signal-safe

void remember(int signal) {
  const int code = errno;
  received = signal; // first: who finds the descriptor readable asks which signal it was
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event, &one, sizeof one);
  errno = code;
}

} // namespace

Interrupt::Interrupt() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  received = 0;
  event = event_.get();
  struct sigaction action = {};
  action.sa_handler = remember;
  ::sigemptyset(&action.sa_mask);
  // The default action comes back with the first signal: a second one is an impatient user.
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  ::sigaction(SIGINT, &action, &previous_int_);
  ::sigaction(SIGTERM, &action, &previous_term_);
}

Interrupt::~Interrupt() {
  ::sigaction(SIGINT, &previous_int_, nullptr);
  ::sigaction(SIGTERM, &previous_term_, nullptr);
  event = -1;
}

int Interrupt::signal() const {
  return received;
}

} // namespace gemmsmith
