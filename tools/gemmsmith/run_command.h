// `gemmsmith run`: one GEMM through libgemmsmith.so, exactly as an application would call it.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addRunCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
