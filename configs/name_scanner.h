// A cursor over a kernel name: takes the next piece, or stays where it is.
#pragma once

#include "configs/error.h"

#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <string_view>

namespace gemmsmith {

class NameScanner {
public:
  explicit NameScanner(std::string_view text) : text_(text) {}

  bool literal(std::string_view expected) {
    if (!rest().starts_with(expected))
      return false;
    position_ += expected.size();
    return true;
  }

  // A decimal number without leading zeros that fits an int: each number has one spelling.
  std::optional<int> number() {
    std::int64_t value = 0;
    std::size_t end = position_;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') {
      value = value * 10 + (text_[end] - '0');
      if (value > std::numeric_limits<int>::max())
        return std::nullopt;
      ++end;
    }
    if (end == position_ || (text_[position_] == '0' && end - position_ > 1))
      return std::nullopt;
    position_ = end;
    return static_cast<int>(value);
  }

  bool done() const { return position_ == text_.size(); }
  std::string_view rest() const { return text_.substr(position_); }

  // "'gemm_x': expected a target (gfx942 or gfx950) at character 6". Long names are cut short: any
  // bytes may come in here.
  tl::unexpected<Error> expected(std::string_view what) const {
    constexpr std::size_t kMaxShown = 300;
    return makeError(ErrorKind::kInput,
                     fmt::format("'{}{}': expected {} at character {}", text_.substr(0, kMaxShown),
                                 text_.size() > kMaxShown ? "..." : "", what, position_ + 1));
  }

private:
  std::string_view text_;
  std::size_t position_ = 0;
};

} // namespace gemmsmith
