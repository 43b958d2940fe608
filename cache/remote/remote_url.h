// Addresses of remote stores:
//
//   url      := ("http" | "https") "://" [userinfo "@"] host [":" port] [path]
//             | "redis" "://" [userinfo "@"] host [":" port] ["/" database]
//             | "redis+unix" "://" [userinfo "@"] path
//   userinfo := [user] [":" password]      '@', '/', ':' and '%' in them as %40, %2F, %3A, %25
//   host     := a name | an IPv4 address | "[" IPv6 address "]"
//   path     := "/" ...
//   database := a number, else 0
//
// Promises: RemoteUrl::address holds no user and no password, and an error says nothing of what was
// given: only whoever knows where the text comes from knows what of it may be shown. Thread-safe.
#pragma once

#include "configs/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gemmsmith {

enum class RemoteKind : std::uint8_t { kHttp, kRedis };

struct RemoteUrl {
  RemoteKind kind = RemoteKind::kHttp;
  std::string scheme;
  std::string address; // the URL without user and password, and without '/' at its end
  std::string user;
  std::string password;
  std::string host;        // without brackets; empty for redis+unix
  std::uint16_t port = 0;  // 0 = the scheme's own, of HTTP; filled in for redis
  std::string socket_path; // of redis+unix
  std::uint32_t database = 0;
};

// kUsage when it is none, with what is wrong as in "is no URL".
Expected<RemoteUrl> parseRemoteUrl(std::string_view text);

} // namespace gemmsmith
