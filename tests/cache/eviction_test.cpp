#include "cache/disk_store.h"
#include "cache/eviction.h"
#include "cache/key_lock.h"
#include "tests/cache/store_directory.h"

#include <gmock/gmock.h>
#include <set>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Eviction : public StoreDirectory {
protected:
  void SetUp() override {
    StoreDirectory::SetUp();
    disk_ = open(0);
  }
  std::unique_ptr<DiskStore> open(std::uint64_t limit_bytes) const {
    auto store = DiskStore::open({.directory = store_, .limit_bytes = limit_bytes});
    EXPECT_TRUE(store);
    return store ? std::move(*store) : nullptr;
  }
  static CacheKey key(int stages) {
    return sampleKey("gemm_gfx950_bf16_bf16_ring_t16x64x64_s" + std::to_string(stages) + "_w1x1x1");
  }
  static Entry entry(int stages) { return sampleEntry(key(stages), 1000); }
  void put(int stages, int hours_ago) {
    ASSERT_TRUE(disk_->put(entry(stages)));
    fs::last_write_time(entryPath(key(stages)),
                        fs::file_time_type::clock::now() - std::chrono::hours(hours_ago));
  }
  std::set<int> stored() const {
    std::set<int> stages;
    for (int i = 2; i < 10; ++i)
      if (fs::exists(entryPath(key(i))))
        stages.insert(i);
    return stages;
  }
  std::uint64_t entryBytes() const { return fs::file_size(entryPath(key(2))); }

  std::unique_ptr<DiskStore> disk_;
};

TEST_F(Eviction, TakesTheLeastRecentlyUsedUntilTheRestFits) {
  put(2, 3);
  put(3, 4);
  put(4, 1);
  put(5, 2);
  const std::uint64_t limit = 2 * entryBytes();
  const auto result = evict(disk_->directory(), limit);
  ASSERT_TRUE(result);
  EXPECT_THAT(stored(), ElementsAre(4, 5));
  EXPECT_EQ(result->entries_removed, 2u);
  EXPECT_EQ(result->entries_left, 2u);
  EXPECT_EQ(result->bytes_left, limit);
  EXPECT_EQ(result->bytes_removed, result->bytes_left);
}

TEST_F(Eviction, GetMakesAnEntryRecent) {
  put(2, 30);
  put(3, 20);
  ASSERT_TRUE(disk_->get(key(2)));
  ASSERT_TRUE(evict(disk_->directory(), entryBytes()));
  EXPECT_THAT(stored(), ElementsAre(2));
}

TEST_F(Eviction, StoreThatFitsIsLeftAlone) {
  put(2, 3);
  put(3, 3);
  const auto result = evict(disk_->directory(), 2 * entryBytes());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->entries_removed, 0u);
  ASSERT_TRUE(evict(disk_->directory(), 0)); // no limit
  EXPECT_THAT(stored(), ElementsAre(2, 3));
}

TEST_F(Eviction, WhatIsToBeKeptStaysHoweverOldAndLarge) {
  put(2, 50);
  put(3, 1);
  const auto result = evict(disk_->directory(), 1, key(2).hash());
  ASSERT_TRUE(result);
  EXPECT_THAT(stored(), ElementsAre(2));
  EXPECT_EQ(result->bytes_left, entryBytes());
}

TEST_F(Eviction, PutKeepsTheStoreWithinItsLimitAndWhatWasJustPut) {
  put(2, 3);
  put(3, 2);
  const auto small = open(2 * entryBytes());
  ASSERT_TRUE(small->put(entry(4)));
  EXPECT_THAT(stored(), ElementsAre(3, 4));
  ASSERT_TRUE(small->put(entry(5)));
  EXPECT_THAT(stored(), ElementsAre(4, 5));
  const auto tiny = open(1);
  ASSERT_TRUE(tiny->put(entry(6)));
  EXPECT_THAT(stored(), ElementsAre(6));
}

TEST_F(Eviction, DirectoryIsNotLookedThroughAtEveryPut) {
  const auto store = open(std::uint64_t{1} << 20);
  ASSERT_TRUE(store->put(entry(2)));
  const std::string leftover = store_ / pendingFileName(key(2).hash(), 1);
  writeFile(leftover, "half");
  ASSERT_TRUE(store->put(entry(3)));
  EXPECT_TRUE(fs::exists(leftover));
  ASSERT_TRUE(open(std::uint64_t{1} << 20)->put(entry(4))); // the first of this one
  EXPECT_FALSE(fs::exists(leftover));
}

TEST_F(Eviction, RemovesWhatKilledProcessesLeft) {
  writeFile(store_ / pendingFileName(key(2).hash(), 1), "half");
  writeFile(store_ / lockFileName(key(2).hash()), "");
  writeFile(store_ / "notes.txt", "somebody's");
  const auto held = KeyLock::acquire(disk_->directory(), key(3).hash(), std::chrono::minutes(1));
  ASSERT_TRUE(held);
  const auto result = evict(disk_->directory(), 0);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->leftovers_removed, 2u);
  EXPECT_THAT(files(), UnorderedElementsAre(lockFileName(key(3).hash()), "notes.txt"));
}

TEST_F(Eviction, StoreThatIsAbsentIsEmpty) {
  const auto result = evict(-1, 1);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->entries_left, 0u);
}

} // namespace
} // namespace gemmsmith
