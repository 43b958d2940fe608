// A server program, for the time of a test.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gemmsmith {

class ServerProcess {
public:
  // Ready when it listens at the port, over IPv4. Fails the test when that does not come to pass,
  // as where another program was faster to take a port that was free.
  ServerProcess(const std::vector<std::string> &command, int port) {
    start(command);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    bool ready = listens(port);
    while (!ready && std::chrono::steady_clock::now() < give_up && running()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ready = listens(port);
    }
    EXPECT_TRUE(ready) << command.front() << " does not listen at port " << port
                       << ": it is not installed (tools/setup.sh installs what tests "
                          "need), or another program has taken the port since";
  }
  ~ServerProcess() { kill(); }
  ServerProcess(const ServerProcess &) = delete;
  ServerProcess &operator=(const ServerProcess &) = delete;

  void kill() {
    if (child_ > 0 && running()) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    child_ = -1;
  }
  // Takes connections, and does nothing with them.
  void freeze() const { ::kill(child_, SIGSTOP); }

  // One that nobody uses at the moment.
  static int freePort() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr *>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size), 0);
    ::close(fd);
    return ntohs(address.sin_port);
  }

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

private:
  void start(const std::vector<std::string> &command) {
    std::vector<char *> arguments;
    for (const std::string &word : command)
      arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    child_ = ::fork();
    if (child_ != 0)
      return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
      ::_exit(127); // it has ended before that was set
    const int nothing = ::open("/dev/null", O_RDWR);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  bool running() {
    if (child_ > 0 && ::waitpid(child_, nullptr, WNOHANG) != 0)
      child_ = -1;
    return child_ > 0;
  }
  // Whether the child does: that one can connect would be true of another program's port as well.
  bool listens(int port) const {
    if (child_ <= 0)
      return false;
    std::ifstream sockets("/proc/net/tcp");
    for (std::string line; std::getline(sockets, line);) {
      constexpr const char *kListening = "0A";
      std::istringstream columns(line);
      std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      columns >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
          timeout >> inode;
      const std::size_t colon = local.find(':');
      const std::string socket = "socket:[" + inode + "]";
      // What this process has, the child has as well until it is another program.
      if (state == kListening && colon != local.npos &&
          std::stoi(local.substr(colon + 1), nullptr, 16) == port && has(child_, socket) &&
          !has(::getpid(), socket))
        return true;
    }
    return false;
  }
  static bool has(pid_t process, const std::string &open_file) {
    std::error_code error;
    const auto files = std::filesystem::path("/proc") / std::to_string(process) / "fd";
    for (std::filesystem::directory_iterator file(files, error), end; !error && file != end;
         file.increment(error)) {
      std::error_code gone;
      if (std::filesystem::read_symlink(file->path(), gone) == open_file)
        return true;
    }
    return false;
  }

  pid_t child_ = -1;
};

} // namespace gemmsmith
