#include "cache/store_options.h"

#include "configs/path_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace gemmsmith {

namespace {

constexpr std::array<std::pair<StoreMode, std::string_view>, 4> kModes{
    {{StoreMode::kReadWrite, "rw"},
     {StoreMode::kReadOnly, "ro"},
     {StoreMode::kOff, "off"},
     {StoreMode::kRequire, "require"}}};

// What is given, else the variable. Set to nothing is not set.
std::string_view textOf(const char *given, const char *variable) {
  const char *value = given ? given : std::getenv(variable);
  return value == nullptr ? std::string_view() : value;
}

std::string_view variable(const char *name) {
  return textOf(nullptr, name);
}

Expected<std::string> directoryOf(const char *given) {
  if (const auto text = textOf(given, "GEMMSMITH_CACHE_DIR"); !text.empty())
    return std::string(text);
  // The XDG Base Directory Specification has relative paths ignored.
  if (const auto cache = variable("XDG_CACHE_HOME"); cache.starts_with('/'))
    return std::string(cache) + "/gemmsmith";
  if (const auto home = variable("HOME"); !home.empty())
    return std::string(home) + "/.cache/gemmsmith";
  return makeError(ErrorKind::kUsage, "there is no place for the store of code objects, as HOME is "
                                      "not set: set GEMMSMITH_CACHE_DIR to a directory, or "
                                      "GEMMSMITH_CACHE to off");
}

} // namespace

std::string_view toString(StoreMode mode) {
  return std::ranges::find(kModes, mode, &std::pair<StoreMode, std::string_view>::first)->second;
}

std::optional<StoreMode> parseStoreMode(std::string_view text) {
  const auto known =
      std::ranges::find(kModes, text, &std::pair<StoreMode, std::string_view>::second);
  return known == kModes.end() ? std::nullopt : std::optional(known->first);
}

std::optional<std::uint64_t> parseByteCount(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  int shift = 0;
  if (const auto unit = text.empty() ? text.npos : kUnits.find(text.back()); unit != text.npos) {
    shift = 10 * (static_cast<int>(unit) + 1);
    text.remove_suffix(1);
  }
  std::uint64_t value = 0;
  const char *const begin = text.data();
  const char *const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end ||
      value > std::numeric_limits<std::uint64_t>::max() >> shift)
    return std::nullopt;
  return value << shift;
}

Expected<StoreOptions> readStoreOptions(const StoreOptionTexts &given) {
  StoreOptions options;
  if (const auto text = textOf(given.mode, "GEMMSMITH_CACHE"); !text.empty()) {
    const auto mode = parseStoreMode(text);
    if (!mode)
      return makeError(
          ErrorKind::kUsage,
          fmt::format("GEMMSMITH_CACHE is '{}'; it can be rw, ro, off or require", text));
    options.mode = *mode;
  }
  if (const auto text = textOf(given.limit, "GEMMSMITH_CACHE_SIZE"); !text.empty()) {
    const auto bytes = parseByteCount(text);
    if (!bytes)
      return makeError(
          ErrorKind::kUsage,
          fmt::format("GEMMSMITH_CACHE_SIZE is '{}'; it can be a number of bytes, with "
                      "K, M, G or T after it: 10G",
                      text));
    options.limit_bytes = *bytes;
  }
  options.bundles = splitPaths(textOf(given.bundles, "GEMMSMITH_BUNDLES"));
  auto remotes = parseRemotes(textOf(given.remotes, "GEMMSMITH_REMOTE"));
  if (!remotes)
    return tl::unexpected(remotes.error());
  options.remotes = std::move(*remotes);
  if (options.mode == StoreMode::kOff)
    return options;
  auto directory = directoryOf(given.directory);
  if (!directory)
    return tl::unexpected(directory.error());
  options.directory = std::move(*directory);
  return options;
}

} // namespace gemmsmith
