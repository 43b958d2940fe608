#include "runtime/emulator/findings.h"

#include <algorithm>
#include <tuple>

namespace gemmsmith::emulator {

void Findings::add(std::uint64_t position, Finding finding) {
  std::lock_guard lock(mutex_);
  auto [it, is_new] = first_.try_emplace({finding.check, finding.offset}, position, finding);
  if (is_new)
    return;
  auto &[first_position, first] = it->second;
  std::uint64_t occurrences = first.occurrences + 1;
  if (position < first_position) {
    first_position = position;
    first = std::move(finding);
  }
  first.occurrences = occurrences;
}

std::vector<Finding> Findings::take() {
  std::vector<std::pair<std::uint64_t, Finding>> sorted;
  for (auto &[key, value] : first_)
    sorted.push_back(std::move(value));
  first_.clear();
  std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    return std::tuple(a.first, a.second.wave, a.second.offset, a.second.check) <
           std::tuple(b.first, b.second.wave, b.second.offset, b.second.check);
  });
  std::vector<Finding> result;
  for (auto &[position, finding] : sorted)
    result.push_back(std::move(finding));
  return result;
}

} // namespace gemmsmith::emulator
