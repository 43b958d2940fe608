#include "tools/service/metrics_server.h"

#include <charconv>
#include <fmt/format.h>
#include <httplib.h>
#include <string_view>
#include <thread>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMaxBodyBytes = 4 << 10; // nobody has anything to send
constexpr time_t kSocketSeconds = 5;

} // namespace

struct MetricsServer::State {
  httplib::Server server;
  std::string address;
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
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
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
                     fmt::format("{}:{}", address.host, address.port));
  state->address = fmt::format("{}:{}", address.host, port);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

MetricsServer::~MetricsServer() {
  if (!state_->thread.joinable())
    return;
  // stop() before the thread has begun to listen would be forgotten.
  while (!state_->server.is_running())
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
  state_->thread = std::thread([server = &state_->server] { server->listen_after_bind(); });
}

} // namespace gemmsmith
