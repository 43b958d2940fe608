// `gemmsmith doctor`: what this machine has to compile and to run kernels with, and what to do
// about what it lacks.
#pragma once

#include <CLI/CLI.hpp>

namespace gemmsmith {

void addDoctorCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
