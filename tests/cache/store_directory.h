// A directory for the stores of one test, and what lies in it.
#pragma once

#include "cache/store_layout.h"
#include "tests/cache/sample_entry.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace gemmsmith {

class StoreDirectory : public testing::Test {
protected:
  std::string entryPath(const CacheKey &key = sampleKey()) const {
    return store_ / entryFileName(key.hash());
  }
  std::string quarantinePath(const CacheKey &key = sampleKey()) const {
    return store_ / kQuarantineName / entryFileName(key.hash());
  }
  // Names of the files in the store's directory, sorted.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(store_))
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  static std::string readFile(const std::string &path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
  }
  // Anew: replacing the contents of a file makes some file systems wait for the disk.
  static void writeFile(const std::string &path, std::string_view bytes) {
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_.path(); // 0700
  std::filesystem::path store_ = root_ / "store";     // not there yet
};

// Runs `work` in a process of its own; its exit code, or 128 + the signal that ended it.
inline int inChild(const std::function<int()> &work) {
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Gives up the rights of root, where this process has them.
inline void becomeNobody() {
  constexpr uid_t kNobody = 65534;
  if (::geteuid() == 0 && ::setresuid(kNobody, kNobody, kNobody) != 0)
    ::_exit(99);
}

} // namespace gemmsmith
