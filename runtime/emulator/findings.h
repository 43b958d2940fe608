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

  // All of them up to the workgroup at `last`, in order of workgroups, then waves, then
  // instructions.
  std::vector<Finding> take(std::uint64_t last = ~std::uint64_t{0});

private:
  std::mutex mutex_;
  struct Group {
    std::uint64_t position = 0;
    Finding first;
    std::map<std::uint64_t, std::uint64_t> occurrences; // by position
  };
  std::map<std::pair<Check, std::int64_t>, Group> groups_;
};

} // namespace gemmsmith::emulator
