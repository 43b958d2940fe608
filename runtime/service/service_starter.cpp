#include "runtime/service/service_starter.h"

#include "configs/file_descriptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gemmsmith {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kOutputBytes = 4096;

struct Spawned {
  pid_t pid = -1;
  FileDescriptor output; // its standard error
};

tl::unexpected<Error> cannotStart(const std::string &program, std::string_view why) {
  return makeError(ErrorKind::kFailed, fmt::format("cannot start the compile service: {}", why),
                   program);
}

// With what posix_spawn() takes beside the program, released in the end.
class SpawnSettings {
public:
  explicit SpawnSettings(int error_output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, error_output, 2);
    // The application's ways with signals are not the service's.
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings &) = delete;
  SpawnSettings &operator=(const SpawnSettings &) = delete;

  const posix_spawn_file_actions_t *actions() const { return &actions_; }
  const posix_spawnattr_t *attributes() const { return &attributes_; }

private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Expected<Spawned> spawn(const ServiceOptions &options) {
  const std::string &program = options.program;
  std::array<int, 2> pipe;
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return cannotStart(program, std::generic_category().message(errno));
  FileDescriptor ours(pipe[0]), theirs(pipe[1]);
  // An application that has closed its standard streams gets their numbers, which the child's take.
  constexpr int kFirstOther = 3;
  theirs = FileDescriptor(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, kFirstOther));
  if (theirs.get() < 0)
    return cannotStart(program, std::generic_category().message(errno));
  const SpawnSettings settings(theirs.get());
  const std::string workers = std::to_string(options.workers);
  std::vector<const char *> arguments{program.c_str(), "serve", "--socket", options.socket.c_str(),
                                      "--background"};
  if (options.workers > 0)
    arguments.insert(arguments.end(), {"--workers", workers.c_str()});
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int code = ::posix_spawn(&pid, program.c_str(), settings.actions(), settings.attributes(),
                                 const_cast<char *const *>(arguments.data()), ::environ);
  if (code != 0)
    return cannotStart(program, std::generic_category().message(code));
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  return Spawned{.pid = pid, .output = std::move(ours)};
}

// Without collecting it. True as well when somebody else in this process has, or SIGCHLD is
// ignored.
bool hasEnded(pid_t pid) {
  siginfo_t info = {};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid;
}

// The end of what it writes until it closes its standard error, or ends: a child that the
// application forked meanwhile may have that open as well. Nothing if neither is so by then, or
// before the wait is interrupted.
std::optional<std::string> readOutput(const Spawned &spawned, int interrupt_fd,
                                      steady_clock::time_point deadline) {
  constexpr milliseconds kLook(50);
  std::string output;
  std::array<char, 1024> buffer;
  for (bool ended = false;;) {
    const ssize_t n = ::read(spawned.output.get(), buffer.data(), buffer.size());
    if (n > 0) {
      output.append(buffer.data(), static_cast<std::size_t>(n));
      output.erase(0, output.size() - std::min(output.size(), kOutputBytes));
      continue;
    }
    if (n == 0 || ended)
      return output;
    if (steady_clock::now() >= deadline || isReadable(interrupt_fd))
      return std::nullopt;
    std::array<pollfd, 2> polled{{{spawned.output.get(), POLLIN, 0}, {interrupt_fd, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), static_cast<int>(kLook.count()));
    ended = hasEnded(spawned.pid); // then once more: these are its last words
  }
}

// Its exit status, at the latest at `deadline`, when it is killed; nothing when somebody else in
// this process has collected it, or SIGCHLD is ignored.
std::optional<int> collect(pid_t pid, steady_clock::time_point deadline) {
  constexpr milliseconds kPause(2);
  for (int status = 0, options = WNOHANG;;) {
    const pid_t collected = ::waitpid(pid, &status, options);
    if (collected == pid)
      return status;
    if (collected < 0 && errno != EINTR)
      return std::nullopt;
    if (steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kPause);
    } else if (options == WNOHANG) {
      ::kill(pid, SIGKILL);
      options = 0;
    }
  }
}

// Without white space at its end and what `gemmsmith` puts before an error.
std::string_view lastLine(std::string_view output) {
  output = output.substr(0, output.find_last_not_of(" \n\r\t") + 1);
  output = output.substr(output.rfind('\n') + 1);
  constexpr std::string_view kPrefix = "gemmsmith: error: ";
  return output.substr(output.starts_with(kPrefix) ? kPrefix.size() : 0);
}

} // namespace

Expected<void> startService(const ServiceOptions &options, steady_clock::time_point deadline) {
  const std::string &program = options.program;
  const auto spawned = spawn(options);
  if (!spawned)
    return tl::unexpected(spawned.error());
  const auto output = readOutput(*spawned, options.interrupt_fd, deadline);
  if (!output) {
    collect(spawned->pid, steady_clock::now());
    return cannotStart(program, isReadable(options.interrupt_fd) ? "interrupted"
                                                                 : "it is not ready in time");
  }
  // It closed its standard error: it has ended, or does at once.
  const auto status = collect(spawned->pid, deadline);
  if (!status || *status == 0)
    return {};
  const std::string how = WIFSIGNALED(*status)
                              ? fmt::format("it died of signal {}", WTERMSIG(*status))
                              : fmt::format("it ended with exit code {}", WEXITSTATUS(*status));
  const std::string_view words = lastLine(*output);
  return cannotStart(program, words.empty() ? how : fmt::format("{}: {}", how, words));
}

} // namespace gemmsmith
