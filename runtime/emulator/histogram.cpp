#include "runtime/emulator/histogram.h"

#include "runtime/emulator/instruction.h"

#include <algorithm>

namespace gemmsmith::emulator {

void Histogram::before(const Wave &, const Instruction &instruction) {
  ++counts_[instruction.mnemonic];
}

std::vector<std::pair<std::string_view, std::uint64_t>> Histogram::counts() const {
  std::vector<std::pair<std::string_view, std::uint64_t>> result(counts_.begin(), counts_.end());
  std::sort(result.begin(), result.end(), [](const auto &a, const auto &b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return result;
}

} // namespace gemmsmith::emulator
