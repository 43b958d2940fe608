// A connection to a Redis server, over TCP or a socket of the machine.
//
// Promises: connecting and each command end within their timeouts, however slowly the server
// answers; an answer larger than was asked for is not received, nor one of more than one value. No
// signal is raised. Programs that are executed do not inherit the connection. Not thread-safe.
// Does not: connect again; after a failure other than an error reply it is of no use. Bound the
// time in which the name of the host is looked up: hiredis does that with getaddrinfo(), which
// takes as long as the system's resolver lets it.
#pragma once

#include "cache/remote/module_interface.h"
#include "configs/error.h"

#include <chrono>
#include <cstdint>
#include <hiredis/hiredis.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

struct RedisOptions {
  std::string host;
  std::string socket_path; // instead of host and port
  int port = 0;
  std::uint32_t database = 0;
  std::string user;
  std::string password;
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds timeout{};
  std::uint64_t max_bytes = 0; // of a value
};

class RedisConnection {
public:
  // Connected, logged in, and with its database chosen.
  static Expected<std::unique_ptr<RedisConnection>> open(const RedisOptions &options);

  struct ReplyFreer {
    void operator()(redisReply *reply) const { freeReplyObject(reply); }
  };
  using Reply = std::unique_ptr<redisReply, ReplyFreer>;
  struct Failure {
    std::string why;
    bool broken = false; // the connection was closed, maybe long ago
  };

  // The reply to a command, given as its words. An error reply is a failure, too.
  tl::expected<Reply, Failure> command(const std::vector<std::string_view> &words);

  // Whether it can be asked for more.
  bool usable() const { return usable_; }

private:
  struct Freer {
    void operator()(redisContext *context) const { redisFree(context); }
  };
  explicit RedisConnection(const RedisOptions &options) : options_(options) {}

  using Deadline = std::chrono::steady_clock::time_point;
  Expected<void> connect();
  Expected<void> logIn();
  tl::expected<Reply, Failure> exchange(Deadline deadline);
  bool wait(short events, Deadline deadline) const;
  Failure contextFailure() const;

  const RedisOptions &options_;
  std::unique_ptr<redisContext, Freer> context_;
  bool usable_ = false;
};

} // namespace gemmsmith
