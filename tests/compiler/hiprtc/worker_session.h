// What the tests of gemmsmith-hiprtc have in common: an environment of their own for each test, and
// requests to workers that run in it.
#pragma once

#include "compiler/worker_pool.h"
#include "tests/support/temporary_folder.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gemmsmith {

// A test with an empty $TMPDIR, and with the environment as it was before when it ends.
class WorkerSession : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override; // fails if something is left in $TMPDIR

  void setEnvironment(const std::string &name, const std::string &value);
  const std::filesystem::path &temporary() const { return temporary_; }
  // Names of what is in $TMPDIR now.
  std::vector<std::string> temporaryFiles() const;

  static WorkerPoolOptions poolOptions(const std::filesystem::path &program, int workers = 1);
  static Expected<WorkerResponse> call(WorkerPool &pool, WorkerRequest request);
  static std::string textOf(const std::vector<std::byte> &bytes);
  static std::vector<std::byte> bytesOf(const std::string &text);

private:
  const TemporaryFolder folder_;
  const std::filesystem::path temporary_ = folder_.path();
  std::map<std::string, std::optional<std::string>> previous_;
};

} // namespace gemmsmith
