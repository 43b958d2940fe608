// `gemmsmith build`: every distinct code object of some tuned tables, ahead of time.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addBuildCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
