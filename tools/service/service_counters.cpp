#include "tools/service/service_counters.h"

#include <algorithm>
#include <string_view>

namespace gemmsmith {

std::string_view toString(RequestResult result) {
  switch (result) {
  case RequestResult::kEntry:
    return "entry";
  case RequestResult::kError:
    return "error";
  case RequestResult::kBusy:
    return "busy";
  case RequestResult::kStatus:
    return "status";
  case RequestResult::kMalformed:
    return "malformed";
  }
  return "unknown";
}

void CompileTimes::add(double seconds) {
  const auto bound = std::ranges::lower_bound(kBounds, seconds);
  ++counts_[static_cast<std::size_t>(bound - kBounds.begin())];
  sum_.fetch_add(seconds);
}

std::uint64_t CompileTimes::countUpTo(std::size_t i) const {
  std::uint64_t count = 0;
  for (std::size_t j = 0; j <= i; ++j)
    count += counts_[j];
  return count;
}

} // namespace gemmsmith
