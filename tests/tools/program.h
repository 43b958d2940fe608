// Running a program from a test, and looking at what it did.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace gemmsmith {

struct ProgramResult {
  int exit_code = -1; // 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

struct ProgramOptions {
  // Beside the test's own. Without a word about them here, GEMMSMITH_CACHE and GEMMSMITH_SERVICE
  // are off: no test may depend on the store and the service of the user who runs it.
  std::map<std::string, std::string> environment;
  long file_size_limit = 0; // bytes a file may grow to (soft); 0 = no limit
};

class Program {
public:
  // Starts `arguments[0]`; standard input is empty.
  Program(const std::vector<std::string> &arguments, const ProgramOptions &options = {});
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  pid_t pid() const { return pid_; }
  // Process IDs of its children.
  std::vector<pid_t> children() const;
  void signal(int signal) const;
  // Waits for its end; kills it, and so fails, after a minute.
  ProgramResult wait();

private:
  pid_t pid_ = -1;
  std::string out_path_;
  std::string err_path_;
};

ProgramResult runProgram(const std::vector<std::string> &arguments,
                         const ProgramOptions &options = {});

// Whether a process of this ID lives; a zombie does not.
bool isAlive(pid_t pid);

// The file's bytes; empty when it is not there.
std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);

} // namespace gemmsmith
