// Finds out that a wave waits in a loop for others: it is in exactly the state that it was in
// before, and has stored nothing in between, so it will go round until somebody else changes
// memory.
#pragma once

#include "runtime/emulator/integers.h"

#include <array>
#include <cstddef>
#include <vector>

namespace gemmsmith::emulator {

class Wave;

class SpinDetector {
public:
  void reset();

  // To be called when the wave has branched backwards; `stores` counts what its workgroup has
  // stored. True if the wave spins. Cheap as long as the wave stores something now and then.
  bool loops(const Wave &wave, u64 stores);

private:
  struct Snapshot {
    std::size_t pc = 0;
    u64 exec = 0;
    u32 scc = 0, mode = 0;
    std::array<u32, 128> sgpr{};
    std::vector<u32> vgpr; // the allocated ones
    std::vector<std::byte> scratch;
  };

  bool equals(const Wave &wave) const;
  void take(const Wave &wave);

  // Brent's algorithm: the snapshot is renewed at growing intervals, so that a cycle of any length
  // is found after a few times its length.
  Snapshot snapshot_;
  u64 stores_ = ~u64{0};
  u64 quiet_since_ = 0; // instructions executed when the last store was seen
  u64 interval_ = 0, steps_ = 0;
};

} // namespace gemmsmith::emulator
