// A check for options that count things, with a message that can be read.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <string>

namespace gemmsmith {

inline CLI::Validator wholeNumber(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](std::string &text) -> std::string {
    std::int64_t value = 0;
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && stop == end && value >= least && value <= most)
      return {};
    return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
  };
  return CLI::Validator(check, fmt::format("{}..{}", least, most), "whole number");
}

} // namespace gemmsmith
