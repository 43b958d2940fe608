// Bytes as disks, people and attackers change them.
#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace gemmsmith {

// One to four of: a byte overwritten, inserted or removed, a part repeated, the end cut off.
inline std::string damaged(std::string bytes, std::mt19937 &random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (std::size_t i = 1 + below(4); i > 0; --i) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
    case 0:
      if (!bytes.empty())
        bytes[at] = static_cast<char>(random());
      break;
    case 1:
      bytes.insert(at, 1, static_cast<char>(random()));
      break;
    case 2:
      bytes.erase(at, 1 + below(8));
      break;
    case 3:
      bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
      break;
    case 4:
      bytes.resize(at);
      break;
    }
  }
  return bytes;
}

} // namespace gemmsmith
