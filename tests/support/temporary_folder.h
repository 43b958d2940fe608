// A folder of a test's own, gone with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace gemmsmith {

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string path = std::filesystem::temp_directory_path() / "gemmsmith-test-XXXXXX";
    if (!::mkdtemp(path.data()))
      throw std::runtime_error("cannot make a folder in " + path);
    path_ = path;
  }
  // Also where a test has taken away the owner's permissions.
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string path() const { return path_; }
  std::string file(const std::string &name) const { return path_ / name; }
  // Replaces the file in one step, as an editor does.
  std::string write(const std::string &name, const std::string &bytes) const {
    const std::string temporary = file(name + ".new");
    std::ofstream(temporary, std::ios::binary) << bytes;
    std::filesystem::rename(temporary, file(name));
    return file(name);
  }

private:
  std::filesystem::path path_;
};

inline std::string bytesOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace gemmsmith
