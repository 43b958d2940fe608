#include "tests/tools/program.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace gemmsmith {

namespace {

std::string temporaryFile() {
  std::string path = "/tmp/gemmsmith-test-XXXXXX";
  const int fd = ::mkstemp(path.data());
  if (fd < 0)
    throw std::runtime_error("no temporary file");
  ::close(fd);
  return path;
}

} // namespace

Program::Program(const std::vector<std::string> &arguments, const ProgramOptions &options)
    : out_path_(temporaryFile()), err_path_(temporaryFile()) {
  std::vector<char *> argv;
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0)
    return;
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(::open(out_path_.c_str(), O_WRONLY), 1);
  ::dup2(::open(err_path_.c_str(), O_WRONLY), 2);
  ::setenv("GEMMSMITH_CACHE", "off", 1);
  ::setenv("GEMMSMITH_SERVICE", "off", 1);
  ::unsetenv("GEMMSMITH_REMOTE");
  for (const auto &[name, value] : options.environment)
    ::setenv(name.c_str(), value.c_str(), 1);
  if (options.file_size_limit > 0) {
    const rlimit limit{static_cast<rlim_t>(options.file_size_limit), RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Program::~Program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::unlink(out_path_.c_str());
  ::unlink(err_path_.c_str());
}

std::vector<pid_t> Program::children() const {
  std::vector<pid_t> pids;
  for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
    const std::string stat = readFile(entry.path() / "stat");
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos)
      continue;
    std::istringstream fields(stat.substr(name_end + 1));
    std::string state;
    pid_t parent = 0;
    if (fields >> state >> parent && parent == pid_ && state != "Z")
      pids.push_back(static_cast<pid_t>(std::atoi(entry.path().filename().c_str())));
  }
  return pids;
}

void Program::signal(int signal) const {
  ::kill(pid_, signal);
}

ProgramResult Program::wait() {
  int status = 0;
  bool ended = false;
  for (int i = 0; i < 6000 && !ended; ++i) {
    ended = ::waitpid(pid_, &status, WNOHANG) == pid_;
    if (!ended)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  if (!ended) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status, 0);
  }
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), readFile(out_path_),
          readFile(err_path_)};
}

ProgramResult runProgram(const std::vector<std::string> &arguments, const ProgramOptions &options) {
  return Program(arguments, options).wait();
}

bool isAlive(pid_t pid) {
  const std::string stat = readFile("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.substr(name_end, 3) != ") Z";
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace gemmsmith
