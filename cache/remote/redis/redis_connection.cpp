#include "cache/remote/redis/redis_connection.h"

#include "configs/held_signals.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/time.h>
#include <utility>

namespace gemmsmith {

namespace {

using std::chrono::milliseconds;

// What a reply has around the value, and an error's text.
constexpr std::uint64_t kReplyOverhead = std::uint64_t{64} << 10;

// What the answers to our commands begin with. Not '*': hiredis builds elements as they come, and
// they take many times the memory of their bytes.
constexpr std::string_view kAnswerKinds = "$+-:_";
constexpr char kValue = '$'; // the others are lines

timeval toTimeval(milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

} // namespace

Expected<std::unique_ptr<RedisConnection>> RedisConnection::open(const RedisOptions &options) {
  auto connection = std::unique_ptr<RedisConnection>(new RedisConnection(options));
  if (auto connected = connection->connect(); !connected)
    return tl::unexpected(connected.error());
  if (auto logged_in = connection->logIn(); !logged_in)
    return tl::unexpected(logged_in.error());
  return connection;
}

Expected<void> RedisConnection::connect() {
  const timeval timeout = toTimeval(std::min(options_.connect_timeout, options_.timeout));
  context_.reset(options_.socket_path.empty()
                     ? redisConnectWithTimeout(options_.host.c_str(), options_.port, timeout)
                     : redisConnectUnixWithTimeout(options_.socket_path.c_str(), timeout));
  if (!context_)
    return makeError(ErrorKind::kFailed, "no memory for a connection");
  if (context_->err != 0)
    return makeError(ErrorKind::kFailed, fmt::format("cannot connect: {}", contextFailure().why));
  // Programs that the application starts from now on do not hold the connection open.
  if (::fcntl(context_->fd, F_SETFD, FD_CLOEXEC) != 0)
    return makeError(ErrorKind::kFailed, "cannot keep the connection from other programs");
  // Reading and writing wait in poll(), for the time that is left.
  context_->flags &= ~REDIS_BLOCK;
  if (::fcntl(context_->fd, F_SETFL, O_RDWR | O_NONBLOCK) != 0)
    return makeError(ErrorKind::kFailed, "cannot make the connection non-blocking");
  usable_ = true;
  return {};
}

Expected<void> RedisConnection::logIn() {
  if (!options_.password.empty()) {
    const auto reply = options_.user.empty() ? command({"AUTH", options_.password})
                                             : command({"AUTH", options_.user, options_.password});
    // Not what it says: servers that do not know AUTH repeat the words after it.
    if (!reply)
      return makeError(ErrorKind::kFailed,
                       usable() ? "it refuses this user and password" : reply.error().why);
  }
  if (options_.database != 0)
    if (const auto reply = command({"SELECT", std::to_string(options_.database)}); !reply)
      return makeError(ErrorKind::kFailed, reply.error().why);
  return {};
}

RedisConnection::Failure RedisConnection::contextFailure() const {
  return {.why = context_->errstr,
          .broken = context_->err == REDIS_ERR_EOF || context_->err == REDIS_ERR_IO};
}

bool RedisConnection::wait(short events, Deadline deadline) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0)
      return false;
    pollfd polled{context_->fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(left));
    if (ready > 0)
      return true;
    if (ready < 0 && errno != EINTR)
      return false;
  }
}

tl::expected<RedisConnection::Reply, RedisConnection::Failure>
RedisConnection::exchange(Deadline deadline) {
  const auto too_slow = [&] {
    return tl::unexpected<Failure>(
        Failure{.why = fmt::format("no answer within {} ms", options_.timeout.count())});
  };
  for (int written = 0; written == 0;) {
    if (!wait(POLLOUT, deadline))
      return too_slow();
    if (redisBufferWrite(context_.get(), &written) != REDIS_OK)
      return tl::unexpected(contextFailure());
  }
  const redisReader &reader = *context_->reader;
  std::uint64_t received = 0;
  std::uint64_t most = kReplyOverhead;
  for (;;) {
    if (!wait(POLLIN, deadline))
      return too_slow();
    const std::size_t before = reader.len;
    if (redisBufferRead(context_.get()) != REDIS_OK)
      return tl::unexpected(contextFailure());
    if (received == 0 && reader.len > before) {
      const char kind = reader.buf[reader.pos];
      if (kAnswerKinds.find(kind) == kAnswerKinds.npos)
        return tl::unexpected<Failure>(Failure{.why = "its answer is of an unexpected kind"});
      if (kind == kValue)
        most += options_.max_bytes;
    }
    received += reader.len - before;
    if (received > most)
      return tl::unexpected<Failure>(Failure{.why = "its answer is larger than any entry is"});
    void *reply = nullptr;
    if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK)
      return tl::unexpected(contextFailure());
    if (reply)
      return Reply(static_cast<redisReply *>(reply));
  }
}

tl::expected<RedisConnection::Reply, RedisConnection::Failure>
RedisConnection::command(const std::vector<std::string_view> &words) {
  const WriteSignalsHeld held;
  std::vector<const char *> starts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  usable_ = false; // unless a whole reply comes
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), starts.data(),
                             sizes.data()) != REDIS_OK)
    return tl::unexpected(contextFailure());
  auto reply = exchange(std::chrono::steady_clock::now() + options_.timeout);
  if (!reply)
    return reply;
  // What comes behind the answer would be taken for the next one.
  usable_ = context_->reader->pos == context_->reader->len;
  if ((*reply)->type == REDIS_REPLY_ERROR)
    return tl::unexpected<Failure>(
        Failure{.why = fmt::format("it answers to {}: {}", words.front(),
                                   std::string_view((*reply)->str, (*reply)->len))});
  return reply;
}

} // namespace gemmsmith
