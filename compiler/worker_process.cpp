#include "compiler/worker_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gemmsmith {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr int kWorkerFd = 3;
constexpr std::size_t kErrorTailBytes = 4096;
// Between the socket's end and the process's: a crash handler or a core pattern may take a moment.
constexpr milliseconds kEndGrace{1000};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kLimitMemory = false; // the shadow memory alone takes 20 TB of address space
#else
constexpr bool kLimitMemory = true;
#endif

std::string systemError(int code) {
  return std::error_code(code, std::system_category()).message();
}

tl::unexpected<Error> failed(std::string message) {
  return makeError(ErrorKind::kFailed, std::move(message));
}

tl::unexpected<Error> interrupted() {
  return failed("interrupted");
}

struct ChildSetup {
  const char *const *arguments; // [0] is the program
  char *const *environment;
  int socket;
  int errors;
  int exec_status;
  pid_t parent;
  rlim_t memory_limit; // 0 = none
};

// Runs in the child between fork and exec of a process that may have threads: only
// async-signal-safe calls.
[[noreturn]] void becomeWorker(const ChildSetup &setup) {
  const auto fail = [](int fd) {
    const int code = errno;
    [[maybe_unused]] const ssize_t n = ::write(fd, &code, sizeof code);
    ::_exit(127);
  };
  // Out of the way of the descriptors that the worker is to find.
  const int socket = ::fcntl(setup.socket, F_DUPFD_CLOEXEC, 10);
  const int errors = ::fcntl(setup.errors, F_DUPFD_CLOEXEC, 10);
  const int status = ::fcntl(setup.exec_status, F_DUPFD_CLOEXEC, 10);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (socket < 0 || errors < 0 || status < 0 || null < 0)
    fail(setup.exec_status);
  if (::dup2(null, 0) < 0 || ::dup2(errors, 1) < 0 || ::dup2(errors, 2) < 0 ||
      ::dup2(socket, kWorkerFd) < 0)
    fail(status);
  ::close_range(kWorkerFd + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);

  // No orphans, even when the parent is killed; the second line closes the race with its death.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != setup.parent)
    ::_exit(0);
  if (setup.memory_limit != 0) {
    const rlimit limit{setup.memory_limit, setup.memory_limit};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // Ctrl-C reaches the whole process group; what it means is for the parent to decide.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  ::execve(setup.arguments[0], const_cast<char *const *>(setup.arguments), setup.environment);
  fail(status);
  ::_exit(127);
}

// This process's environment with another TMPDIR, as execve wants it. The pointers are into the
// environment and into `tmpdir`.
std::vector<char *> environmentWith(std::string &tmpdir) {
  constexpr std::string_view kName = "TMPDIR=";
  std::vector<char *> environment;
  for (char **variable = ::environ; *variable != nullptr; ++variable)
    if (tmpdir.empty() || !std::string_view(*variable).starts_with(kName))
      environment.push_back(*variable);
  if (!tmpdir.empty()) {
    tmpdir.insert(0, kName);
    environment.push_back(tmpdir.data());
  }
  environment.push_back(nullptr);
  return environment;
}

std::string signalName(int signal) {
  const char *name = ::sigabbrev_np(signal);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
}

} // namespace

WorkerProcess::WorkerProcess(pid_t pid, FileDescriptor socket, FileDescriptor errors,
                             const WorkerProcessOptions &options,
                             std::optional<TemporaryDirectory> temporary)
    : pid_(pid), socket_(std::move(socket)), errors_(std::move(errors)),
      memory_limit_(kLimitMemory ? options.memory_limit_bytes : 0),
      interrupt_fd_(options.interrupt_fd), temporary_(std::move(temporary)) {}

WorkerProcess::WorkerProcess(WorkerProcess &&other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_),
      socket_(std::move(other.socket_)), errors_(std::move(other.errors_)),
      error_tail_(std::move(other.error_tail_)), memory_limit_(other.memory_limit_),
      interrupt_fd_(other.interrupt_fd_), temporary_(std::move(other.temporary_)) {}

WorkerProcess &WorkerProcess::operator=(WorkerProcess &&other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    status_ = other.status_;
    socket_ = std::move(other.socket_);
    errors_ = std::move(other.errors_);
    error_tail_ = std::move(other.error_tail_);
    memory_limit_ = other.memory_limit_;
    interrupt_fd_ = other.interrupt_fd_;
    temporary_ = std::move(other.temporary_);
  }
  return *this;
}

