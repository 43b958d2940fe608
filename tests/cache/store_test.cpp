#include "cache/bundle_writer.h"
#include "cache/store.h"
#include "tests/cache/store_directory.h"

#include <gmock/gmock.h>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StoreTest : public StoreDirectory {
protected:
  Store open(StoreMode mode, std::vector<std::string> bundles = {}) {
    return Store({.mode = mode,
                  .directory = store_,
                  .limit_bytes = 0,
                  .bundles = std::move(bundles),
                  .remotes = {}},
                 [this](const std::string &warning) { warnings_.push_back(warning); });
  }
  bool holds(StoreMode mode) {
    const auto found = open(mode).get(sampleKey());
    return found && found->has_value();
  }
  std::string bundle(const char *name, const Entry &entry) const {
    BundleWriter writer;
    EXPECT_TRUE(writer.add(entry));
    EXPECT_TRUE(writer.write(root_ / name));
    return root_ / name;
  }

  std::vector<std::string> warnings_;
};

TEST_F(StoreTest, BundlesAreSearchedInOrderBeforeTheDirectory) {
  open(StoreMode::kReadWrite).put(sampleEntry(sampleKey(), 100, 1));
  const std::string first = bundle("first", sampleEntry(sampleKey(kOtherKernel), 100, 2));
  const std::string second = bundle("second", sampleEntry(sampleKey(), 100, 3));
  const std::string third = bundle("third", sampleEntry(sampleKey(), 100, 4));
  const auto hit = open(StoreMode::kReadOnly, {first, second, third}).get(sampleKey());
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->tier, StoreTier::kBundle);
  EXPECT_EQ((*hit)->entry.code_object, sampleObject(100, 3));
  const auto disk = open(StoreMode::kReadOnly, {first}).get(sampleKey());
  ASSERT_TRUE(disk && *disk);
  EXPECT_EQ((*disk)->tier, StoreTier::kDisk);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(StoreTest, BundleThatCannotBeUsedIsSaidAndLeftOut) {
  const std::string good = bundle("good", sampleEntry());
  const auto hit = open(StoreMode::kReadOnly, {root_ / "absent", good}).get(sampleKey());
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->tier, StoreTier::kBundle);
  EXPECT_THAT(warnings_,
              ElementsAre(AllOf(HasSubstr("a bundle is not used"), HasSubstr("absent"))));
}

TEST_F(StoreTest, LocksAreForThoseWhoPut) {
  EXPECT_GE(open(StoreMode::kReadWrite).lockDirectory(), 0);
  for (const StoreMode mode : {StoreMode::kReadOnly, StoreMode::kOff, StoreMode::kRequire})
    EXPECT_EQ(open(mode).lockDirectory(), -1);
}

TEST_F(StoreTest, KeepsWhatIsPut) {
  EXPECT_FALSE(holds(StoreMode::kReadWrite));
  open(StoreMode::kReadWrite).put(sampleEntry());
  EXPECT_TRUE(holds(StoreMode::kReadWrite));
  EXPECT_TRUE(holds(StoreMode::kReadOnly));
  EXPECT_TRUE(holds(StoreMode::kRequire));
  EXPECT_FALSE(holds(StoreMode::kOff));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(StoreTest, OnlyReadWriteKeepsAnything) {
  for (const StoreMode mode : {StoreMode::kReadOnly, StoreMode::kOff, StoreMode::kRequire})
    open(mode).put(sampleEntry());
  EXPECT_FALSE(fs::exists(store_));
}

TEST_F(StoreTest, RequiredKernelThatIsMissingIsAnErrorThatSaysHowToBuildIt) {
  const auto found = open(StoreMode::kRequire).get(sampleKey());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kFailed);
  EXPECT_EQ(found.error().str(),
            std::string(kKernel) +
                ": is not in the store, and GEMMSMITH_CACHE=require forbids to compile it; "
                "`GEMMSMITH_CACHE=rw gemmsmith build --config " +
                kKernel + "` builds it");
}

TEST_F(StoreTest, UnsafeDirectoryIsSaidOnceAndGoneWithout) {
  fs::create_directory(store_);
  fs::permissions(store_, fs::perms::all);
  Store store = open(StoreMode::kReadWrite);
  store.put(sampleEntry());
  EXPECT_FALSE(store.get(sampleKey())->has_value());
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("the store is not used"), HasSubstr(store_))));
}

TEST_F(StoreTest, StoreThatCannotBeWrittenToIsSaidOnce) {
  Store store = open(StoreMode::kReadWrite);
  // As root may write everywhere: a directory that is gone.
  fs::remove(store_);
  store.put(sampleEntry());
  store.put(sampleEntry(sampleKey(kOtherKernel)));
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("cannot be kept"), HasSubstr(store_))));
}

TEST_F(StoreTest, DamageIsSaidAndCompiledAnew) {
  Store store = open(StoreMode::kReadWrite);
  writeFile(entryPath(), "no entry");
  const auto found = store.get(sampleKey());
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->has_value());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("not a readable entry")));
}

} // namespace
} // namespace gemmsmith
