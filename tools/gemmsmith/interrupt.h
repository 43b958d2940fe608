// Ctrl-C and termination as a question that long work asks between two steps.
//
// Promises: while an Interrupt lives, the first SIGINT or SIGTERM only sets a flag, so that the
// work can end with nothing half-written; the second one ends the process at once. The previous
// handlers are back when it goes. At most one at a time.
#pragma once

#include <csignal>

namespace gemmsmith {

class Interrupt {
public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt &) = delete;
  Interrupt &operator=(const Interrupt &) = delete;

  // The signal that came; 0 = none.
  int signal() const;
  bool requested() const { return signal() != 0; }
  // 128 + signal, as shells number it.
  int exitCode() const { return 128 + signal(); }

private:
  struct sigaction previous_int_;
  struct sigaction previous_term_;
};

} // namespace gemmsmith
