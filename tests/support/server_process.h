// A server program, for the time of a test.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gemmsmith {

class ServerProcess {
public:
  // Ready when somebody listens at the port. Fails the test when that does not come to pass.
  ServerProcess(const std::vector<std::string> &command, int port) {
    start(command);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!listens(port) && std::chrono::steady_clock::now() < give_up && running())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_TRUE(listens(port)) << command.front()
                               << " does not run; tools/setup.sh installs what tests need";
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
    child_ = ::fork();
    if (child_ != 0)
      return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
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
  static bool listens(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    const bool connected =
        ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0;
    ::close(fd);
    return connected;
  }

  pid_t child_ = -1;
};

} // namespace gemmsmith
