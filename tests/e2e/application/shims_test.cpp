// That the shims do to a program what their tests need, and nothing else.

#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <chrono>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace gemmsmith {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char *kSeen = "open good, stat good, fstatat good, access good\n";
constexpr const char *kNotThere = "open ENOENT, stat ENOENT, fstatat ENOENT, access ENOENT\n";

class LateRenames : public testing::Test {
protected:
  std::string probe(const char *word, const std::string &file, const char *seconds = "60") {
    return runProgram(
               {FILE_PROBE, word, file},
               {.environment = {{"LD_PRELOAD", LATE_RENAMES}, {"LATE_RENAMES_SECONDS", seconds}}})
        .out;
  }
  const TemporaryFolder folder_;
  const std::string entry_ = folder_.file("0123.entry");
};

TEST_F(LateRenames, HideWhatOthersHaveJustRenamed) {
  folder_.write("0123.entry", "x");
  EXPECT_EQ(probe("see", entry_), kNotThere);
}

TEST_F(LateRenames, ShowAProcessItsOwn) {
  EXPECT_EQ(probe("put", entry_), kSeen);
  EXPECT_EQ(probe("see", entry_), kNotThere); // another process
}

TEST_F(LateRenames, ShowEverythingInTheEnd) {
  folder_.write("0123.entry", "x");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(probe("see", entry_, "1"), kSeen);
}

TEST_F(LateRenames, ConcernEntriesOnly) {
  EXPECT_EQ(probe("see", folder_.write("0123.lock", "x")), kSeen);
}

class FullDisk : public testing::Test {
protected:
  std::string fill(std::vector<std::string> options, const std::string &file) const {
    std::vector<std::string> command{SMALL_DISK};
    command.insert(command.end(), options.begin(), options.end());
    for (const std::string &word :
         {std::string(FULL_DISK), folder_.path(), std::string("4"), std::string(FILE_PROBE),
          std::string("fill"), file, std::string("10000")})
      command.push_back(word);
    return runProgram(command).out;
  }
  const TemporaryFolder folder_;
  const TemporaryFolder other_;
};

TEST_F(FullDisk, TakesWhatItHasRoomForAndThenFails) {
  EXPECT_THAT(fill({}, folder_.file("file")), StartsWith("4096 written, write ENOSPC, "));
}

TEST_F(FullDisk, IsTheSameWhereNothingCanBeMounted) {
  EXPECT_EQ(fill({"--preload"}, folder_.file("file")),
            "4096 written, write ENOSPC, fdatasync ENOSPC\n");
  EXPECT_EQ(std::filesystem::file_size(folder_.file("file")), 4096u);
}

TEST_F(FullDisk, IsOneFolderOnly) {
  for (const std::vector<std::string> &options :
       {std::vector<std::string>{}, std::vector<std::string>{"--preload"}})
    EXPECT_EQ(fill(options, other_.file("file")), "10000 written, write good, fdatasync good\n");
}

} // namespace
} // namespace gemmsmith
