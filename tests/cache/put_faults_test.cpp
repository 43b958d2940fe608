// put() killed or failed at every system call it makes, and on a full disk.
#include "cache/disk_store.h"
#include "cache/pending_file.h"
#include "cache/store_listing.h"
#include "tests/cache/store_directory.h"
#include "tests/cache/system_calls.h"

#include <cerrno>
#include <csignal>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class PutFaults : public StoreDirectory {
protected:
  void SetUp() override {
    StoreDirectory::SetUp();
    auto store = DiskStore::open({.directory = store_});
    ASSERT_TRUE(store);
    disk_ = std::move(*store);
  }

  void sweep() {
    const auto files = listStore(disk_->directory());
    ASSERT_TRUE(files);
    for (const StoreFile &file : *files)
      if (file.kind == StoreFileKind::kPending) {
        EXPECT_TRUE(sweepPendingFile(disk_->directory(), file.name)) << file.name;
      }
  }

  // A put() killed at each point in turn; `before` makes the store that it finds.
  void killEverywhere(const std::function<void()> &before, const std::vector<std::byte> *old) {
    int point = 1;
    for (;; ++point) {
      before();
      const int end = inChild([&] {
        armSystemCalls({.kill_at = point});
        return disk_->put(sampleEntry(sampleKey(), 500, 7)) ? 0 : 1;
      });
      const auto entry = disk_->get(sampleKey());
      if (entry) {
        const bool is_old = old != nullptr && entry->code_object == *old;
        EXPECT_TRUE(is_old || entry->code_object == sampleObject(500, 7)) << point;
      } else {
        EXPECT_EQ(old, nullptr) << point;
        EXPECT_EQ(entry.error().reason, MissReason::kAbsent) << point << entry.error().why;
      }
      sweep();
      EXPECT_TRUE(disk_->put(sampleEntry()));
      EXPECT_TRUE(disk_->get(sampleKey()));
      EXPECT_THAT(files(), ElementsAre(entryFileName(sampleKey().hash())));
      if (end == 0)
        break;
      ASSERT_EQ(end, 128 + SIGKILL) << point;
    }
    EXPECT_GT(point, 24);
  }

  std::unique_ptr<DiskStore> disk_;
};

TEST_F(PutFaults, KilledAtAnyPointLeavesNothingOrAWholeEntry) {
  killEverywhere([&] { fs::remove(entryPath()); }, nullptr);
}

TEST_F(PutFaults, KilledAtAnyPointOfAReplacementLeavesTheOldEntryOrTheNewOne) {
  const auto old = sampleObject(300, 3);
  killEverywhere([&] { ASSERT_TRUE(disk_->put(sampleEntry(sampleKey(), 300, 3))); }, &old);
}

TEST_F(PutFaults, AnyCallThatFailsIsAnErrorOrWithoutEffect) {
  for (const int code : {ENOSPC, EIO, EROFS, ENOLCK, EINTR}) {
    for (int call = 1;; ++call) {
      armSystemCalls({.fail_call = call, .fail_errno = code});
      const auto put = disk_->put(sampleEntry());
      const int made = systemCalls();
      disarmSystemCalls();
      const auto entry = disk_->get(sampleKey());
      if (put) {
        EXPECT_TRUE(entry) << call;
      } else {
        EXPECT_EQ(put.error().kind, ErrorKind::kFailed);
        EXPECT_EQ(entry.error().reason, MissReason::kAbsent) << call << put.error().str();
      }
      fs::remove(entryPath());
      // What could not be removed at once is swept.
      sweep();
      EXPECT_THAT(files(), IsEmpty()) << call;
      if (made < call)
        break;
    }
  }
}

TEST_F(PutFaults, PendingFileOfALivingWriterIsNotSwept) {
  ASSERT_EQ(inChild([&] {
              armSystemCalls({.kill_at = 10});
              (void)disk_->put(sampleEntry());
              return 0;
            }),
            128 + SIGKILL);
  ASSERT_EQ(files().size(), 1u);
  const FileDescriptor writer(::open((store_ / files().front()).c_str(), O_WRONLY));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
  EXPECT_FALSE(sweepPendingFile(disk_->directory(), files().front()));
  ::flock(writer.get(), LOCK_UN);
  EXPECT_TRUE(sweepPendingFile(disk_->directory(), files().front()));
}

TEST_F(PutFaults, WithoutLocksOnlyOldPendingFilesAreSwept) {
  const std::string name = pendingFileName(sampleKey().hash(), 1);
  const auto sweepWithoutLocks = [&] {
    armSystemCalls({.fail_call = 2, .fail_errno = ENOLCK}); // the lock, after the opening
    const bool swept = sweepPendingFile(disk_->directory(), name);
    disarmSystemCalls();
    return swept;
  };
  writeFile(store_ / name, "half");
  EXPECT_FALSE(sweepWithoutLocks());
  fs::last_write_time(store_ / name, fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_TRUE(sweepWithoutLocks());
  EXPECT_THAT(files(), IsEmpty());
}

// 0: the error that says so, no change; else where it went wrong.
int putOnAFullDisk(DiskStore &store, const std::string &message) {
  const auto put = store.put(sampleEntry(sampleKey(), 400000));
  if (put || put.error().str().find(message) == std::string::npos)
    return 1;
  if (listStore(store.directory()).value().size() != 1)
    return 2;
  return store.get(sampleKey(kOtherKernel)) ? 0 : 3;
}

TEST_F(PutFaults, FileSizeLimitIsAnError) {
  ASSERT_TRUE(disk_->put(sampleEntry(sampleKey(kOtherKernel))));
  EXPECT_EQ(inChild([&] {
              std::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{1000, 1000};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              return putOnAFullDisk(*disk_, "File too large");
            }),
            0);
}

TEST_F(PutFaults, FullDiskIsAnErrorAndTheStoreServesOn) {
  constexpr int kNoMount = 77;
  const int end = inChild([&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", store_.c_str(), "tmpfs", 0, "size=64k,mode=700") != 0)
      return kNoMount;
    auto store = DiskStore::open({.directory = store_});
    if (!store || !(*store)->put(sampleEntry(sampleKey(kOtherKernel))))
      return 4;
    return putOnAFullDisk(**store, "No space left on device");
  });
  if (end == kNoMount)
    GTEST_SKIP() << "needs the right to mount";
  EXPECT_EQ(end, 0);
}

} // namespace
} // namespace gemmsmith
