// `gemmsmith serve`: the compile service, how it is, and its end.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addServeCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
