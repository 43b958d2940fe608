// Compile services of a test's own, with a socket and a store of its own, gone with the test.
#pragma once

#include "configs/file_descriptor.h"
#include "configs/kernel_name.h"
#include "runtime/service/service_client.h"
#include "runtime/service/service_socket.h"
#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

namespace gemmsmith {

// Whether it holds within `seconds`.
inline bool comesTrue(const std::function<bool()> &condition, int seconds = 20) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Small kernels, all different.
inline KernelConfig kernelNumber(int i) {
  return parseKernelName(fmt::format("gemm_gfx950_bf16_bf16_ring_t16x64x64_s2_w1x1x1_gm{}", i + 1))
      .value();
}

class ServiceTest : public testing::Test {
protected:
  using Environment = std::map<std::string, std::string>;

  // A service that clients start inherits the test's environment.
  void SetUp() override {
    for (const auto &[name, value] : environment())
      ::setenv(name.c_str(), value.c_str(), 1);
  }
  // Also those that clients have started.
  void TearDown() override {
    services_.clear();
    while (const pid_t pid = servicePid()) {
      ::kill(pid, SIGKILL);
      ASSERT_TRUE(comesTrue([&] { return !isAlive(pid); }));
    }
  }

  Environment environment() const {
    return {{"GEMMSMITH_CACHE", "rw"},
            {"GEMMSMITH_CACHE_DIR", store_},
            {"GEMMSMITH_WORKER", LLVM_WORKER},
            // Trying the hiprtcs of this machine takes seconds.
            {"GEMMSMITH_HIPRTC", "/nonexistent"},
            {"GEMMSMITH_ROCM_ROOT", ""}};
  }
  static Environment faulty(const std::string &fault) {
    return {{"GEMMSMITH_WORKER", FAULTY_WORKER}, {"GEMMSMITH_TEST_FAULT", fault}};
  }
  // The same for services that clients start.
  static void useFault(const std::string &fault) {
    for (const auto &[name, value] : faulty(fault))
      ::setenv(name.c_str(), value.c_str(), 1);
  }

  std::vector<std::string> serveCommand(const std::vector<std::string> &arguments) const {
    std::vector<std::string> command{GEMMSMITH, "serve", "--socket", socket_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
  }
  // In the foreground, and listening.
  Program &start(const std::vector<std::string> &arguments = {}, const Environment &changes = {},
                 long file_size_limit = 0) {
    Environment all = environment();
    for (const auto &[name, value] : changes)
      all[name] = value;
    services_.push_back(std::make_unique<Program>(
        serveCommand(arguments),
        ProgramOptions{.environment = all, .file_size_limit = file_size_limit}));
    Program &service = *services_.back();
    EXPECT_TRUE(comesTrue([&] { return servicePid() == service.pid(); }));
    return service;
  }
  ProgramResult control(const std::vector<std::string> &arguments) const {
    std::vector<std::string> command{GEMMSMITH, "serve", "--socket", socket_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return runProgram(command);
  }

  // Of who listens; 0 = nobody.
  pid_t servicePid() const {
    const auto connection = connectToService(socket_);
    if (!connection || connection->get() < 0)
      return 0;
    return trustedPeer(connection->get(), socket_).value_or(ucred{}).pid;
  }

  ServiceOptions clientOptions() const { return {.socket = socket_, .program = {}}; }
  ServiceOptions startingOptions() const { return {.socket = socket_, .program = GEMMSMITH}; }
  // Null when none answers.
  nlohmann::json status() const {
    const auto text = ServiceClient(clientOptions()).status();
    return text ? nlohmann::json::parse(*text) : nlohmann::json();
  }
  bool hasJobs(std::size_t n) const {
    const auto now = status();
    return now.is_object() && now["jobs"] == n;
  }
  // Empty when it is there, else why not.
  static std::string failure(const Expected<ServiceAnswer> &answer) {
    return answer ? "" : answer.error().str();
  }

  // Runs `work` in `n` processes at the same time; how many returned true.
  static int countGood(int n, const std::function<bool(int)> &work) {
    std::vector<pid_t> children;
    for (int i = 0; i < n; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0)
        ::_exit(work(i) ? 0 : 1);
      children.push_back(pid);
    }
    int good = 0;
    for (const pid_t pid : children) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      good += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    return good;
  }

  const TemporaryFolder folder_;
  const std::string run_ = folder_.file("run");
  const std::string socket_ = run_ + "/service.sock";
  const std::string store_ = folder_.file("store");
  std::vector<std::unique_ptr<Program>> services_;
};

} // namespace gemmsmith
