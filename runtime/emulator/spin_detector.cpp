#include "runtime/emulator/spin_detector.h"

#include "runtime/emulator/wave.h"

#include <cstring>

namespace gemmsmith::emulator {
namespace {

// Loops that only compute or load for longer than this get looked at.
constexpr u64 kQuietInstructions = 16384;

template <typename Body> void forAllocatedVgprs(const Wave &wave, Body &&body) {
  for (std::size_t r = 0; r < kVgprs; ++r)
    if (wave.allowed[r])
      body(wave.vgpr[r]);
}

} // namespace

void SpinDetector::reset() {
  stores_ = ~u64{0};
  quiet_since_ = 0;
  interval_ = 0;
}

bool SpinDetector::loops(const Wave &wave, u64 stores) {
  if (stores != stores_) {
    stores_ = stores;
    quiet_since_ = wave.executed;
    interval_ = 0;
    return false;
  }
  if (wave.executed - quiet_since_ < kQuietInstructions)
    return false;
  if (interval_ != 0 && equals(wave)) {
    interval_ = 0; // when it runs again, everything may be different
    return true;
  }
  if (++steps_ > interval_) {
    interval_ = interval_ ? interval_ * 2 : 1;
    steps_ = 0;
    take(wave);
  }
  return false;
}

bool SpinDetector::equals(const Wave &wave) const {
  const Snapshot &s = snapshot_;
  if (s.pc != wave.pc || s.exec != wave.exec || s.scc != wave.scc || s.mode != wave.mode ||
      s.sgpr != wave.sgpr || s.scratch.size() != wave.scratch.size())
    return false;
  const u32 *at = s.vgpr.data();
  bool same = true;
  forAllocatedVgprs(wave, [&](const auto &lanes) {
    same = same && std::memcmp(at, lanes.data(), sizeof lanes) == 0;
    at += kLanes;
  });
  return same && s.scratch == wave.scratch;
}

void SpinDetector::take(const Wave &wave) {
  Snapshot &s = snapshot_;
  s.pc = wave.pc;
  s.exec = wave.exec;
  s.scc = wave.scc;
  s.mode = wave.mode;
  s.sgpr = wave.sgpr;
  s.vgpr.clear();
  forAllocatedVgprs(
      wave, [&](const auto &lanes) { s.vgpr.insert(s.vgpr.end(), lanes.begin(), lanes.end()); });
  s.scratch = wave.scratch;
}

} // namespace gemmsmith::emulator
