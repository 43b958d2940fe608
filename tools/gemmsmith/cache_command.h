// `gemmsmith cache`: what is in the store of code objects, and what becomes of it.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addCacheCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
