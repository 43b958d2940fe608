// `gemmsmith verify`: kernels proven on the emulated device (DESIGN section 11).
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addVerifyCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
