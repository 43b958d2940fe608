// Applications that get their kernels just in time: their surroundings, and what they print.
#pragma once

#include "tests/support/temporary_folder.h"
#include "tests/tools/program.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace gemmsmith {

// The last line that an application prints: "hits directory=0 bundle=0 … verified=16".
inline std::map<std::string, int> countsOf(const ProgramResult &result) {
  std::map<std::string, int> counts;
  std::istringstream line(result.out.substr(result.out.rfind("hits ") + 1));
  for (std::string word; line >> word;)
    if (const auto equals = word.find('='); equals != word.npos)
      counts[word.substr(0, equals)] = std::stoi(word.substr(equals + 1));
  return counts;
}

class Serving : public testing::Test {
protected:
  static constexpr int kKernels = 16; // of kernels.csv

  // Nothing but the store and the service of this test, both empty.
  ProgramOptions surroundings(const std::map<std::string, std::string> &more = {}) const {
    ProgramOptions options{.environment = {{"LD_LIBRARY_PATH", HIPEMU_FOLDER},
                                           {"GEMMSMITH_DEVICE", "hip"},
                                           {"GEMMSMITH_HIP_LIBRARY", ""},
                                           {"GEMMSMITH_OBJECTS", ""},
                                           {"GEMMSMITH_TABLES", APPLICATION_TABLE},
                                           {"GEMMSMITH_EMULATOR_THREADS", "1"},
                                           {"GEMMSMITH_CACHE", "rw"},
                                           {"GEMMSMITH_CACHE_DIR", store_},
                                           {"GEMMSMITH_CACHE_SIZE", ""},
                                           {"GEMMSMITH_BUNDLES", ""},
                                           {"GEMMSMITH_REMOTE", ""},
                                           {"GEMMSMITH_COMPILER", ""},
                                           {"GEMMSMITH_SERVICE", "auto"},
                                           {"GEMMSMITH_SOCKET", socket_},
                                           {"GEMMSMITH_PROGRAM", GEMMSMITH},
                                           // The same compiler whatever ROCm this machine has.
                                           {"GEMMSMITH_HIPRTC", "/nonexistent"}}};
    for (const auto &[name, value] : more)
      options.environment[name] = value;
    return options;
  }
  ProgramResult run(const std::map<std::string, std::string> &more = {},
                    std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), APPLICATION);
    return runProgram(arguments, surroundings(more));
  }
  ProgramResult command(std::vector<std::string> arguments,
                        const std::map<std::string, std::string> &more = {}) const {
    arguments.insert(arguments.begin(), GEMMSMITH);
    return runProgram(arguments, surroundings(more));
  }

  // What the service says of itself; null when none runs.
  nlohmann::json status() const {
    const ProgramResult result = command({"serve", "--status", "--json"});
    return result.exit_code == 0 ? nlohmann::json::parse(result.out) : nlohmann::json();
  }
  void stopService() const { (void)command({"serve", "--stop"}); }
  void TearDown() override { stopService(); }

  std::size_t entries() const {
    std::size_t count = 0;
    if (std::filesystem::exists(store_))
      for (const auto &file : std::filesystem::directory_iterator(store_))
        count += file.path().extension() == ".entry" ? 1 : 0;
    return count;
  }

  // All was right, and `tier` alone had every kernel.
  static void expectAllFrom(const std::string &tier, const ProgramResult &result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    auto counts = countsOf(result);
    for (const char *other : {"directory", "bundle", "disk", "remote", "service"})
      EXPECT_EQ(counts[other], other == tier ? kKernels : 0) << other << "\n"
                                                             << result.out << result.err;
    EXPECT_EQ(counts["verified"], kKernels);
    EXPECT_EQ(counts["warnings"], 0) << result.err;
  }

  const TemporaryFolder folder_;
  const std::string store_ = folder_.file("store");
  const std::string socket_ = folder_.file("run/service.sock");
};

} // namespace gemmsmith
