#include "cache/remote/redis/redis_remote.h"

#include <fmt/format.h>
#include <utility>

namespace gemmsmith {

namespace {

std::string nameOf(const gs_remote_key &key) {
  return fmt::format("gemmsmith:1:{}", key.hash);
}

} // namespace

Expected<std::unique_ptr<RedisRemote>> RedisRemote::open(const gs_remote_options &options) {
  return std::unique_ptr<RedisRemote>(
      new RedisRemote({.host = options.host,
                       .socket_path = options.socket_path,
                       .port = static_cast<int>(options.port),
                       .database = options.database,
                       .user = options.user,
                       .password = options.password,
                       .connect_timeout = std::chrono::milliseconds(options.connect_timeout_ms),
                       .timeout = std::chrono::milliseconds(options.timeout_ms),
                       .max_bytes = options.max_bytes}));
}

Expected<RedisConnection::Reply> RedisRemote::command(const std::vector<std::string_view> &words) {
  std::unique_ptr<RedisConnection> connection = idle_.take();
  bool kept = connection != nullptr;
  for (;;) {
    if (!connection) {
      auto opened = RedisConnection::open(options_);
      if (!opened)
        return tl::unexpected(opened.error());
      connection = std::move(*opened);
    }
    auto reply = connection->command(words);
    if (connection->usable())
      idle_.giveBack(std::move(connection));
    if (reply)
      return std::move(*reply);
    // Servers close connections that are idle for long; commands may be given twice.
    if (!kept || !reply.error().broken)
      return makeError(ErrorKind::kFailed, reply.error().why);
    connection.reset();
    kept = false;
  }
}

Found<std::string> RedisRemote::get(const gs_remote_key &key) {
  // Not GET: whatever lies there, no more than an entry may have is sent, and one byte that tells
  // that there is more.
  const std::string last = std::to_string(options_.max_bytes);
  const auto reply = command({"GETRANGE", nameOf(key), "0", last});
  if (!reply)
    return makeMiss(MissReason::kUnreadable, reply.error().message);
  const redisReply &value = **reply;
  if (value.type == REDIS_REPLY_NIL)
    return makeMiss(MissReason::kAbsent);
  if (value.type != REDIS_REPLY_STRING)
    return makeMiss(MissReason::kDamaged, "its answer is no string");
  if (value.len == 0)
    return makeMiss(MissReason::kAbsent);
  if (value.len > options_.max_bytes)
    return makeMiss(MissReason::kDamaged,
                    fmt::format("its answer is larger than {} bytes", options_.max_bytes));
  return std::string(value.str, value.len);
}

Expected<void> RedisRemote::put(const gs_remote_key &key, std::span<const std::byte> bytes) {
  const std::string_view value(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  const auto reply = command({"SET", nameOf(key), value});
  if (!reply)
    return tl::unexpected(reply.error());
  const redisReply &status = **reply;
  if (status.type != REDIS_REPLY_STATUS || std::string_view(status.str, status.len) != "OK")
    return makeError(ErrorKind::kFailed, "its answer to SET is not OK");
  return {};
}

Expected<void> RedisRemote::remove(const gs_remote_key &key) {
  return command({"DEL", nameOf(key)}).map([](const RedisConnection::Reply &) {});
}

} // namespace gemmsmith
