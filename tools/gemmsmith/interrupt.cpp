#include "tools/gemmsmith/interrupt.h"

namespace gemmsmith {

namespace {

volatile std::sig_atomic_t received = 0;

void remember(int signal) {
  received = signal;
}

} // namespace

Interrupt::Interrupt() {
  received = 0;
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
}

int Interrupt::signal() const {
  return received;
}

} // namespace gemmsmith
