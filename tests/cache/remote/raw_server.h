// A server that reads what it is sent and answers with bytes that are no protocol's.
#pragma once

#include "configs/file_descriptor.h"
#include "tests/support/server_process.h"

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gemmsmith {

class RawServer {
public:
  // Called with each connection, after its first bytes have come; sends until it returns.
  using Talk = std::function<void(int fd)>;

  explicit RawServer(Talk talk) : talk_(std::move(talk)) {
    listener_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address = ServerProcess::loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr *>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr *>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~RawServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  RawServer(const RawServer &) = delete;
  RawServer &operator=(const RawServer &) = delete;

  int port() const { return port_; }

  // For connections that are never answered.
  void stall() const {
    while (!stopping_)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  // False when the other side is gone.
  static bool send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

private:
  void run() {
    while (!stopping_) {
      const FileDescriptor connection(::accept(listener_.get(), nullptr, nullptr));
      std::array<char, 4096> request{};
      if (connection.get() >= 0 && ::recv(connection.get(), request.data(), request.size(), 0) > 0)
        talk_(connection.get());
    }
  }

  Talk talk_;
  FileDescriptor listener_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace gemmsmith
