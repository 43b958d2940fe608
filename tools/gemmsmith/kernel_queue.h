// Which kernel a build compiles next, in accord with others that fill the same store.
//
// Promises: what next() returns is this build's to compile: nobody else has its lock, or there are
// no locks, or others have had the locks of all that is left for longer than `patience` without
// finishing one of them. A kernel that others have comes back later, when they have let go of it.
// The lock of a kernel goes with its finish(). So builds never wait for each other without end, and
// none holds a lock that it does not need: it has no more of them than the caller has kernels
// unfinished. Does not: look into the store; who gets a kernel that others may have made does that
// first. Not thread-safe.
#pragma once

#include "cache/key_lock.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

class KernelQueue {
public:
  using Lock = std::function<tl::expected<KeyLock, KeyLock::Refusal>(const std::string &kernel)>;

  // Longer than a worker may take for a kernel, so that only a holder that hangs is given up.
  static constexpr std::chrono::milliseconds kPatience{150'000};

  KernelQueue(std::vector<std::string> kernels, Lock lock,
              std::chrono::milliseconds patience = kPatience);

  // Nothing when others have all that is left, or none is left.
  std::optional<std::string> next();
  void finish(const std::string &kernel);

private:
  using Clock = std::chrono::steady_clock;

  std::string take(std::size_t index);

  std::deque<std::string> kernels_;
  Lock lock_;
  std::chrono::milliseconds patience_;
  std::map<std::string, std::optional<KeyLock>> taken_;
  std::optional<Clock::time_point> refused_since_; // all that is left, without a change since then
  bool given_up_ = false;                          // on those who have what is left
};

} // namespace gemmsmith
