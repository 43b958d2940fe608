// The chosen swizzle against both published accounts of how ds_read_b128 is served.
#include "dialects/tile/tile.h"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace gemmsmith::tile {
namespace {

// Lanes that LDS serves together, and the bytes that its banks span.
struct Service {
  const char *name;
  std::vector<std::vector<int>> groups;
  std::int64_t bytes;
};

Service eightLanesOver128Bytes() {
  Service service{"8 lanes over 128 bytes", {}, 128};
  for (int first = 0; first < 64; first += 8) {
    service.groups.emplace_back();
    for (int lane = first; lane < first + 8; ++lane)
      service.groups.back().push_back(lane);
  }
  return service;
}

Service sixteenLanesOver64Banks() {
  const std::set<int> phase = {0, 1, 2, 3, 12, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26, 27};
  Service service{"16 lanes over 64 banks", {{}, {}, {}, {}}, 256};
  for (int lane = 0; lane < 64; ++lane)
    service.groups[lane / 32 * 2 + (phase.contains(lane % 32) ? 0 : 1)].push_back(lane);
  return service;
}

// How many different chunks of one group want the same 16 bytes of banks, at worst.
std::size_t worstConflict(std::int64_t columns, const Service &service) {
  mlir::MLIRContext context;
  context.loadDialect<TileDialect>();
  const XorSwizzleAttr swizzle = conflictFreeSwizzle(&context, columns);
  std::size_t worst = 0;
  for (std::int64_t step = 0; step < columns / kFragmentK; ++step)
    for (const std::vector<int> &group : service.groups) {
      std::map<std::int64_t, std::set<std::int64_t>> wanted;
      for (const int lane : group) {
        const std::int64_t row = lane % kFragmentRows;
        const std::int64_t chunk = step * 4 + lane / kFragmentRows;
        const std::int64_t key = (row >> swizzle.getShift()) & (swizzle.getWindow() - 1);
        const std::int64_t address = row * columns * 2 + (chunk ^ key) * kChunkBytes;
        wanted[address % service.bytes / kChunkBytes].insert(address);
      }
      for (const auto &[bank, addresses] : wanted)
        worst = std::max(worst, addresses.size());
    }
  return worst;
}

TEST(Swizzle, FragmentReadsHaveNoBankConflicts) {
  for (const Service &service : {eightLanesOver128Bytes(), sixteenLanesOver64Banks()})
    for (const std::int64_t columns : {32, 64, 96, 128, 160, 192, 256, 512})
      EXPECT_EQ(worstConflict(columns, service), 1U) << columns << " columns, " << service.name;
}

} // namespace
} // namespace gemmsmith::tile
