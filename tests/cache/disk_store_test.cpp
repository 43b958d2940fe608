// A store on disk among damage, strangers and other processes.
#include "cache/disk_store.h"
#include "tests/cache/store_directory.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DiskStoreTest : public StoreDirectory {
protected:
  std::unique_ptr<DiskStore> open(DiskAccess access = DiskAccess::kReadWrite) const {
    auto store = DiskStore::open({.directory = store_, .access = access});
    EXPECT_TRUE(store) << store.error().str();
    return store ? std::move(*store) : nullptr;
  }
  std::string refusal(const fs::path &directory) const {
    const auto store = DiskStore::open({.directory = directory});
    return store ? "none" : store.error().str();
  }
  // get() misses for this reason, and a put() repairs it.
  void expectMissAndRepair(DiskStore &store, MissReason reason, const std::string &why) {
    const auto miss = store.get(sampleKey());
    ASSERT_FALSE(miss);
    EXPECT_EQ(miss.error().reason, reason) << miss.error().why;
    EXPECT_THAT(miss.error().why, AllOf(HasSubstr(why), HasSubstr(entryPath())));
    const auto again = store.get(sampleKey());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().reason, MissReason::kAbsent) << again.error().why;
    ASSERT_TRUE(store.put(sampleEntry()));
    EXPECT_TRUE(store.get(sampleKey()));
  }
};

TEST_F(DiskStoreTest, ReturnsWhatWasPut) {
  const auto store = open();
  ASSERT_TRUE(store->put(sampleEntry()));
  const auto entry = open()->get(sampleKey());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->key, sampleKey());
  EXPECT_EQ(entry->code_object, sampleEntry().code_object);
  EXPECT_EQ(store->get(sampleKey(kOtherKernel)).error().reason, MissReason::kAbsent);
  EXPECT_THAT(files(), ElementsAre(entryFileName(sampleKey().hash())));
}

TEST_F(DiskStoreTest, LastOfTwoWritersStays) {
  const auto store = open();
  ASSERT_TRUE(store->put(sampleEntry(sampleKey(), 100, 1)));
  ASSERT_TRUE(store->put(sampleEntry(sampleKey(), 100, 2)));
  EXPECT_EQ(store->get(sampleKey())->code_object, sampleObject(100, 2));
}

TEST_F(DiskStoreTest, DirectoriesAreCreatedPrivate) {
  const mode_t mask = ::umask(0);
  store_ = root_ / "a" / "b" / "store";
  open();
  ::umask(mask);
  for (const fs::path &path : {root_ / "a", root_ / "a" / "b", store_})
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all) << path;
}

TEST_F(DiskStoreTest, EntriesAreWritableByTheirOwnerOnlyWhateverTheUmask) {
  const auto store = open();
  const mode_t mask = ::umask(0);
  ASSERT_TRUE(store->put(sampleEntry()));
  ::umask(mask);
  EXPECT_EQ(static_cast<unsigned>(fs::status(entryPath()).permissions()), 0644u);
  EXPECT_TRUE(store->get(sampleKey()));
}

TEST_F(DiskStoreTest, EverySingleByteCorruptionAndTruncationIsAMissAndQuarantined) {
  const auto store = open();
  const std::string good = encoded(sampleEntry());
  const auto expectDamaged = [&](const std::string &bytes) {
    writeFile(entryPath(), bytes);
    const auto miss = store->get(sampleKey());
    ASSERT_FALSE(miss);
    EXPECT_EQ(miss.error().reason, MissReason::kDamaged);
    EXPECT_FALSE(fs::exists(entryPath()));
    EXPECT_EQ(readFile(quarantinePath()), bytes);
    fs::remove(quarantinePath()); // replacing it would wait for the disk
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    expectDamaged(bad);
    expectDamaged(good.substr(0, at));
  }
  writeFile(entryPath(), good);
  EXPECT_TRUE(store->get(sampleKey()));
}

TEST_F(DiskStoreTest, DamagedEntryIsRepairedByTheNextPut) {
  const auto store = open();
  writeFile(entryPath(), "no entry");
  expectMissAndRepair(*store, MissReason::kDamaged, "not a readable entry");
}

// What a collision of two hashes looks like.
TEST_F(DiskStoreTest, EntryOfAnotherKeyUnderThisNameIsAMiss) {
  const auto store = open();
  writeFile(entryPath(), encoded(sampleEntry(sampleKey(kOtherKernel))));
  expectMissAndRepair(*store, MissReason::kDamaged, "holds the entry of another key");
}

