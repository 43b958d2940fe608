#include "cache/compiler_record.h"
#include "cache/disk_store.h"
#include "cache/eviction.h"
#include "cache/trusted_directory.h"
#include "tests/cache/store_directory.h"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace gemmsmith {
namespace {

class CompilerRecords : public StoreDirectory {
protected:
  CompilerRecords() : program_(folder_.write("gemmsmith", "a program")) {}

  CompilerRecord record(const std::string &compiler = kCompiler) const {
    return makeCompilerRecord(compiler, {program_}).value();
  }
  int open() {
    directory_ = openTrustedDirectory(store_, WhenAbsent::kCreate).value();
    return directory_.get();
  }

  const std::string program_;
  FileDescriptor directory_;
};

TEST_F(CompilerRecords, WhatIsWrittenIsRead) {
  const int directory = open();
  const Hash128 installation = installationHash(program_);
  EXPECT_EQ(readCompilerRecord(directory, installation), std::nullopt);
  ASSERT_TRUE(writeCompilerRecord(directory, installation, record()));
  EXPECT_EQ(readCompilerRecord(directory, installation), record());
  EXPECT_TRUE(readCompilerRecord(directory, installation)->isCurrent());
}

TEST_F(CompilerRecords, AFileThatChangesMakesItOld) {
  const CompilerRecord before = record();
  folder_.write("gemmsmith", "another program");
  EXPECT_FALSE(before.isCurrent());
  const CompilerRecord after = record();
  std::filesystem::remove(program_);
  EXPECT_FALSE(after.isCurrent());
}

TEST_F(CompilerRecords, AFileThatIsReplacedByOneOfItsSizeMakesItOld) {
  const CompilerRecord before = record();
  folder_.write("gemmsmith", "A program");
  // A coarse clock may give the new file the old one's date.
  const timespec times[2] = {{.tv_sec = 5, .tv_nsec = 0}, {.tv_sec = 5, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, program_.c_str(), times, 0), 0);
  EXPECT_FALSE(before.isCurrent());
}

TEST_F(CompilerRecords, OneWithoutFilesIsNeverCurrent) {
  EXPECT_FALSE(makeCompilerRecord(kCompiler, {}).value().isCurrent());
}

TEST_F(CompilerRecords, AFileThatIsNotThereMakesNone) {
  const auto made = makeCompilerRecord(kCompiler, {root_ / "nothing"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().where, root_ / "nothing");
}

TEST_F(CompilerRecords, InstallationsDoNotOverwriteEachOther) {
  const int directory = open();
  const std::string other = folder_.write("other", "a program");
  ASSERT_TRUE(writeCompilerRecord(directory, installationHash(program_), record()));
  ASSERT_TRUE(
      writeCompilerRecord(directory, installationHash(other), record(std::string(32, 'e'))));
  EXPECT_EQ(readCompilerRecord(directory, installationHash(program_)), record());
}

TEST_F(CompilerRecords, AnInstallationIsItsProgramAndItsEnvironment) {
  const Hash128 plain = installationHash(program_);
  std::filesystem::create_symlink(program_, root_ / "link");
  EXPECT_EQ(installationHash(root_ / "link"), plain);
  folder_.write("gemmsmith", "another program");
  EXPECT_NE(installationHash(program_), plain);
  folder_.write("gemmsmith", "a program");
  const Hash128 again = installationHash(program_);
  ASSERT_EQ(::setenv("GEMMSMITH_HIPRTC", "/somewhere", 1), 0);
  EXPECT_NE(installationHash(program_), again);
  ::unsetenv("GEMMSMITH_HIPRTC");
}

TEST_F(CompilerRecords, CompilersAreThoseOfRecordsFromTheLastAndThoseThatEntriesName) {
  const auto disk = DiskStore::open({.directory = store_}).value();
  const int directory = disk->directory();
  EXPECT_TRUE(compilersOf(directory).empty());
  EXPECT_TRUE(compilersOf(-1).empty());
  const std::string third(32, 'a');
  ASSERT_TRUE(disk->put(sampleEntry(sampleKey(kKernel, third))));
  ASSERT_TRUE(disk->put(sampleEntry(sampleKey(kOtherKernel, third))));
  ASSERT_TRUE(disk->put(sampleEntry()));
  const Hash128 first = hash128(std::string_view("first"));
  const Hash128 second = hash128(std::string_view("second"));
  ASSERT_TRUE(writeCompilerRecord(directory, second, record(std::string(32, 'e'))));
  ASSERT_TRUE(writeCompilerRecord(directory, first, record()));
  const timespec old[2] = {{.tv_sec = 5, .tv_nsec = 0}, {.tv_sec = 5, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(directory, compilerRecordName(second).c_str(), old, 0), 0);
  EXPECT_THAT(compilersOf(directory), testing::ElementsAre(kCompiler, std::string(32, 'e'), third));
}

TEST_F(CompilerRecords, OneThatOthersCanWriteToIsNotTrusted) {
  const int directory = open();
  const Hash128 installation = installationHash(program_);
  ASSERT_TRUE(writeCompilerRecord(directory, installation, record()));
  ASSERT_EQ(::fchmodat(directory, compilerRecordName(installation).c_str(), 0666, 0), 0);
  EXPECT_EQ(readCompilerRecord(directory, installation), std::nullopt);
  EXPECT_TRUE(compilersOf(directory).empty());
}

TEST_F(CompilerRecords, EveryTruncationThatIsNotWholeLinesIsNone) {
  const std::string text = encodeCompilerRecord(record());
  EXPECT_EQ(decodeCompilerRecord(text), record());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_TRUE(!decodeCompilerRecord(text.substr(0, size)) || text[size - 1] == '\n') << size;
}

TEST_F(CompilerRecords, WhatIsNoRecordIsNone) {
  const std::string head = std::string("gemmsmith-compiler-1\ncompiler ") + kCompiler + "\n";
  EXPECT_TRUE(decodeCompilerRecord(head));
  for (const char *tail : {"file\n", "file 1 2\n", "file 1 2 \n", "file x 2 /p\n", "file 1 -x /p\n",
                           "file 1 2 /p", "\n", "more\n"})
    EXPECT_FALSE(decodeCompilerRecord(head + tail)) << tail;
  EXPECT_FALSE(decodeCompilerRecord("gemmsmith-compiler-1\ncompiler 0123\n"));
  EXPECT_FALSE(decodeCompilerRecord("gemmsmith-compiler-2\n" + head.substr(head.find('\n') + 1)));
}

TEST_F(CompilerRecords, OldOnesGoWithTheNextEviction) {
  const int directory = open();
  const Hash128 installation = installationHash(program_);
  ASSERT_TRUE(writeCompilerRecord(directory, installation, record()));
  ASSERT_TRUE(evict(directory, 0));
  EXPECT_TRUE(readCompilerRecord(directory, installation));
  const timespec old[2] = {{.tv_sec = 5, .tv_nsec = 0}, {.tv_sec = 5, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(directory, compilerRecordName(installation).c_str(), old, 0), 0);
  ASSERT_TRUE(evict(directory, 0));
  EXPECT_FALSE(readCompilerRecord(directory, installation));
}

TEST_F(CompilerRecords, AllGoWithTheStoresEntries) {
  const int directory = open();
  const Hash128 installation = installationHash(program_);
  ASSERT_TRUE(writeCompilerRecord(directory, installation, record()));
  ASSERT_TRUE(evictAll(directory));
  EXPECT_FALSE(readCompilerRecord(directory, installation));
}

} // namespace
} // namespace gemmsmith
