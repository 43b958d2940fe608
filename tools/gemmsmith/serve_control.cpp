#include "tools/gemmsmith/serve_control.h"

#include "configs/file_descriptor.h"
#include "runtime/service/service_client.h"
#include "runtime/service/service_socket.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/launch_json.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <string_view>
#include <system_error>
extern "C" {
#include <sys/pidfd.h> // glibc 2.36 forgets to say that these are C functions
}

namespace gemmsmith {

namespace {

void printField(std::string_view name, std::string_view value) {
  fmt::print("{:<12} {}\n", name, value);
}

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

void printStatus(const OrderedJson &status) {
  const auto text = [&](const char *name) { return status.at(name).get<std::string>(); };
  const auto number = [&](const char *name) { return status.at(name).get<std::uint64_t>(); };
  const OrderedJson &store = status.at("store");
  printField("service", fmt::format("gemmsmith {}, pid {}, up for {:.0f} s", text("version"),
                                    number("pid"), status.at("uptime_seconds").get<double>()));
  printField("socket", text("socket"));
  printField("compiler", text("compiler"));
  printField("identity", text("identity"));
  printField("workers", fmt::format("{}", number("workers")));
  printField("now", fmt::format("{} kernels asked for, {} of them queued (at most {}); {} "
                                "connections",
                                number("jobs"), number("queued"), number("max_queue"),
                                number("connections")));
  printField("requests", listOf(status.at("requests")));
  printField("compiled",
             fmt::format("{} in {:.1f} s, {} failed", number("compiles"),
                         status.at("compile_seconds").get<double>(), number("compile_failures")));
  printField("found", fmt::format("{} ({})", sumOf(status.at("hits")), listOf(status.at("hits"))));
  printField("store", fmt::format("{} ({})", store.at("directory").get<std::string>(),
                                  store.at("mode").get<std::string>()));
  printField("metrics", status.at("metrics").is_null()
                            ? "none"
                            : fmt::format("http://{}/metrics", text("metrics")));
}

tl::unexpected<Error> cannotStop(const std::string &socket, int code) {
  return makeError(
      ErrorKind::kFailed,
      fmt::format("cannot stop the compile service: {}", std::generic_category().message(code)),
      socket);
}

Expected<pid_t> stopAndWait(const std::string &socket) {
  auto connection = connectToService(socket);
  if (!connection)
    return tl::unexpected(connection.error());
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
  const FileDescriptor process(::pidfd_open(peer->pid, 0));
  if (process.get() < 0)
    return cannotStop(socket, errno);
  connection->reset(); // it need not wait for us
  if (::pidfd_send_signal(process.get(), SIGTERM, nullptr, 0) != 0)
    return cannotStop(socket, errno);
  pollfd ended{process.get(), POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
  return peer->pid;
}

} // namespace

int printServiceStatus(const std::string &socket, bool json) {
  const auto text = ServiceClient({.socket = socket, .program = {}}).status();
  if (!text)
    return reportError(text.error());
  const OrderedJson status = OrderedJson::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!status.is_object())
    return reportError({ErrorKind::kFailed, "the compile service's status is not JSON", socket});
  if (json)
    fmt::print("{}", dumpJson(status));
  else
    printStatus(status);
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
