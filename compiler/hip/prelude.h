// What every kernel source starts with: types, and functions over the compiler's builtins.
#pragma once

#include <string>

namespace gemmsmith::hip {

// Opens `namespace gemmsmith`, so that nothing clashes with what hiprtc or a user's file has.
std::string prelude();

} // namespace gemmsmith::hip
