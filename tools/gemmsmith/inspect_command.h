// `gemmsmith inspect`: what is generated for a kernel, stage by stage, and what it will cost.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addInspectCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
