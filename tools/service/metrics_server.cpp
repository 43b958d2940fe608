#include "tools/service/metrics_server.h"

#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <httplib.h>
#include <mutex>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMostWaiting = 16;       // connections that are accepted and not yet served
constexpr std::size_t kMaxBodyBytes = 4 << 10; // nobody has anything to send
constexpr time_t kSocketSeconds = 5;

// As httplib's own, but with an end: when it is full the server accepts no more, and who comes then
// waits in the kernel's queue, which has one too.
class BoundedTasks : public httplib::TaskQueue {
public:
  BoundedTasks() {
    for (std::thread &thread : threads_)
      thread = std::thread([this] { work(); });
  }

  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tasks_.size() < kMostWaiting; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  // Of the tasks that are left each only closes its connection: the server has stopped.
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread &thread : threads_)
      thread.join();
  }

private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ended_ || !tasks_.empty(); });
      if (tasks_.empty())
        return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      changed_.notify_all();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ended_ = false;
  std::array<std::thread, kThreads> threads_;
};

// httplib's default lets another process have the same port at the same time.
void setSocketOptions(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

std::string joined(const std::string &host, int port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

} // namespace

struct MetricsServer::State {
  httplib::Server server;
  std::string address;
  std::atomic<bool> ended = false; // it listens no more
  std::thread thread;
};

Expected<MetricsAddress> parseMetricsAddress(const std::string &text) {
  MetricsAddress address{.host = "127.0.0.1"};
  std::string_view port = text;
  if (const auto colon = port.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = port.substr(0, colon);
    port.remove_prefix(colon + 1);
    if (host.starts_with('[') && host.ends_with(']'))
      host = host.substr(1, host.size() - 2);
    if (!host.empty())
      address.host = host;
  }
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool whole = stop == port.data() + port.size();
  if (error != std::errc() || !whole || address.port < 0 || address.port > 65535)
    return makeError(
        ErrorKind::kUsage,
        fmt::format("'{}' is no address for metrics; give HOST:PORT, or PORT to listen "
                    "on 127.0.0.1",
                    text));
  return address;
}

Expected<std::unique_ptr<MetricsServer>> MetricsServer::listen(const MetricsAddress &address) {
  auto state = std::make_unique<State>();
  httplib::Server &server = state->server;
  server.new_task_queue = [] { return new BoundedTasks; };
  server.set_socket_options(setSocketOptions);
  server.set_payload_max_length(kMaxBodyBytes);
  server.set_read_timeout(kSocketSeconds);
  server.set_write_timeout(kSocketSeconds);
  // One scrape, one connection: else two that stay would keep both threads.
  server.set_keep_alive_max_count(1);
  const int port = address.port == 0 ? server.bind_to_any_port(address.host)
                   : server.bind_to_port(address.host, address.port) ? address.port
                                                                     : -1;
  if (port < 0)
    return makeError(ErrorKind::kFailed,
                     "cannot listen there for metrics: is the port free, and the address one of "
                     "this machine?",
                     joined(address.host, address.port));
  state->address = joined(address.host, port);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

MetricsServer::~MetricsServer() {
  if (!state_->thread.joinable())
    return;
  // stop() before the thread has begun to listen would be forgotten.
  while (!state_->server.is_running() && !state_->ended)
    std::this_thread::yield();
  state_->server.stop();
  state_->thread.join();
}

const std::string &MetricsServer::address() const {
  return state_->address;
}

void MetricsServer::run(std::function<std::string()> text) {
  state_->server.Get(
      "/metrics", [text = std::move(text)](const httplib::Request &, httplib::Response &response) {
        response.set_content(text(), "text/plain; version=0.0.4; charset=utf-8");
      });
  state_->thread = std::thread([state = state_.get()] {
    state->server.listen_after_bind();
    state->ended = true;
  });
}

} // namespace gemmsmith
