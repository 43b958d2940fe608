// The findings of a launch, collected from all host threads.
#pragma once

#include "runtime/emulator/checks.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace gemmsmith::emulator {

class Findings {
public:
  // `position` is the workgroup's place in the launch. Of the findings of one check at one
  // instruction the first by position is kept, and the others are counted. Thread-safe.
  void add(std::uint64_t position, Finding finding);

  // All of them, in order of workgroups, then waves, then instructions.
  std::vector<Finding> take();

private:
  std::mutex mutex_;
  std::map<std::pair<Check, std::int64_t>, std::pair<std::uint64_t, Finding>> first_;
};

} // namespace gemmsmith::emulator
