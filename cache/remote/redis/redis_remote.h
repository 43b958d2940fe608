// A remote store in a Redis server:
//
//   gemmsmith:1:HASH    the bytes of an entry; HASH is that of its key, 32 hexadecimal digits
//
// What the server evicts, and when, is its own affair (`maxmemory-policy allkeys-lru`).
//
// Promises: a connection that was broken while nobody used it is replaced once, without a word.
// Thread-safe; a forked child opens connections of its own (but see module_interface.h).
#pragma once

#include "cache/miss.h"
#include "cache/remote/connection_pool.h"
#include "cache/remote/module_interface.h"
#include "cache/remote/redis/redis_connection.h"
#include "configs/error.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gemmsmith {

class RedisRemote {
public:
  static Expected<std::unique_ptr<RedisRemote>> open(const gs_remote_options &options);

  Found<std::string> get(const gs_remote_key &key);
  Expected<void> put(const gs_remote_key &key, std::span<const std::byte> bytes);
  Expected<void> remove(const gs_remote_key &key);

private:
  explicit RedisRemote(RedisOptions options) : options_(std::move(options)) {}
  Expected<RedisConnection::Reply> command(const std::vector<std::string_view> &words);

  RedisOptions options_;
  ConnectionPool<RedisConnection> idle_;
};

} // namespace gemmsmith
