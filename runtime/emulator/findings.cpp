#include "runtime/emulator/findings.h"

#include <algorithm>
#include <tuple>

namespace gemmsmith::emulator {

void Findings::add(std::uint64_t position, Finding finding) {
  std::lock_guard lock(mutex_);
  auto [it, is_new] = groups_.try_emplace({finding.check, finding.offset});
  Group &group = it->second;
  ++group.occurrences[position];
  if (is_new || position < group.position) {
    group.position = position;
    group.first = std::move(finding);
  }
}

std::vector<Finding> Findings::take(std::uint64_t last) {
  std::vector<Group> sorted;
  for (auto &[key, group] : groups_)
    if (group.position <= last)
      sorted.push_back(std::move(group));
  groups_.clear();
  std::sort(sorted.begin(), sorted.end(), [](const Group &a, const Group &b) {
    return std::tuple(a.position, a.first.wave, a.first.offset, a.first.check) <
           std::tuple(b.position, b.first.wave, b.first.offset, b.first.check);
  });
  std::vector<Finding> result;
  for (Group &group : sorted) {
    group.first.occurrences = 0;
    for (auto [position, count] : group.occurrences)
      group.first.occurrences += position <= last ? count : 0;
    result.push_back(std::move(group.first));
  }
  return result;
}

} // namespace gemmsmith::emulator
