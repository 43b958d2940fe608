#include "tools/service/remote_writer.h"

#include "tests/cache/sample_entry.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <chrono>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gemmsmith {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class RemoteWriterTest : public testing::Test {
protected:
  // Told apart by their manifests.
  static Entry entry(const std::string &manifest) {
    return {.key = sampleKey(), .manifest = manifest, .code_object = {}};
  }
  // The first put takes until the gate opens.
  RemoteWriterOptions options() {
    return {.put = [this](const Entry &entry) {
      if (done_.empty()) {
        begun_.set_value();
        opened_.wait();
      }
      done_.push_back(entry.manifest);
    }};
  }
  void putTheFirst() {
    writer_->put(entry("first"));
    begun_.get_future().wait();
  }

  const TemporaryFolder folder_;
  const std::string file_ = folder_.file("log");
  const std::unique_ptr<ServiceLog> log_ = ServiceLog::open(file_).value();
  std::promise<void> begun_, gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
  std::vector<std::string> done_;
  std::optional<RemoteWriter> writer_;
};

TEST_F(RemoteWriterTest, NobodyWaitsAndAllIsPutInTheEnd) {
  writer_.emplace(options(), *log_);
  putTheFirst();
  writer_->put(entry("second"));
  writer_->put(entry("third"));
  gate_.set_value();
  writer_.reset();
  EXPECT_THAT(done_, ElementsAre("first", "second", "third"));
}

TEST_F(RemoteWriterTest, WhatIsBeyondItsLimitIsNotPutAndThatIsSaidOnce) {
  RemoteWriterOptions few = options();
  few.most_waiting = 1;
  writer_.emplace(few, *log_);
  putTheFirst();
  for (const char *manifest : {"second", "third", "fourth"})
    writer_->put(entry(manifest));
  gate_.set_value();
  writer_.reset();
  EXPECT_THAT(done_, ElementsAre("first", "second"));
  const std::string log = readFile(file_);
  EXPECT_THAT(log, HasSubstr("the remote stores are too slow"));
  EXPECT_EQ(log.find("too slow"), log.rfind("too slow"));
}

TEST_F(RemoteWriterTest, AtTheEndItDoesNotWaitForAllThatIsLeft) {
  constexpr std::size_t kEntries = 200; // ten seconds' work
  writer_.emplace(RemoteWriterOptions{.put =
                                          [this](const Entry &entry) {
                                            std::this_thread::sleep_for(milliseconds(50));
                                            done_.push_back(entry.manifest);
                                          },
                                      .drain_limit = milliseconds(100)},
                  *log_);
  for (std::size_t i = 0; i < kEntries; ++i)
    writer_->put(entry("any"));
  writer_.reset();
  EXPECT_LT(done_.size(), kEntries);
  EXPECT_THAT(readFile(file_), HasSubstr("the end came before all was put"));
}

} // namespace
} // namespace gemmsmith
