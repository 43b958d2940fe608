#include "runtime/emulator/coherence.h"

namespace gemmsmith::emulator {
namespace {

// Two threads may raise the same time in either order.
void raise(std::atomic<u32> &time, u32 to) {
  u32 now = time.load();
  while (now < to && !time.compare_exchange_weak(now, to)) {
  }
}

} // namespace

bool Coherence::beginLaunch() {
  bool wraps = time() > kMaxTime / 2;
  if (wraps)
    time_.store(1);
  u32 now = advance();
  launch_.store(now, std::memory_order_relaxed);
  for (auto &time : released_)
    time.store(now);
  for (auto &time : acquired_)
    time.store(now);
  for (auto &row : seen_)
    for (auto &time : row)
      time.store(now);
  return wraps;
}

u32 Coherence::advance() {
  u32 now = time_.load();
  while (now < kMaxTime && !time_.compare_exchange_weak(now, now + 1)) {
  }
  return now < kMaxTime ? now + 1 : kMaxTime;
}

void Coherence::release(int xcd) {
  raise(released_[static_cast<std::size_t>(xcd)], advance());
}

void Coherence::acquire(int xcd) {
  auto reader = static_cast<std::size_t>(xcd);
  for (std::size_t w = 0; w < kXcds; ++w)
    raise(seen_[reader][w], released_[w].load());
  raise(acquired_[reader], advance());
}

Staleness Coherence::judge(Stamp stamp, int reader, bool past_l2) const {
  int writer = xcdOf(stamp.workgroup());
  if (stamp.time() < launchTime() || writer == reader || time() == kMaxTime)
    return Staleness::kFresh;
  auto r = static_cast<std::size_t>(reader), w = static_cast<std::size_t>(writer);
  if (!stamp.pastL2() && stamp.time() >= released_[w].load())
    return Staleness::kNotReleased;
  if (past_l2)
    return Staleness::kFresh;
  u32 until = stamp.pastL2() ? acquired_[r].load() : seen_[r][w].load();
  return stamp.time() < until ? Staleness::kFresh : Staleness::kNotAcquired;
}

} // namespace gemmsmith::emulator
