#include "tests/bench/run_process.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gemmsmith {

Expected<void> runProcess(const std::vector<std::string> &command) {
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str())); // posix_spawn does not write to them
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (const int error =
          posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ))
    return makeError(ErrorKind::kFailed, fmt::format("cannot be started: {}", std::strerror(error)),
                     command[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR)
      return makeError(ErrorKind::kFailed, std::strerror(errno), command[0]);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return makeError(ErrorKind::kFailed, fmt::format("failed with status {:#x}", status),
                     command[0]);
  return {};
}

} // namespace gemmsmith
