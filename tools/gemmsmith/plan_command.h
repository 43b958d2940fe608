// `gemmsmith plan`: what the launch of a problem would be, complete enough to launch from it.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addPlanCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
