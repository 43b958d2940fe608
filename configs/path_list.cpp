#include "configs/path_list.h"

#include <algorithm>
#include <cstddef>

namespace gemmsmith {

std::vector<std::string> splitPaths(std::string_view paths) {
  std::vector<std::string> parts;
  while (!paths.empty()) {
    const std::size_t end = std::min(paths.find(':'), paths.size());
    if (end > 0)
      parts.emplace_back(paths.substr(0, end));
    paths.remove_prefix(std::min(end + 1, paths.size()));
  }
  return parts;
}

} // namespace gemmsmith
