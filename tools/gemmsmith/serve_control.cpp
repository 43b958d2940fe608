#include "tools/gemmsmith/serve_control.h"

#include "configs/file_descriptor.h"
#include "runtime/service/service_client.h"
#include "runtime/service/service_socket.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/launch_json.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <system_error>
extern "C" {
#include <sys/pidfd.h> // glibc 2.36 forgets to say that these are C functions
}

namespace gemmsmith {

namespace {

constexpr int kQuietMilliseconds = 2000; // before it says what it waits for

std::uint64_t sumOf(const OrderedJson &numbers) {
  std::uint64_t sum = 0;
  for (const auto &[name, number] : numbers.items())
    sum += number.get<std::uint64_t>();
  return sum;
}

// "3 entry, 1 error": those that are not 0.
std::string listOf(const OrderedJson &numbers) {
  std::string list;
  for (const auto &[name, number] : numbers.items())
    if (const auto count = number.get<std::uint64_t>(); count != 0)
      list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, name);
  return list.empty() ? "none" : list;
}

// Throws OrderedJson::exception where a member is not as this version writes it.
std::string statusText(const OrderedJson &status) {
  std::string lines;
  const auto field = [&](std::string_view name, std::string_view value) {
    lines += fmt::format("{:<12} {}\n", name, value);
  };
  const auto text = [&](const char *name) { return status.at(name).get<std::string>(); };
  const auto number = [&](const char *name) { return status.at(name).get<std::uint64_t>(); };
  const OrderedJson &store = status.at("store");
  field("service", fmt::format("gemmsmith {}, pid {}, up for {:.0f} s", text("version"),
                               number("pid"), status.at("uptime_seconds").get<double>()));
  field("socket", text("socket"));
  field("compiler", text("compiler"));
  field("identity", text("identity"));
  field("workers", fmt::format("{}", number("workers")));
  field("now",
        fmt::format("{} kernels asked for, {} of them queued (at most {}); {} "
                    "connections",
                    number("jobs"), number("queued"), number("max_queue"), number("connections")));
  field("requests", listOf(status.at("requests")));
  field("compiled",
        fmt::format("{} in {:.1f} s, {} failed", number("compiles"),
                    status.at("compile_seconds").get<double>(), number("compile_failures")));
  field("found", fmt::format("{} ({})", sumOf(status.at("hits")), listOf(status.at("hits"))));
  field("store", fmt::format("{} ({})", store.at("directory").get<std::string>(),
                             store.at("mode").get<std::string>()));
  field("metrics", status.at("metrics").is_null()
                       ? "none"
                       : fmt::format("http://{}/metrics", text("metrics")));
  return lines;
}

tl::unexpected<Error> cannotStop(const std::string &socket, int code) {
  return makeError(
      ErrorKind::kFailed,
      fmt::format("cannot stop the compile service: {}", std::generic_category().message(code)),
      socket);
}

// Who listens there, and may be stopped.
Expected<pid_t> listener(const std::string &socket) {
  auto connection = connectToService(socket);
  if (!connection)
    return tl::unexpected(connection.error());
  if (connection->get() < 0 && isServiceBusy(socket))
    return tl::unexpected(busyService(socket));
  if (connection->get() < 0)
    return makeError(ErrorKind::kFailed, "no compile service listens there", socket);
  const auto peer = trustedPeer(connection->get(), socket);
  if (!peer)
    return tl::unexpected(peer.error());
  if (peer->pid <= 0)
    return makeError(
        ErrorKind::kFailed,
        "the compile service runs in another PID namespace (a container, say); stop it "
        "there",
        socket);
  return peer->pid;
}

// That it has not answered; nothing when it does not say.
std::optional<std::uint64_t> unansweredKernels(const std::string &socket) {
  const auto text = ServiceClient({.socket = socket, .program = {}}).status();
  if (!text)
    return std::nullopt;
  const OrderedJson status = OrderedJson::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto jobs = status.find("jobs");
  if (jobs == status.end() || !jobs->is_number_unsigned())
    return std::nullopt;
  return jobs->get<std::uint64_t>();
}

// Whether it does within so many milliseconds; -1: however long it takes.
bool ends(const FileDescriptor &process, int milliseconds) {
  pollfd ended{process.get(), POLLIN, 0};
  int n = 0;
  do
    n = ::poll(&ended, 1, milliseconds);
  while (n < 0 && errno == EINTR);
  return n == 1;
}

Expected<pid_t> stopAndWait(const std::string &socket) {
  auto pid = listener(socket);
  if (!pid)
    return pid;
  // Before it is told: then it listens no more.
  const auto kernels = unansweredKernels(socket);
  const FileDescriptor process(::pidfd_open(*pid, 0));
  if (process.get() < 0)
    return cannotStop(socket, errno);
  // It may have ended meanwhile, and its ID be another process's.
  auto still = listener(socket);
  if (!still)
    return still;
  if (*still != *pid)
    return makeError(ErrorKind::kFailed,
                     "the compile service went away meanwhile, and another listens; try again",
                     socket);
  if (::pidfd_send_signal(process.get(), SIGTERM, nullptr, 0) != 0)
    return cannotStop(socket, errno);
  if (!ends(process, kQuietMilliseconds)) {
    fmt::print(stderr, "waiting for {}\n",
               kernels ? fmt::format("{} kernels", *kernels) : "what it was asked");
    ends(process, -1);
  }
  return *pid;
}

} // namespace

int printServiceStatus(const std::string &socket, bool json) {
  const auto text = ServiceClient({.socket = socket, .program = {}}).status();
  if (!text)
    return reportError(isServiceBusy(socket) ? busyService(socket) : text.error());
  const OrderedJson status = OrderedJson::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!status.is_object())
    return reportError({ErrorKind::kFailed, "the compile service's status is not JSON", socket});
  if (json) {
    fmt::print("{}", dumpJson(status));
    return kExitGood;
  }
  try {
    fmt::print("{}", statusText(status));
  } catch (const OrderedJson::exception &) {
    return reportError({ErrorKind::kFailed,
                        "the compile service's status is of another version; --json shows it as it "
                        "is",
                        socket});
  }
  return kExitGood;
}

int stopService(const std::string &socket) {
  const auto pid = stopAndWait(socket);
  if (!pid)
    return reportError(pid.error());
  fmt::print("stopped the compile service at {} (pid {})\n", socket, *pid);
  return kExitGood;
}

} // namespace gemmsmith
