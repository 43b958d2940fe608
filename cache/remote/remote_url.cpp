#include "cache/remote/remote_url.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <system_error>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::uint16_t kRedisPort = 6379;

template <typename T> std::optional<T> wholeNumber(std::string_view text) {
  T value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<std::string> percentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || stop != digits.data() + 2 || byte == 0)
      return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

tl::unexpected<Error> malformed(std::string why) {
  return makeError(ErrorKind::kUsage, std::move(why));
}

bool isHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool isAddressCharacter(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
         c == '.';
}

// host [":" port]; false when it is not.
bool parseHost(std::string_view text, RemoteUrl &url) {
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == text.npos)
      return false;
    url.host = text.substr(1, end - 1);
    ++end;
    if (!std::ranges::all_of(url.host, isAddressCharacter))
      return false;
  } else {
    end = std::min(text.find(':'), text.size());
    url.host = text.substr(0, end);
    if (!std::ranges::all_of(url.host, isHostCharacter))
      return false;
  }
  if (url.host.empty())
    return false;
  if (end == text.size())
    return true;
  const auto port = wholeNumber<std::uint16_t>(text.substr(end + 1));
  url.port = port.value_or(0);
  return text[end] == ':' && url.port != 0;
}

bool parseUserInfo(std::string_view text, RemoteUrl &url) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto user = percentDecoded(text.substr(0, colon));
  const auto password = percentDecoded(text.substr(std::min(colon + 1, text.size())));
  url.user = user.value_or("");
  url.password = password.value_or("");
  return user && password;
}

std::string_view withoutSlashes(std::string_view path) {
  while (path.ends_with('/'))
    path.remove_suffix(1);
  return path;
}

} // namespace

Expected<RemoteUrl> parseRemoteUrl(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == text.npos)
    return malformed("is no URL; https://cache.example/gemmsmith is one");
  RemoteUrl url;
  url.scheme = text.substr(0, scheme_end);
  const bool is_unix = url.scheme == "redis+unix";
  if (url.scheme == "http" || url.scheme == "https")
    url.kind = RemoteKind::kHttp;
  else if (url.scheme == "redis" || is_unix)
    url.kind = RemoteKind::kRedis;
  else
    return malformed("has a scheme that is not known; it can be http, https, redis or "
                     "redis+unix");
  std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  const std::string_view path = rest.substr(authority_end);
  // Behind the first '/' it is most likely a password that was not encoded.
  if (path.find('@') != path.npos)
    return malformed("has an '@' behind a '/'; in user and password '/' is written %2F, in "
                     "a path '@' is written %40");
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    if (!parseUserInfo(authority.substr(0, at), url))
      return malformed("has a '%' in its user or password that two hexadecimal digits do not "
                       "follow; '%' itself is written %25");
    authority.remove_prefix(at + 1);
  }
  if (is_unix) {
    if (!authority.empty() || path.size() < 2)
      return malformed("names no socket; redis+unix:///run/redis.sock does");
    url.socket_path = path;
    url.address = fmt::format("{}://{}", url.scheme, path);
    return url;
  }
  if (!parseHost(authority, url))
    return malformed("has no host and port in it, as cache.example:8080 is one");
  url.address = fmt::format("{}://{}{}", url.scheme, authority, withoutSlashes(path));
  if (url.kind == RemoteKind::kHttp) {
    if (path.find_first_of("?#") != path.npos)
      return malformed("has a '?' or '#' in it; a base address has none");
    return url;
  }
  if (url.port == 0)
    url.port = kRedisPort;
  if (path.size() > 1) {
    const auto database = wholeNumber<std::uint32_t>(path.substr(1));
    if (!database)
      return malformed("has a database that is no number");
    url.database = *database;
  }
  return url;
}

} // namespace gemmsmith
