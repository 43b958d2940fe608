#include "configs/atomic_file.h"

#include "tests/support/temporary_folder.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
protected:
  std::string contents(const fs::path &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::ptrdiff_t files() {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(AtomicFile, ReplacesAFileAndLeavesNothingElse) {
  const fs::path path = folder_ / "t.csv";
  ASSERT_TRUE(writeFileAtomically(path, "old"));
  ASSERT_TRUE(writeFileAtomically(path, "new"));
  EXPECT_EQ(contents(path), "new");
  EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFile, MissingFolderIsAnErrorThatNamesThePath) {
  const std::string path = folder_ / "no" / "t.csv";
  const Expected<void> written = writeFileAtomically(path, "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().str(), path + ": cannot be written: No such file or directory");
}

TEST_F(AtomicFile, FoldersAndDevicesAreNotReplaced) {
  for (const std::string &path : {folder_.string(), std::string("/dev/null")}) {
    const Expected<void> written = writeFileAtomically(path, "x");
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, testing::HasSubstr("not a regular file"));
  }
  EXPECT_EQ(files(), 0);
}

} // namespace
} // namespace gemmsmith
