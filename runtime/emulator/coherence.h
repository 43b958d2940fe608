// What one XCD may see of another's stores.
//
// gfx950 has eight XCDs with an L2 each, and these are not coherent (CDNA4 white paper). A store
// stays in the L2 of its XCD until `buffer_wbl2 sc1` writes it back (and an s_waitcnt covers that),
// and an XCD may hold an old copy of anything until it drops it by `buffer_inv sc1`; loads and
// stores with sc1 go past the L2 (LLVM's guide, "Memory Model gfx942"). Atomics are performed where
// all XCDs see them.
//
// The emulated memory always holds the newest bytes. What is tracked is whether the reading XCD was
// bound to get them: each store leaves a stamp with the time, the workgroup and the instruction,
// and the time advances with every release and acquire. A load of another XCD's bytes is stale
// unless these were released after the store and, for a plain load, acquired after that release.
//
// A launch begins with everything released and acquired. Thread-safe: stamps are relaxed atomics,
// and a kernel whose workgroups race gets what the race gives.
#pragma once

#include "runtime/emulator/integers.h"

#include <array>
#include <atomic>
#include <optional>

namespace gemmsmith::emulator {

inline constexpr int kXcds = 8; // CDNA4 white paper

// Workgroups are dealt to the XCDs in turn.
constexpr int xcdOf(u64 workgroup) {
  return static_cast<int>(workgroup % kXcds);
}

// Who wrote a dword last, in 64 bits; zero: the host, or nobody.
class Stamp {
public:
  constexpr Stamp() = default;
  constexpr explicit Stamp(u64 bits) : bits_(bits) {}
  // `bytes` is a mask of the dword's bytes, `instruction` in dwords from the code's start.
  constexpr Stamp(u32 time, u64 workgroup, u32 instruction, u32 bytes, bool past_l2)
      : bits_(u64{time} << 38 | (instruction & 0x3ffff) << 20 | (workgroup & 0x7fff) << 5 |
              (bytes & 15) << 1 | u64{past_l2}) {}

  constexpr u64 bits() const { return bits_; }
  constexpr u32 time() const { return static_cast<u32>(bits_ >> 38); } // 26 bits
  constexpr u32 instruction() const { return static_cast<u32>(bits_ >> 20) & 0x3ffff; }
  constexpr u64 workgroup() const { return bits_ >> 5 & 0x7fff; } // the low 15 bits of its number
  constexpr u32 bytes() const { return static_cast<u32>(bits_ >> 1) & 15; }
  constexpr bool pastL2() const { return bits_ & 1; }

private:
  u64 bits_ = 0;
};

enum class Staleness : u8 { kFresh, kNotReleased, kNotAcquired };

class Coherence {
public:
  static constexpr u32 kMaxTime = (1u << 26) - 1;

  // Everything so far becomes visible everywhere. True if the time starts anew and all stamps must
  // be cleared.
  bool beginLaunch();
  u32 launchTime() const { return launch_.load(std::memory_order_relaxed); }

  u32 time() const { return time_.load(std::memory_order_relaxed); }
  void release(int xcd);
  void acquire(int xcd);

  // Whether XCD `reader` is bound to see the bytes behind the stamp; a read past the L2 needs no
  // acquire.
  Staleness judge(Stamp stamp, int reader, bool past_l2) const;

private:
  u32 advance();

  std::atomic<u32> time_{1};
  std::atomic<u32> launch_{1}; // the newest launch began here
  std::array<std::atomic<u32>, kXcds> released_{}, acquired_{};
  // seen_[r][w]: what XCD w stored before this time and released, r has acquired.
  std::array<std::array<std::atomic<u32>, kXcds>, kXcds> seen_{};
};

} // namespace gemmsmith::emulator
