// Ctrl-C and termination as a question that long work asks between two steps, and as a descriptor
// for who waits meanwhile.
//
// Promises: while an Interrupt lives, the first SIGINT or SIGTERM only sets a flag and makes the
// descriptor readable, so that the work can end with nothing half-written; a second one of its kind
// ends the process at once. The previous handlers are back when it goes. At most one at a time.
#pragma once

#include "configs/file_descriptor.h"

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
  // Of work that may have failed because a signal came.
  int exitCodeOr(int exit_code) const { return requested() ? exitCode() : exit_code; }
  // For poll(): readable from the signal on. As long as this object lives.
  int fd() const { return event_.get(); }

private:
  FileDescriptor event_;
  struct sigaction previous_int_;
  struct sigaction previous_term_;
};

} // namespace gemmsmith