TEST_F(DiskStoreTest, EntryOfAnotherVersionIsAMiss) {
  const auto store = open();
  std::string bytes = encoded(sampleEntry());
  bytes[8] = 7;
  writeFile(entryPath(), resealed(bytes));
  expectMissAndRepair(*store, MissReason::kDamaged, "format version 7");
}

TEST_F(DiskStoreTest, FileThatOthersMayWriteToIsRefused) {
  const auto store = open();
  ASSERT_TRUE(store->put(sampleEntry()));
  fs::permissions(entryPath(), fs::perms::group_write, fs::perm_options::add);
  expectMissAndRepair(*store, MissReason::kRefused, "may write to it (its mode is 664)");
}

TEST_F(DiskStoreTest, SymbolicLinkIsRefused) {
  const auto store = open();
  writeFile(root_ / "elsewhere", encoded(sampleEntry()));
  fs::create_symlink(root_ / "elsewhere", entryPath());
  expectMissAndRepair(*store, MissReason::kRefused, "it is a symbolic link");
  EXPECT_TRUE(fs::exists(root_ / "elsewhere"));
}

TEST_F(DiskStoreTest, PipeIsRefusedWithoutBlocking) {
  const auto store = open();
  ASSERT_EQ(::mkfifo(entryPath().c_str(), 0600), 0);
  expectMissAndRepair(*store, MissReason::kRefused, "not a regular file");
}

TEST_F(DiskStoreTest, DirectoryInPlaceOfAnEntryIsRefused) {
  const auto store = open();
  fs::create_directory(entryPath());
  expectMissAndRepair(*store, MissReason::kRefused, "not a regular file");
}

TEST_F(DiskStoreTest, FileOfAnotherUserIsRefused) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give files away";
  const auto store = open();
  ASSERT_TRUE(store->put(sampleEntry()));
  ASSERT_EQ(::chown(entryPath().c_str(), 12345, 12345), 0);
  expectMissAndRepair(*store, MissReason::kRefused, "owned by user 12345");
}

TEST_F(DiskStoreTest, HugeFileIsNotRead) {
  const auto store = open();
  writeFile(entryPath(), "");
  fs::resize_file(entryPath(), std::uintmax_t{1} << 40);
  expectMissAndRepair(*store, MissReason::kDamaged, "larger than any such file");
}

TEST_F(DiskStoreTest, DirectoryThatOthersMayWriteToIsRefused) {
  for (const fs::perms perms : {fs::perms::group_write, fs::perms::others_write}) {
    fs::create_directory(store_);
    fs::permissions(store_, fs::perms::owner_all | perms);
    EXPECT_THAT(refusal(store_),
                AllOf(HasSubstr(store_), HasSubstr("others than its owner may write to it"),
                      HasSubstr("use one of your own with mode 700")));
    fs::remove(store_);
  }
}

TEST_F(DiskStoreTest, DirectoryOfAnotherUserIsRefused) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give directories away";
  open();
  ASSERT_EQ(::chown(store_.c_str(), 12345, 12345), 0);
  EXPECT_THAT(refusal(store_), HasSubstr("owned by user 12345"));
}

TEST_F(DiskStoreTest, SymbolicLinkToADirectoryIsRefused) {
  open();
  fs::create_directory_symlink(store_, root_ / "link");
  EXPECT_THAT(refusal(root_ / "link"), HasSubstr("it is a symbolic link"));
  EXPECT_THAT(refusal((root_ / "link").string() + "//"), HasSubstr("it is a symbolic link"));
}

TEST_F(DiskStoreTest, DirectoryThatIsAFileOrCannotBeCreatedIsSaid) {
  writeFile(root_ / "file", "");
  EXPECT_THAT(refusal(root_ / "file"), HasSubstr("Not a directory"));
  EXPECT_THAT(refusal(root_ / "file" / "store"), HasSubstr("Not a directory"));
  EXPECT_THAT(refusal("/proc/store"), HasSubstr("No such file or directory"));
  EXPECT_THAT(refusal(""), HasSubstr("No such file or directory"));
}

