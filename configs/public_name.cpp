#include "configs/public_name.h"

#include "configs/launch.h"

#include <algorithm>
#include <fmt/format.h>

namespace gemmsmith {

Expected<int> splitCount(int column) {
  if (column < 0 || column > kMaxSplits)
    return makeError(ErrorKind::kInput,
                     fmt::format("{} splits: 0 to {} are possible", column, kMaxSplits));
  return std::max(column, 1);
}

} // namespace gemmsmith
