#include "cache/remote/remote_options.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

std::optional<std::chrono::milliseconds> parseTime(std::string_view text) {
  std::uint32_t number = 0;
  const char *const begin = text.data();
  const char *const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  if (error != std::errc() || (unit != "ms" && unit != "s"))
    return std::nullopt;
  const auto time = unit == "s" ? std::chrono::seconds(number) : std::chrono::milliseconds(number);
  if (time < std::chrono::milliseconds(1) || time > std::chrono::hours(1))
    return std::nullopt;
  return time;
}

// Up to `separator`, which is taken off the rest with it.
std::string_view takeUpTo(std::string_view &rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// What messages may show of a text.
class Shown {
public:
  explicit Shown(std::string_view whole) : nothing_(whole.find('@') != whole.npos) {}

  std::string piece(std::string_view text) const {
    return nothing_ ? "'...'" : fmt::format("'{}'", text);
  }
  // What the remote at this place, from 1, is called.
  std::string remote(std::size_t place, std::string name) const {
    return nothing_ ? fmt::format("remote {}", place) : std::move(name);
  }

private:
  bool nothing_;
};

constexpr std::string_view kBarInPassword =
    "a URL has a '|' in its user or password, where it is written %7C";

// Of one remote: sets what an attribute says, or says what is wrong with it.
std::string setAttribute(RemoteOptions &remote, std::string_view attribute, const Shown &shown) {
  const bool has_value = attribute.find('=') != attribute.npos;
  std::string_view value = attribute;
  const std::string_view name = takeUpTo(value, '=');
  if (name == "write" && !has_value) {
    remote.write = true;
    return {};
  }
  for (const auto &[known, time] : {std::pair{"connect-timeout", &RemoteOptions::connect_timeout},
                                    std::pair{"timeout", &RemoteOptions::timeout}}) {
    if (name != known)
      continue;
    const auto parsed = parseTime(value);
    if (!parsed)
      return fmt::format("{} is no {}; 500ms and 5s are, from 1ms to 3600s", shown.piece(value),
                         known);
    remote.*time = *parsed;
    return {};
  }
  const bool is_http = remote.url.kind == RemoteKind::kHttp;
  const std::string_view scheme = remote.url.scheme;
  for (const auto &[known, path, fits] :
       {std::tuple{"token-file", &RemoteOptions::token_file, is_http},
        std::tuple{"ca-file", &RemoteOptions::ca_file, scheme == "https"},
        std::tuple{"password-file", &RemoteOptions::password_file, !is_http}}) {
    if (name != known)
      continue;
    if (!fits)
      return fmt::format("'{}' is no attribute of {}", name, scheme);
    if (value.empty())
      return fmt::format("'{}' names no file", name);
    remote.*path = value;
    return {};
  }
  if (attribute.find('@') != attribute.npos)
    return std::string(kBarInPassword);
  return fmt::format("{} is no attribute; write, connect-timeout=, timeout=, token-file=, "
                     "ca-file= and password-file= are",
                     shown.piece(name));
}

Expected<RemoteOptions> parseRemote(std::string_view text, std::size_t place, const Shown &shown) {
  const auto wrong = [](std::string_view what) {
    return makeError(ErrorKind::kUsage, fmt::format("GEMMSMITH_REMOTE: {}", what));
  };
  const std::string_view url_text = takeUpTo(text, '|');
  auto url = parseRemoteUrl(url_text);
  if (!url && text.find('@') != text.npos)
    return wrong(kBarInPassword);
  if (!url)
    return wrong(
        fmt::format("{} {}", shown.remote(place, shown.piece(url_text)), url.error().message));
  RemoteOptions remote;
  remote.url = std::move(*url);
  const std::string name = shown.remote(place, remote.url.address);
  while (!text.empty())
    if (const std::string problem = setAttribute(remote, takeUpTo(text, '|'), shown);
        !problem.empty())
      return wrong(fmt::format("{}: {}", name, problem));
  if (!remote.token_file.empty() && !(remote.url.user + remote.url.password).empty())
    return wrong(
        fmt::format("{}: has both a user and a token-file; one of them can be sent", name));
  if (!remote.password_file.empty() && !remote.url.password.empty())
    return wrong(fmt::format("{}: has both a password and a password-file", name));
  return remote;
}

} // namespace

Expected<std::vector<RemoteOptions>> parseRemotes(std::string_view text) {
  const Shown shown(text);
  std::vector<RemoteOptions> remotes;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
    if (text.empty())
      return remotes;
    const std::size_t end = std::min(text.find_first_of(kWhiteSpace), text.size());
    auto remote = parseRemote(text.substr(0, end), remotes.size() + 1, shown);
    if (!remote)
      return tl::unexpected(remote.error());
    remotes.push_back(std::move(*remote));
    text.remove_prefix(end);
  }
}

} // namespace gemmsmith
