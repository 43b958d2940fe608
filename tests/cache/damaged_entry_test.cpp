// The fuzz target's promises on a fixed set of damaged entries.
#include "tests/cache/damage.h"
#include "tests/cache/feed_bytes.h"

#include <gtest/gtest.h>

namespace gemmsmith {
namespace {

TEST(DamagedEntry, IsReadOrRefused) {
  std::mt19937 random(1);
  const std::string good = encoded(sampleEntry());
  feedEntry(good);
  for (int i = 0; i < 50000; ++i)
    feedEntry(damaged(good, random));
}

TEST(DamagedEntry, RandomBytesAreRefused) {
  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char &byte : bytes)
      byte = static_cast<char>(random());
    feedEntry(bytes);
    feedEntry(encoded(sampleEntry()).substr(0, 32) + bytes);
  }
}

TEST(DamagedEntry, EveryTruncationUnderARightChecksumIsReadOrRefused) {
  const std::string good = encoded(sampleEntry());
  for (std::size_t size = 0; size <= good.size(); ++size)
    feedEntry(std::string_view(good).substr(0, size));
}

} // namespace
} // namespace gemmsmith
