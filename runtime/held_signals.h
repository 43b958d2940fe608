// Signals that writing raises in the thread that writes, kept from the application.
//
// Promises: while a HeldSignals lives, a write of this thread to a pipe or socket that nobody reads
// (SIGPIPE) and one beyond the file-size limit (SIGXFSZ) fail with an error and nothing else; by
// default either would end the process. Signals that were on their way before stay so, and the
// thread's mask is as it was afterwards.
#pragma once

#include <csignal>

namespace gemmsmith::runtime {

class HeldSignals {
public:
  HeldSignals() noexcept;
  ~HeldSignals();
  HeldSignals(const HeldSignals &) = delete;
  HeldSignals &operator=(const HeldSignals &) = delete;

private:
  sigset_t previous_;
  sigset_t ours_; // not on their way when we began
};

// Blocks everything in a thread of ours, so that the application's handlers run on its own threads:
// to be called before the thread is started, in the one that starts it.
class AllSignalsBlocked {
public:
  AllSignalsBlocked() noexcept;
  ~AllSignalsBlocked();
  AllSignalsBlocked(const AllSignalsBlocked &) = delete;
  AllSignalsBlocked &operator=(const AllSignalsBlocked &) = delete;

private:
  sigset_t previous_;
};

} // namespace gemmsmith::runtime
