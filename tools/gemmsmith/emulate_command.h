// gemmsmith emulate: run a kernel of any gfx950 code object on the emulated MI355X.
#pragma once

namespace CLI {
class App;
}

namespace gemmsmith {

// Adds the command; `exit_code` is what it ends with.
void addEmulateCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
