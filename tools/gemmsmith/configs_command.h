// `gemmsmith configs`: what tables say, and what becomes of their rows.
#pragma once

namespace CLI {
class App;
}

namespace gemmsmith {

// Adds `configs check` and `configs import` to `app`. Running one sets `exit_code`: 0 good, 1 the
// work failed, 2 usage.
void addConfigsCommand(CLI::App &app, int &exit_code);

} // namespace gemmsmith
