#include "tools/gemmsmith/kernel_arguments.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace gemmsmith {
namespace {

tl::unexpected<Error> usage(std::string_view word, std::string_view what) {
  return makeError(ErrorKind::kUsage, fmt::format("argument '{}': {}", word, what));
}

template <typename T> std::optional<T> parseNumber(std::string_view text) {
  T value{};
  std::from_chars_result result{};
  if constexpr (std::is_floating_point_v<T>) {
    result = std::from_chars(text.data(), text.data() + text.size(), value);
  } else {
    const int base = text.starts_with("0x") ? 16 : 10;
    if (base == 16)
      text.remove_prefix(2);
    if (base == 16 && text.starts_with('-'))
      return std::nullopt;
    result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  }
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    return std::nullopt;
  return value;
}

template <typename T>
Expected<LaunchArgument> number(LaunchArgument argument, std::string_view text, const char *range) {
  auto value = parseNumber<T>(text);
  if (!value)
    return usage(argument.word, fmt::format("'{}' is not a number {}", text, range));
  argument.value.resize(sizeof(T));
  std::memcpy(argument.value.data(), &*value, sizeof(T));
  argument.alignment = sizeof(T);
  return argument;
}

Expected<LaunchArgument> buffer(LaunchArgument argument, ArgumentBuffer what) {
  argument.value.resize(sizeof(std::uint64_t));
  argument.alignment = sizeof(std::uint64_t);
  argument.buffer = std::move(what);
  return argument;
}

// "FILE:REST" at the last colon.
std::optional<std::pair<std::string, std::string>> splitLast(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size())
    return std::nullopt;
  return std::pair{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

} // namespace

Expected<LaunchArgument> parseLaunchArgument(std::string_view word) {
  LaunchArgument argument;
  argument.word = word;
  std::string_view rest = word;
  auto colon = rest.find(':'), equals = rest.find('=');
  if (equals != std::string_view::npos && (colon == std::string_view::npos || equals < colon)) {
    argument.name = rest.substr(0, equals);
    if (argument.name.empty())
      return usage(word, "there is no name before '='");
    rest.remove_prefix(equals + 1);
    colon = rest.find(':');
  }
  std::string_view kind = rest.substr(0, colon);
  std::string_view text = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  if (kind == "i32")
    return number<std::int32_t>(std::move(argument), text, "of 32 bits");
  if (kind == "u32")
    return number<std::uint32_t>(std::move(argument), text, "from 0 to 2^32 - 1");
  if (kind == "i64")
    return number<std::int64_t>(std::move(argument), text, "of 64 bits");
  if (kind == "u64")
    return number<std::uint64_t>(std::move(argument), text, "from 0 to 2^64 - 1");
  if (kind == "f32")
    return number<float>(std::move(argument), text, "of single precision");
  if (kind == "in") {
    if (text.empty())
      return usage(word, "say in:FILE");
    return buffer(std::move(argument), {std::string(text), {}, 0});
  }
  if (kind == "out") {
    auto parts = splitLast(text);
    auto bytes = parts ? parseNumber<std::uint64_t>(parts->second) : std::nullopt;
    if (!bytes || *bytes == 0)
      return usage(word, "say out:FILE:BYTES");
    return buffer(std::move(argument), {{}, parts->first, *bytes});
  }
  if (kind == "inout") {
    auto parts = splitLast(text);
    if (!parts)
      return usage(word, "say inout:IN:OUT");
    return buffer(std::move(argument), {parts->first, parts->second, 0});
  }
  if (kind == "pad") {
    constexpr std::uint64_t kMost = 1 << 16;
    auto bytes = parseNumber<std::uint64_t>(text);
    if (!bytes || *bytes > kMost)
      return usage(word, fmt::format("say pad:BYTES, at most {}", kMost));
    argument.value.resize(*bytes);
    return argument;
  }
  return usage(word, "it begins with none of i32: u32: i64: u64: f32: in: out: inout: pad:");
}

Expected<std::vector<std::size_t>> placeArguments(std::span<const LaunchArgument> arguments,
                                                  const KernelMetadata &kernel) {
  std::vector<std::size_t> offsets;
  std::size_t next = 0;
  bool named = std::ranges::any_of(arguments, [](const auto &a) { return !a.name.empty(); });
  std::vector<const ArgumentMetadata *> missing;
  for (const ArgumentMetadata &known : kernel.arguments)
    if (!known.hidden())
      missing.push_back(&known);
  for (const LaunchArgument &argument : arguments) {
    if (named && argument.name.empty())
      return usage(argument.word, "name all arguments or none");
    std::size_t offset = (next + argument.alignment - 1) / argument.alignment * argument.alignment;
    if (named) {
      auto it = std::ranges::find_if(
          missing, [&](const auto *known) { return known->name == argument.name; });
      if (std::ranges::none_of(kernel.arguments, [](const auto &known) {
            return !known.hidden() && !known.name.empty();
          }))
        return usage(argument.word, "the metadata names no arguments; give them in order");
      if (it == missing.end())
        return usage(
            argument.word,
            fmt::format("the kernel has no argument '{}', or it was given twice", argument.name));
      if ((*it)->size != argument.value.size())
        return usage(argument.word, fmt::format("the kernel's '{}' has {} bytes, not {}",
                                                argument.name, (*it)->size, argument.value.size()));
      offset = (*it)->offset;
      missing.erase(it);
    }
    offsets.push_back(offset);
    next = offset + argument.value.size();
    for (const ArgumentMetadata &known : kernel.arguments) {
      bool pointer = known.value_kind == ArgumentValueKind::kGlobalBuffer;
      bool covers = offset < known.offset + known.size && known.offset < next;
      if (covers && !known.hidden() && argument.buffer && (!pointer || offset != known.offset))
        return usage(
            argument.word,
            fmt::format("a buffer's address at offset {}, where the kernel takes '{}' of {} "
                        "bytes at offset {}",
                        offset, known.name, known.size, known.offset));
    }
  }
  if (named && !missing.empty())
    return makeError(ErrorKind::kUsage,
                     fmt::format("the kernel's argument '{}' is not given", missing.front()->name));
  if (!named && next < kernel.explicitArgumentBytes())
    return makeError(ErrorKind::kUsage,
                     fmt::format("the arguments given take {} bytes, but the kernel's take {}",
                                 next, kernel.explicitArgumentBytes()));
  return offsets;
}

} // namespace gemmsmith
