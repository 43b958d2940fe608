// The command-line option that says which compiler makes the code objects.
#pragma once

#include "compiler/backend.h"

#include <CLI/CLI.hpp>

namespace gemmsmith {

// Adds --backend; `backend` is set when the command line is parsed.
void addBackendOption(CLI::App &command, Backend &backend);

} // namespace gemmsmith