WorkerProcess::~WorkerProcess() {
  kill();
}

Expected<WorkerProcess> WorkerProcess::start(const std::filesystem::path &program,
                                             const WorkerProcessOptions &options) {
  const auto cannotStart = [&](int code) {
    return failed(fmt::format("cannot start the compile worker {}: {}",
                              (options.launcher.empty() ? program : options.launcher).string(),
                              systemError(code)));
  };
  if (isReadable(options.interrupt_fd))
    return interrupted();
  std::optional<TemporaryDirectory> temporary;
  if (options.temporary_directory) {
    auto created = TemporaryDirectory::create();
    if (!created)
      return tl::unexpected(created.error());
    temporary = std::move(*created);
  }
  std::string tmpdir = temporary ? temporary->path().native() : std::string();
  const std::vector<char *> environment = environmentWith(tmpdir);

  std::array<int, 2> sockets;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0)
    return cannotStart(errno);
  FileDescriptor ours(sockets[0]), theirs(sockets[1]);
  std::array<int, 2> pipe;
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return cannotStart(errno);
  FileDescriptor errors_read(pipe[0]), errors_write(pipe[1]);
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return cannotStart(errno);
  FileDescriptor status_read(pipe[0]), status_write(pipe[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(errors_read.get(), F_SETFL, O_NONBLOCK);

  const char *const arguments[] = {options.launcher.c_str(), program.c_str(), "--fd", "3", nullptr};
  const ChildSetup setup{.arguments = arguments + (options.launcher.empty() ? 1 : 0),
                         .environment = environment.data(),
                         .socket = theirs.get(),
                         .errors = errors_write.get(),
                         .exec_status = status_write.get(),
                         .parent = ::getpid(),
                         .memory_limit = kLimitMemory ? options.memory_limit_bytes : 0};
  const pid_t pid = ::fork();
  if (pid < 0)
    return cannotStart(errno);
  if (pid == 0)
    becomeWorker(setup);

  WorkerProcess worker(pid, std::move(ours), std::move(errors_read), options, std::move(temporary));
  theirs.reset();
  errors_write.reset();
  status_write.reset();
  // The status pipe closes with a successful exec and carries errno otherwise.
  int code = 0;
  ssize_t n = 0;
  do
    n = ::read(status_read.get(), &code, sizeof code);
  while (n < 0 && errno == EINTR);
  if (n == sizeof code)
    return cannotStart(code);
  return worker;
}

bool WorkerProcess::alive() {
  if (pid_ > 0 && ::waitpid(pid_, &status_, WNOHANG) == pid_)
    collected();
  return pid_ > 0;
}

void WorkerProcess::collected() {
  pid_ = -1;
  temporary_.reset();
}

void WorkerProcess::kill() {
  if (pid_ <= 0)
    return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
  }
  collected();
}

void WorkerProcess::drainErrors() {
  std::array<char, 4096> buffer;
  // Bounded: a worker that writes without end must not keep us from the deadline.
  for (int i = 0; i < 64 && errors_.get() >= 0; ++i) {
    const ssize_t n = ::read(errors_.get(), buffer.data(), buffer.size());
    if (n == 0)
      errors_.reset();
    if (n <= 0)
      return;
    error_tail_.append(buffer.data(), static_cast<std::size_t>(n));
    if (error_tail_.size() > kErrorTailBytes)
      error_tail_.erase(0, error_tail_.size() - kErrorTailBytes);
  }
}

std::string WorkerProcess::lastWords() const {
  return error_tail_.substr(0, error_tail_.find_last_not_of(" \n\r\t") + 1);
}

