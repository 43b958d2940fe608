// A server that answers as a test says.
#pragma once

#include <atomic>
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <httplib.h>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gemmsmith {

class ScriptedServer {
public:
  using Handler = std::function<void(const httplib::Request &, httplib::Response &)>;

  explicit ScriptedServer(Handler handler)
      : ScriptedServer(std::make_unique<httplib::Server>(), "http", std::move(handler)) {}
  // With TLS.
  ScriptedServer(Handler handler, const std::string &certificate, const std::string &key)
      : ScriptedServer(std::make_unique<httplib::SSLServer>(certificate.c_str(), key.c_str()),
                       "https", std::move(handler)) {}
  ~ScriptedServer() {
    stopping_ = true;
    server_->stop();
    thread_.join();
  }
  ScriptedServer(const ScriptedServer &) = delete;
  ScriptedServer &operator=(const ScriptedServer &) = delete;

  std::string url() const { return fmt::format("{}://127.0.0.1:{}", scheme_, port_); }

  int port() const { return port_; }

  // "GET /ac/..." and so on, and what Authorization said.
  struct Seen {
    std::string request;
    std::string authorization;
  };
  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  // For handlers that never answer.
  void stall() const {
    while (!stopping_)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

private:
  ScriptedServer(std::unique_ptr<httplib::Server> server, const char *scheme, Handler handler)
      : server_(std::move(server)), scheme_(scheme), handler_(std::move(handler)) {
    const auto handle = [this](const httplib::Request &request, httplib::Response &response) {
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(
            {request.method + " " + request.path, request.get_header_value("Authorization")});
      }
      handler_(request, response);
    };
    server_->Get(".*", handle);
    server_->Put(".*", handle);
    server_->Delete(".*", handle);
    // Else the answers to small requests wait for the client's acknowledgement of their first half.
    server_->set_tcp_nodelay(true);
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  std::unique_ptr<httplib::Server> server_;
  const char *scheme_;
  Handler handler_;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::atomic<bool> stopping_ = false;
  int port_ = 0;
  std::thread thread_;
};

} // namespace gemmsmith
