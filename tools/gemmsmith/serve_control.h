// Looking at a compile service that runs, and ending it.
#pragma once

#include <string>

namespace gemmsmith {

// Both return an exit code: kExitFailed, with a message, when none runs there.
int printServiceStatus(const std::string &socket, bool json);
// Lets it answer what it has been asked, and waits for its end.
int stopService(const std::string &socket);

} // namespace gemmsmith