TEST_F(DiskStoreTest, ReadOnlyStoreChangesNothing) {
  ASSERT_TRUE(open()->put(sampleEntry()));
  writeFile(entryPath(sampleKey(kOtherKernel)), "no entry");
  const auto date = fs::file_time_type::clock::now() - std::chrono::hours(100);
  fs::last_write_time(entryPath(), date);
  const auto store = open(DiskAccess::kReadOnly);
  EXPECT_TRUE(store->get(sampleKey()));
  EXPECT_EQ(store->get(sampleKey(kOtherKernel)).error().reason, MissReason::kDamaged);
  EXPECT_TRUE(fs::exists(entryPath(sampleKey(kOtherKernel))));
  EXPECT_FALSE(fs::exists(store_ / kQuarantineName));
  EXPECT_EQ(fs::last_write_time(entryPath()), date);
}

TEST_F(DiskStoreTest, ReadOnlyStoreThatIsAbsentIsEmptyAndStaysAbsent) {
  const auto store = open(DiskAccess::kReadOnly);
  EXPECT_EQ(store->get(sampleKey()).error().reason, MissReason::kAbsent);
  EXPECT_FALSE(fs::exists(store_));
}

TEST_F(DiskStoreTest, UseIsRecordedInTheDate) {
  const auto store = open();
  ASSERT_TRUE(store->put(sampleEntry()));
  const auto old = fs::file_time_type::clock::now() - std::chrono::hours(100);
  fs::last_write_time(entryPath(), old);
  ASSERT_TRUE(store->get(sampleKey()));
  EXPECT_GT(fs::last_write_time(entryPath()), old + std::chrono::hours(99));
}

TEST_F(DiskStoreTest, RecentDateIsLeftAlone) {
  const auto store = open();
  ASSERT_TRUE(store->put(sampleEntry()));
  const auto recent = fs::file_time_type::clock::now() - std::chrono::minutes(30);
  fs::last_write_time(entryPath(), recent);
  ASSERT_TRUE(store->get(sampleKey()));
  EXPECT_EQ(fs::last_write_time(entryPath()), recent);
}

TEST_F(DiskStoreTest, StoreOfRootServesOtherUsersWhoCannotPut) {
  ASSERT_TRUE(open()->put(sampleEntry()));
  for (const fs::path &path : {root_, store_})
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::group_read |
                              fs::perms::group_exec | fs::perms::others_read |
                              fs::perms::others_exec);
  EXPECT_EQ(inChild([&] {
              becomeNobody();
              const auto store = open();
              if (!store || !store->get(sampleKey()))
                return 1;
              const auto put = store->put(sampleEntry(sampleKey(kOtherKernel)));
              if (put || put.error().str().find("Permission denied") == std::string::npos)
                return 2;
              return store->get(sampleKey()) ? 0 : 3;
            }),
            0);
  fs::permissions(store_, fs::perms::owner_all);
  EXPECT_THAT(files(), ElementsAre(entryFileName(sampleKey().hash())));
}

TEST_F(DiskStoreTest, QuarantineKeepsTheLatestSixteen) {
  const auto store = open();
  for (int stages = 2; stages < 30; ++stages) {
    const CacheKey key =
        sampleKey("gemm_gfx950_bf16_bf16_ring_t16x64x64_s" + std::to_string(stages) + "_w1x1x1");
    writeFile(entryPath(key), std::to_string(stages));
    fs::last_write_time(entryPath(key),
                        fs::file_time_type::clock::now() + std::chrono::hours(stages));
    EXPECT_FALSE(store->get(key));
  }
  std::vector<int> kept;
  for (const auto &entry : fs::directory_iterator(store_ / kQuarantineName))
    kept.push_back(std::stoi(readFile(entry.path())));
  std::ranges::sort(kept);
  EXPECT_EQ(kept.size(), 16u);
  EXPECT_EQ(kept.front(), 14);
  EXPECT_EQ(kept.back(), 29);
}

TEST_F(DiskStoreTest, ProcessesThatPutAndGetOneKeySeeWholeEntriesOnly) {
  constexpr int kProcesses = 8;
  constexpr int kRounds = 100;
  open();
  std::array<std::vector<std::byte>, kProcesses> objects;
  for (int i = 0; i < kProcesses; ++i)
    objects[i] = sampleObject(20000 + 1000 * i, i);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    if (children.back() != 0)
      continue;
    const auto store = open();
    for (int round = 0; round < kRounds; ++round) {
      Entry entry = sampleEntry();
      entry.code_object = objects[i];
      if (!store->put(entry))
        ::_exit(1);
      const auto got = store->get(sampleKey());
      if (!got || std::ranges::find(objects, got->code_object) == objects.end())
        ::_exit(2);
    }
    ::_exit(0);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(files(), ElementsAre(entryFileName(sampleKey().hash())));
}

} // namespace
} // namespace gemmsmith
