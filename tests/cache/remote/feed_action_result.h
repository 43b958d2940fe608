// The reader of ActionResults, fed with any bytes: for the fuzz target and its regression.
#pragma once

#include "cache/remote/http/action_result.h"
#include "tests/support/demand.h"

#include <span>
#include <string_view>

namespace gemmsmith {

inline void feedActionResult(std::string_view bytes) {
  const auto output = readActionResult(std::as_bytes(std::span(bytes)));
  if (!output)
    return;
  demand(output->path == kEntryOutput && output->sha256.size() == 64);
  const std::string written = writeActionResult(*output);
  const auto again = readActionResult(std::as_bytes(std::span(written)));
  demand(again && again->sha256 == output->sha256 && again->bytes == output->bytes);
}

} // namespace gemmsmith
