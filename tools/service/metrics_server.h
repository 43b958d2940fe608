// The metrics of a compile service over HTTP: GET /metrics.
//
// Promises: `text` is asked on a thread of the server's own, for each request; what clients do
// costs the service two threads and some twenty descriptors at most: beyond that they wait. The
// port is the service's alone. Does not: authenticate. Whoever reaches the address may read.
#pragma once

#include "configs/error.h"

#include <functional>
#include <memory>
#include <string>

namespace gemmsmith {

// "HOST:PORT", "[::1]:PORT", ":PORT" or "PORT"; without a host it is 127.0.0.1. Port 0 = any.
struct MetricsAddress {
  std::string host;
  int port = 0;
};
// kUsage when it is none.
Expected<MetricsAddress> parseMetricsAddress(const std::string &text);

class MetricsServer {
public:
  // Listens, and answers once run() was called.
  static Expected<std::unique_ptr<MetricsServer>> listen(const MetricsAddress &address);
  ~MetricsServer();
  MetricsServer(const MetricsServer &) = delete;
  MetricsServer &operator=(const MetricsServer &) = delete;

  // "127.0.0.1:9090", with the port that it really has.
  const std::string &address() const;
  // `text` must stay callable until this goes.
  void run(std::function<std::string()> text);

private:
  struct State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace gemmsmith
