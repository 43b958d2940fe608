#include "tests/compiler/hiprtc/worker_session.h"

#include <cstdlib>
#include <future>
#include <utility>

namespace gemmsmith {

namespace fs = std::filesystem;

void WorkerSession::SetUp() {
  setEnvironment("TMPDIR", temporary_);
}

void WorkerSession::TearDown() {
  EXPECT_EQ(temporaryFiles(), std::vector<std::string>());
  for (const auto &[name, value] : previous_)
    if (value)
      ::setenv(name.c_str(), value->c_str(), 1);
    else
      ::unsetenv(name.c_str());
}

void WorkerSession::setEnvironment(const std::string &name, const std::string &value) {
  const char *now = std::getenv(name.c_str());
  previous_.emplace(name, now != nullptr ? std::optional<std::string>(now) : std::nullopt);
  ::setenv(name.c_str(), value.c_str(), 1);
}

std::vector<std::string> WorkerSession::temporaryFiles() const {
  std::vector<std::string> names;
  for (const auto &entry : fs::directory_iterator(temporary_))
    names.push_back(entry.path().filename());
  return names;
}

WorkerPoolOptions WorkerSession::poolOptions(const fs::path &program, int workers) {
  WorkerPoolOptions options{.workers = workers, .program = program};
  options.temporary_directories = true;
  return options;
}

Expected<WorkerResponse> WorkerSession::call(WorkerPool &pool, WorkerRequest request) {
  std::promise<Expected<WorkerResponse>> promise;
  pool.submit(std::move(request),
              [&](Expected<WorkerResponse> response) { promise.set_value(std::move(response)); });
  return promise.get_future().get();
}

std::string WorkerSession::textOf(const std::vector<std::byte> &bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::vector<std::byte> WorkerSession::bytesOf(const std::string &text) {
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  return {bytes, bytes + text.size()};
}

} // namespace gemmsmith
