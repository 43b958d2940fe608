// All connections of a compile service, on one thread.
//
// Promises: whatever a client sends, or does not, costs others nothing: nothing blocks, a request
// that is not complete within ten seconds and a response that nobody takes for as long end their
// connection, and there are at most kMaxConnections. Only this user and root are served. run()
// returns when `stop_fd` is readable, when nothing has been asked for as long as `idle`, or when
// the socket's file is no longer the service's; by then the place is free for a successor, and
// every request that had come is answered. A response that is not taken whole within ten seconds
// does not keep it from that. Does not: know what is compiled. Not thread-safe, but
// for deliver().
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"
#include "tools/service/broker.h"
#include "tools/service/connection.h"
#include "tools/service/listening_socket.h"
#include "tools/service/service_counters.h"
#include "tools/service/service_log.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct ConnectionLoopOptions {
  int stop_fd = -1;
  std::chrono::seconds idle{0}; // 0 = never
  std::function<std::string()> status;
  std::function<std::string_view()> reason_to_leave; // asked now and then; empty = none
};

class ConnectionLoop {
public:
  static constexpr std::size_t kMaxConnections = 1024;

  // All but the options must outlive the loop. The socket listens already.
  static Expected<std::unique_ptr<ConnectionLoop>> make(ConnectionLoopOptions options,
                                                        ListeningSocket &socket,
                                                        ServiceCounters &counters, ServiceLog &log);
  ConnectionLoop(const ConnectionLoop &) = delete;
  ConnectionLoop &operator=(const ConnectionLoop &) = delete;

  // `broker` answers through deliver().
  void run(Broker &broker);
  // The broker's answer to some of the waiters; those that are gone get none. Thread-safe.
  void deliver(const std::vector<WaiterId> &waiters, ResponseBytes response, RequestResult result);

private:
  using Time = Connection::Time;
  struct Delivery {
    std::vector<WaiterId> waiters;
    ResponseBytes response;
    RequestResult result;
  };

  ConnectionLoop(ConnectionLoopOptions options, ListeningSocket &socket, ServiceCounters &counters,
                 ServiceLog &log, FileDescriptor epoll, FileDescriptor wake);

  void acceptAll();
  void handle(std::uint64_t source, std::uint32_t events);
  void readFrom(WaiterId id, Connection &connection);
  void serve(WaiterId id, Connection &connection);
  void answer(WaiterId id, Connection &connection, ResponseBytes response, RequestResult result);
  void writeTo(WaiterId id, Connection &connection);
  void deliverAll();
  void tick();
  bool isTooSlow(const Connection &connection) const;
  std::vector<WaiterId>
  connectionsThat(const std::function<bool(const Connection &)> &condition) const;
  void stop(std::string_view why);
  void close(WaiterId id);
  bool watch(int fd, std::uint64_t source, std::uint32_t events, int operation) const;
  void watchConnection(WaiterId id, const Connection &connection) const;

  ConnectionLoopOptions options_;
  ListeningSocket &socket_;
  ServiceCounters &counters_;
  ServiceLog &log_;
  Broker *broker_ = nullptr;
  FileDescriptor epoll_;
  FileDescriptor wake_; // an eventfd: there are deliveries
  std::map<WaiterId, Connection> connections_;
  WaiterId next_id_;
  Time now_;
  Time last_request_; // or the end of the last compile
  Time looked_around_;
  bool stopping_ = false;
  Time stopped_; // when that began
  bool accepting_ = true;
  std::mutex deliveries_mutex_;
  std::vector<Delivery> deliveries_;
};

} // namespace gemmsmith
