// How a command of gemmsmith ends.
#pragma once

#include "configs/error.h"

#include <string_view>

namespace gemmsmith {

inline constexpr int kExitGood = 0;
inline constexpr int kExitFailed = 1; // the work failed
inline constexpr int kExitUsage = 2;  // the command line is wrong

// Writes "gemmsmith: error: …" to standard error; the exit code for an error of this kind.
int reportError(const Error &error);

// Writes "gemmsmith: warning: …" to standard error.
void reportWarning(std::string_view message);

} // namespace gemmsmith
