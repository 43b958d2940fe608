// What every kernel source starts with: types, and functions over the compiler's builtins.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gemmsmith::hip {

// In `namespace gemmsmith`, so that nothing clashes with what hiprtc or a user's file has; one of
// several copies in a file counts.
std::string prelude();

// The names in it that a local variable must not hide.
std::span<const std::string_view> preludeNames();

} // namespace gemmsmith::hip
