#include "tools/gemmsmith/exit_code.h"

#include <cstdio>
#include <fmt/format.h>

namespace gemmsmith {

int reportError(const Error &error) {
  fmt::print(stderr, "gemmsmith: error: {}\n", error.str());
  return error.kind == ErrorKind::kUsage ? kExitUsage : kExitFailed;
}

void reportWarning(std::string_view message) {
  fmt::print(stderr, "gemmsmith: warning: {}\n", message);
}

} // namespace gemmsmith
