// The command-line option that says which compiler makes the code objects.
#pragma once

#include "compiler/backend.h"

#include <CLI/CLI.hpp>
#include <optional>

namespace gemmsmith {

// Adds --backend; `backend` is set when the command line is parsed and has it, and else means auto.
void addBackendOption(CLI::App &command, std::optional<Backend> &backend);

} // namespace gemmsmith