Error WorkerProcess::describeEnd() {
  const auto give_up = steady_clock::now() + kEndGrace;
  bool killed_here = false;
  while (alive()) {
    if (steady_clock::now() > give_up) {
      killed_here = true;
      kill();
      break;
    }
    std::this_thread::sleep_for(milliseconds(1));
  }
  drainErrors();

  std::string what;
  if (killed_here)
    what = "closed its socket without answering and was stopped";
  else if (WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL)
    what = "was killed by SIGKILL (by somebody, or by the kernel for want of memory)";
  else if (WIFSIGNALED(status_))
    what = fmt::format("died of {}", signalName(WTERMSIG(status_)));
  else if (WEXITSTATUS(status_) == kWorkerOutOfMemoryExit && memory_limit_ != 0)
    what = fmt::format("ran out of memory (its limit is {} MiB)", memory_limit_ >> 20);
  else
    what = fmt::format("ended with exit code {} without answering", WEXITSTATUS(status_));

  std::string message = fmt::format("the compile worker {}", what);
  if (const std::string words = lastWords(); !words.empty())
    message += fmt::format("; the end of its output:\n{}", words);
  return Error{ErrorKind::kFailed, std::move(message), {}};
}

Expected<WireMessage> WorkerProcess::exchange(const std::vector<std::byte> &request,
                                              milliseconds time_limit, int cancel_fd) {
  const auto deadline = steady_clock::now() + time_limit;
  std::size_t sent = 0;
  std::vector<std::byte> received;
  std::optional<WireSizes> sizes;
  std::array<std::byte, 1u << 16> buffer;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) {
      kill();
      return failed(fmt::format("took longer than {:g} s and was stopped",
                                std::chrono::duration<double>(time_limit).count()));
    }
    const short socket_events = static_cast<short>(POLLIN | (sent < request.size() ? POLLOUT : 0));
    std::array<pollfd, 4> polled{pollfd{socket_.get(), socket_events, 0},
                                 pollfd{errors_.get(), POLLIN, 0}, pollfd{cancel_fd, POLLIN, 0},
                                 pollfd{interrupt_fd_, POLLIN, 0}};
    const int timeout = static_cast<int>(std::min<long long>(left.count(), INT_MAX));
    if (::poll(polled.data(), polled.size(), timeout) < 0) {
      if (errno == EINTR)
        continue;
      const int code = errno;
      kill();
      return failed(fmt::format("cannot wait for the compile worker: {}", systemError(code)));
    }
    if (polled[2].revents != 0) {
      kill();
      return failed("cancelled");
    }
    if (polled[3].revents != 0) {
      kill();
      return interrupted();
    }
    if (polled[1].revents != 0)
      drainErrors();

    if ((polled[0].revents & POLLOUT) != 0) {
      const ssize_t n =
          ::send(socket_.get(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN && errno != EINTR)
        return tl::unexpected(describeEnd());
      sent += n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    if ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0)
      continue;
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (n <= 0)
      return tl::unexpected(describeEnd());
    received.insert(received.end(), buffer.data(), buffer.data() + n);

    if (!sizes && received.size() >= kWirePrefixBytes) {
      auto decoded = decodePrefix(
          std::span<const std::byte, kWirePrefixBytes>(received.data(), kWirePrefixBytes));
      if (!decoded) {
        kill();
        return tl::unexpected(decoded.error());
      }
      sizes = *decoded;
    }
    if (!sizes)
      continue;
    const std::size_t total =
        kWirePrefixBytes + std::size_t{sizes->header_bytes} + sizes->payload_bytes;
    if (received.size() > total) {
      kill();
      return makeError(ErrorKind::kInternal, "worker protocol: more than one response");
    }
    if (received.size() == total) {
      received.erase(received.begin(), received.begin() + kWirePrefixBytes);
      return splitMessage(*sizes, std::move(received));
    }
  }
}

Expected<WorkerResponse> WorkerProcess::call(const WorkerRequest &request, milliseconds time_limit,
                                             int cancel_fd) {
  auto bytes = encodeMessage(encodeRequest(request));
  if (!bytes)
    return tl::unexpected(bytes.error());
  auto message = exchange(*bytes, time_limit, cancel_fd);
  if (!message)
    return tl::unexpected(message.error());
  auto response = decodeResponse(std::move(*message));
  if (!response) {
    kill(); // who answers nonsense once is not asked again
    return tl::unexpected(response.error());
  }
  // What it wrote so far belongs to this request. (Not cleared before a request: a fresh worker may
  // have said why it cannot run.) Compilers say some of their diagnostics there only.
  drainErrors();
  if (const std::string words = lastWords(); !*response && !words.empty())
    response->error().message += "\n" + words;
  error_tail_.clear();
  return std::move(*response);
}

} // namespace gemmsmith
