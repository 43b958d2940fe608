// The fuzz target's promises on a fixed set of damaged bundles.
#include "cache/bundle_writer.h"
#include "tests/cache/damage.h"
#include "tests/cache/feed_bytes.h"

#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

std::string smallBundle() {
  BundleWriter writer;
  (void)writer.add(sampleEntry());
  (void)writer.add(sampleEntry(sampleKey(kOtherKernel)));
  return std::string(textOf(writer.bytes().value()));
}

TEST(DamagedBundle, IsReadOrRefused) {
  std::mt19937 random(1);
  const std::string good = smallBundle();
  feedBundle(good);
  for (int i = 0; i < 50000; ++i)
    feedBundle(damaged(good, random));
}

TEST(DamagedBundle, DamagedIndexIsReadOrRefused) {
  std::mt19937 random(2);
  const std::string good = smallBundle();
  const std::size_t index_end = kBundleHeaderBytes + 2 * kBundleRecordBytes;
  for (int i = 0; i < 50000; ++i)
    feedBundle(damaged(good.substr(0, index_end), random) + good.substr(index_end));
}

TEST(DamagedBundle, EveryTruncationIsReadOrRefused) {
  const std::string good = smallBundle();
  for (std::size_t size = 0; size <= good.size(); ++size)
    feedBundle(std::string_view(good).substr(0, size));
}

} // namespace
} // namespace gemmsmith
