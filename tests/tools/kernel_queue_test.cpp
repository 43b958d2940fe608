#include "tools/gemmsmith/kernel_queue.h"

#include "cache/disk_store.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <thread>

namespace gemmsmith {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

class KernelQueueTest : public testing::Test {
protected:
  KernelQueue queue(milliseconds patience, int directory) const {
    return KernelQueue(
        {"first", "second", "third"},
        [directory](const std::string &kernel) {
          return KeyLock::tryAcquire(directory, hash128(std::string_view(kernel)));
        },
        patience);
  }
  KernelQueue queue(milliseconds patience = minutes(1)) const {
    return queue(patience, disk_->directory());
  }
  std::optional<KeyLock> lock(const std::string &kernel) const {
    return KeyLock::acquire(disk_->directory(), hash128(std::string_view(kernel)), milliseconds(0));
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<DiskStore> disk_ =
      std::move(*DiskStore::open({.directory = folder_.file("store")}));
};

TEST_F(KernelQueueTest, GivesEachKernelOnceInOrder) {
  KernelQueue mine = queue();
  EXPECT_EQ(mine.next(), "first");
  EXPECT_EQ(mine.next(), "second");
  EXPECT_EQ(mine.next(), "third");
  EXPECT_EQ(mine.next(), std::nullopt);
}

TEST_F(KernelQueueTest, TwoBuildsShareTheKernels) {
  KernelQueue mine = queue(), theirs = queue();
  EXPECT_EQ(mine.next(), "first");
  EXPECT_EQ(theirs.next(), "second");
  EXPECT_EQ(mine.next(), "third");
  EXPECT_EQ(theirs.next(), std::nullopt);
  mine.finish("third");
  EXPECT_EQ(theirs.next(), "third"); // to look into the store for it
  EXPECT_EQ(theirs.next(), std::nullopt);
  mine.finish("first");
  EXPECT_EQ(theirs.next(), "first");
}

TEST_F(KernelQueueTest, HoldsTheLockUntilTheKernelIsFinished) {
  KernelQueue mine = queue();
  ASSERT_EQ(mine.next(), "first");
  EXPECT_FALSE(lock("first"));
  EXPECT_TRUE(lock("second"));
  mine.finish("first");
  EXPECT_TRUE(lock("first"));
}

TEST_F(KernelQueueTest, ComesBackToWhatOthersHadOnceTheyLetGo) {
  std::optional<KeyLock> held = lock("first");
  KernelQueue mine = queue();
  EXPECT_EQ(mine.next(), "second");
  EXPECT_EQ(mine.next(), "third");
  EXPECT_EQ(mine.next(), std::nullopt);
  held.reset();
  EXPECT_EQ(mine.next(), "first");
}

TEST_F(KernelQueueTest, AHolderThatHangsIsGivenUpWithAllItHas) {
  const std::optional<KeyLock> first = lock("first"), second = lock("second");
  KernelQueue mine = queue(milliseconds(200));
  ASSERT_EQ(mine.next(), "third");
  EXPECT_EQ(mine.next(), std::nullopt);
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_EQ(mine.next(), std::nullopt); // there is work of its own still
  mine.finish("third");
  EXPECT_EQ(mine.next(), std::nullopt);
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_EQ(mine.next(), "first");
  EXPECT_EQ(mine.next(), "second");
  EXPECT_EQ(mine.next(), std::nullopt);
}

TEST_F(KernelQueueTest, WithoutLocksNothingIsWaitedFor) {
  KernelQueue mine = queue(minutes(1), -1), theirs = queue(minutes(1), -1);
  for (KernelQueue *each : {&mine, &theirs}) {
    EXPECT_EQ(each->next(), "first");
    EXPECT_EQ(each->next(), "second");
    EXPECT_EQ(each->next(), "third");
  }
}

} // namespace
} // namespace gemmsmith
