#include "compiler/temporary_directory.h"

#include "tests/support/temporary_folder.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gemmsmith {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class TemporaryDirectories : public testing::Test {
protected:
  void SetUp() override {
    if (const char *now = std::getenv("TMPDIR"))
      previous_ = now;
    ::setenv("TMPDIR", parent_.c_str(), 1);
  }
  void TearDown() override {
    if (previous_.empty())
      ::unsetenv("TMPDIR");
    else
      ::setenv("TMPDIR", previous_.c_str(), 1);
  }

  TemporaryDirectory create() {
    auto created = TemporaryDirectory::create();
    EXPECT_TRUE(created) << created.error().str();
    return std::move(*created);
  }

  // The directory of a process that was killed with a file in it.
  fs::path leftBehind() {
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto directory = TemporaryDirectory::create();
      std::ofstream(directory->path() / "file") << "left behind";
      std::raise(SIGKILL);
    }
    ::waitpid(pid, nullptr, 0);
    for (const auto &entry : fs::directory_iterator(parent_))
      if (entry.path().filename().native().find(std::to_string(pid)) != std::string::npos)
        return entry.path();
    return {};
  }

  const TemporaryFolder folder_;
  const fs::path parent_ = folder_.path();
  std::string previous_;
};

TEST_F(TemporaryDirectories, AreThereForTheirOwnerOnlyAndGoWithIt) {
  fs::path path;
  {
    const TemporaryDirectory directory = create();
    path = directory.path();
    EXPECT_EQ(path.parent_path(), parent_);
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
    fs::create_directory(path / "nested");
    std::ofstream(path / "nested" / "file") << "something";
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(TemporaryDirectories, AreRemovedOnceThoughMoved) {
  TemporaryDirectory first = create();
  const fs::path path = first.path();
  TemporaryDirectory second = create();
  const fs::path replaced = second.path();
  second = std::move(first);
  EXPECT_FALSE(fs::exists(replaced));
  EXPECT_EQ(second.path(), path);
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(TemporaryDirectories, OfAKilledProcessAreRemovedByTheNext) {
  const fs::path left = leftBehind();
  ASSERT_TRUE(fs::exists(left / "file"));
  const TemporaryDirectory directory = create();
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(TemporaryDirectories, OfALivingProcessAreLeftAlone) {
  const TemporaryDirectory first = create();
  const TemporaryDirectory second = create();
  EXPECT_TRUE(fs::exists(first.path()));
}

// In a container the dead owner had the number that its successor has now.
TEST_F(TemporaryDirectories, WithoutALockAreRemovedThoughTheirNumberLives) {
  const std::string name = "gemmsmith-worker-" + std::to_string(::getpid()) + "-abcdef";
  fs::create_directory(parent_ / name);
  std::ofstream(parent_ / name / "file") << "left behind";
  const TemporaryDirectory directory = create();
  EXPECT_FALSE(fs::exists(parent_ / name));
}

TEST_F(TemporaryDirectories, AreMadeByManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this] {
      for (int i = 0; i < 100; ++i) {
        const TemporaryDirectory directory = create();
        std::ofstream(directory.path() / "file") << "in use";
        EXPECT_TRUE(fs::exists(directory.path() / "file"));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_TRUE(fs::is_empty(parent_));
}

// In another PID namespace the owner lives though its number is nobody's here.
TEST_F(TemporaryDirectories, ThatAreLockedAreLeftAlone) {
  const fs::path left = leftBehind();
  const int fd = ::open(left.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  {
    const TemporaryDirectory directory = create();
    EXPECT_TRUE(fs::exists(left / "file"));
  }
  ::close(fd);
  const TemporaryDirectory directory = create();
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(TemporaryDirectories, OfOthersAreLeftAlone) {
  const auto foreign = {parent_ / "gemmsmith-worker-", parent_ / "gemmsmith-worker-x-abcdef",
                        parent_ / "gemmsmith-worker-7", parent_ / "gemmsmith-worker--abcdef",
                        parent_ / "comgr-abcdef"};
  for (const fs::path &path : foreign)
    fs::create_directory(path);
  const TemporaryDirectory directory = create();
  for (const fs::path &path : foreign)
    EXPECT_TRUE(fs::exists(path)) << path;
}

TEST_F(TemporaryDirectories, SymbolicLinksAreNotFollowed) {
  const fs::path target = parent_ / "precious";
  fs::create_directory(target);
  std::ofstream(target / "file") << "precious";
  const fs::path link = leftBehind();
  fs::remove_all(link);
  fs::create_directory_symlink(target, link);
  const TemporaryDirectory directory = create();
  EXPECT_TRUE(fs::exists(target / "file"));
}

TEST_F(TemporaryDirectories, WithoutAPlaceAreAnErrorThatNamesIt) {
  ::setenv("TMPDIR", (parent_ / "missing").c_str(), 1);
  const auto created = TemporaryDirectory::create();
  ASSERT_FALSE(created);
  EXPECT_THAT(created.error().str(),
              AllOf(StartsWith("cannot create a directory for temporary files in " +
                               (parent_ / "missing").native() + ": No such file"),
                    HasSubstr("set TMPDIR")));
}

} // namespace
} // namespace gemmsmith
