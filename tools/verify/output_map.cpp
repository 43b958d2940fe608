#include "tools/verify/output_map.h"

#include <algorithm>

namespace gemmsmith::verify {
namespace {

struct Scanner {
  const emulator::Device &device;
  const Problem &problem;
  emulator::DevicePointer c;

  std::uint64_t elementBytes() const {
    return static_cast<std::uint64_t>(sizeInBytes(problem.out_type));
  }

  // Unwritten bytes of C from element [row, column] on.
  Expected<std::uint64_t> unwritten(std::int64_t row, std::int64_t column,
                                    std::int64_t elements) const {
    const auto offset = static_cast<std::uint64_t>(row * rowStrideC(problem) + column);
    return device.unwrittenBytes(c + offset * elementBytes(),
                                 static_cast<std::uint64_t>(elements) * elementBytes());
  }

  // Elements of the region that are not written whole, and the region's written bytes.
  struct Count {
    std::uint64_t unwritten_elements = 0;
    std::uint64_t written_bytes = 0;
  };
  Expected<Count> count(const Region &region) const {
    Count total;
    const std::uint64_t row_bytes = static_cast<std::uint64_t>(region.columns) * elementBytes();
    for (std::int64_t row = region.row; row < region.row + region.rows; ++row) {
      const Expected<std::uint64_t> bytes = unwritten(row, region.column, region.columns);
      if (!bytes)
        return tl::unexpected<Error>(bytes.error());
      total.written_bytes += row_bytes - *bytes;
      if (*bytes % elementBytes() == 0 && (*bytes == 0 || *bytes == row_bytes)) {
        total.unwritten_elements += *bytes / elementBytes();
        continue;
      }
      for (std::int64_t i = 0; i < region.columns; ++i)
        total.unwritten_elements += *unwritten(row, region.column + i, 1) != 0;
    }
    return total;
  }
};

} // namespace

std::uint64_t outputBytes(const Problem &problem) {
  return static_cast<std::uint64_t>((problem.m - 1) * rowStrideC(problem) + problem.n) *
         static_cast<std::uint64_t>(sizeInBytes(problem.out_type));
}

Expected<OutputMap> mapOutput(const emulator::Device &device, const Launch &launch,
                              emulator::DevicePointer c, bool all_tiles) {
  const Problem &problem = launch.problem;
  const Scanner scanner{device, problem, c};
  OutputMap map;
  std::uint64_t inside = 0; // written bytes in the regions

  const auto take = [&](const Region &region, std::int64_t tiles) -> Expected<void> {
    const Expected<Scanner::Count> count = scanner.count(region);
    if (!count)
      return tl::unexpected<Error>(count.error());
    if (!all_tiles && count->written_bytes == 0)
      return {};
    map.regions.push_back(region);
    map.tiles += tiles;
    map.unwritten += count->unwritten_elements;
    inside += count->written_bytes;
    return {};
  };

  if (all_tiles) {
    if (auto done = take({0, 0, problem.m, problem.n}, launch.grid.x); !done)
      return tl::unexpected<Error>(done.error());
  } else {
    const TileShape &tile = launch.config.tile;
    for (std::int64_t row = 0; row < problem.m; row += tile.m) {
      const std::int64_t rows = std::min<std::int64_t>(tile.m, problem.m - row);
      const std::int64_t stripe = (rows - 1) * rowStrideC(problem) + problem.n;
      const Expected<std::uint64_t> untouched = scanner.unwritten(row, 0, stripe);
      if (!untouched)
        return tl::unexpected<Error>(untouched.error());
      if (*untouched == static_cast<std::uint64_t>(stripe) * scanner.elementBytes())
        continue;
      for (std::int64_t column = 0; column < problem.n; column += tile.n) {
        const std::int64_t columns = std::min<std::int64_t>(tile.n, problem.n - column);
        if (auto done = take({row, column, rows, columns}, 1); !done)
          return tl::unexpected<Error>(done.error());
      }
    }
  }

  const std::uint64_t total = outputBytes(problem);
  const Expected<std::uint64_t> untouched = device.unwrittenBytes(c, total);
  if (!untouched)
    return tl::unexpected<Error>(untouched.error());
  map.stray_bytes = total - *untouched - inside;
  return map;
}

} // namespace gemmsmith::verify
