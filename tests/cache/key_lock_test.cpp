#include "cache/disk_store.h"
#include "cache/key_lock.h"
#include "tests/cache/store_directory.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <utility>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::IsEmpty;

class KeyLockTest : public StoreDirectory {
protected:
  void SetUp() override {
    StoreDirectory::SetUp();
    auto store = DiskStore::open({.directory = store_});
    ASSERT_TRUE(store);
    disk_ = std::move(*store);
  }
  std::optional<KeyLock> lock(milliseconds patience, const CacheKey &key = sampleKey()) const {
    return KeyLock::acquire(disk_->directory(), key.hash(), patience);
  }

  std::unique_ptr<DiskStore> disk_;
};

TEST_F(KeyLockTest, IsHeldByOneAtATime) {
  auto first = lock(milliseconds(0));
  ASSERT_TRUE(first);
  EXPECT_FALSE(lock(milliseconds(0)));
  EXPECT_FALSE(lock(milliseconds(20)));
  EXPECT_EQ(inChild([&] { return lock(milliseconds(0)) ? 1 : 0; }), 0);
  first.reset();
  EXPECT_TRUE(lock(milliseconds(0)));
}

TEST_F(KeyLockTest, KeysHaveLocksOfTheirOwn) {
  const auto first = lock(milliseconds(0));
  EXPECT_TRUE(lock(milliseconds(0), sampleKey(kOtherKernel)));
}

TEST_F(KeyLockTest, RefusalSaysWhetherWaitingCanHelp) {
  const auto held = KeyLock::tryAcquire(disk_->directory(), sampleKey().hash());
  ASSERT_TRUE(held);
  EXPECT_EQ(KeyLock::tryAcquire(disk_->directory(), sampleKey().hash()).error(),
            KeyLock::Refusal::kTaken);
  EXPECT_EQ(KeyLock::tryAcquire(-1, sampleKey().hash()).error(), KeyLock::Refusal::kImpossible);
}

TEST_F(KeyLockTest, LeavesNoFile) {
  std::optional<KeyLock> first = lock(milliseconds(0));
  ASSERT_TRUE(first);
  EXPECT_EQ(files().size(), 1u);
  {
    const KeyLock moved = std::move(*first);
    first.reset();
    EXPECT_EQ(files().size(), 1u);
  }
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(KeyLockTest, KilledHolderBlocksNobody) {
  std::array<int, 2> held{};
  ASSERT_EQ(::pipe(held.data()), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto mine = lock(minutes(1));
    (void)!::write(held[1], mine ? "y" : "n", 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(held[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(lock(milliseconds(0)));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_TRUE(lock(milliseconds(0)));
  ::close(held[0]);
  ::close(held[1]);
}

TEST_F(KeyLockTest, WaiterGetsItWhenTheHolderIsKilled) {
  std::array<int, 2> held{};
  ASSERT_EQ(::pipe(held.data()), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto mine = lock(minutes(1));
    (void)!::write(held[1], "y", 1);
    ::raise(SIGKILL);
  }
  char answer = 0;
  ASSERT_EQ(::read(held[0], &answer, 1), 1);
  EXPECT_TRUE(lock(minutes(1)));
  ::waitpid(holder, nullptr, 0);
  ::close(held[0]);
  ::close(held[1]);
}

// The same with every process removing and making the file anew.
TEST_F(KeyLockTest, ProcessesThatTakeTurnsNeverHoldItTogether) {
  constexpr int kProcesses = 8;
  constexpr int kRounds = 50;
  const std::string inside = root_ / "inside";
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    if (children.back() != 0)
      continue;
    for (int round = 0; round < kRounds; ++round) {
      const auto mine = lock(minutes(1));
      if (!mine)
        ::_exit(1);
      const int alone = ::open(inside.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
      if (alone < 0)
        ::_exit(2);
      ::close(alone);
      ::unlink(inside.c_str());
    }
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(KeyLockTest, DirectoryThatHoldsNoLocksIsSaidAtOnce) {
  EXPECT_FALSE(KeyLock::acquire(-1, sampleKey().hash(), minutes(1)));
  fs::create_symlink("/dev/null", store_ / lockFileName(sampleKey().hash()));
  EXPECT_FALSE(lock(minutes(1)));
}

} // namespace
} // namespace gemmsmith
