// The environment that hiprtc, comgr, clang and lld read.
#pragma once

#include <span>
#include <string_view>

namespace gemmsmith {

struct RemovedVariable {
  std::string_view name; // with a * at its end: every variable that begins so
  std::string_view why;
};

std::span<const RemovedVariable> removedVariables();

// Takes removedVariables() out of this process's environment: what would change the code that comes
// out, or where files are left. To be called before any of those libraries is loaded: they read
// some of it only once.
void cleanCompilerEnvironment();

} // namespace gemmsmith
