#include "tools/gemmsmith/serve_command.h"

#include "runtime/service/service_client.h"
#include "runtime/service/service_socket.h"
#include "tools/gemmsmith/backend_option.h"
#include "tools/gemmsmith/exit_code.h"
#include "tools/gemmsmith/interrupt.h"
#include "tools/gemmsmith/serve_control.h"
#include "tools/gemmsmith/store_entry.h"
#include "tools/gemmsmith/whole_number.h"
#include "tools/service/background.h"
#include "tools/service/service.h"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace gemmsmith {

namespace {

constexpr const char *kTarget = "gfx950";
// For another service that has the socket to listen. Less than clients wait for one that they
// start (ServiceOptions), so that they are told.
constexpr std::chrono::seconds kOtherLimit(15);
constexpr std::int64_t kMostSeconds = 366LL * 24 * 3600;

struct ServeOptions {
  std::string socket; // empty: the default one
  int workers = 0;
  std::int64_t idle = 600;
  std::string metrics;
  std::optional<Backend> backend;
  std::size_t max_queue = 4096;
  std::int64_t time_limit = WorkerPoolOptions{}.time_limit / std::chrono::seconds(1);
  std::string memory_limit;
  std::string log;
  bool background = false;
  bool status = false;
  bool json = false;
  bool stop = false;
};

Expected<Entry> entryOf(const CacheKey &key, std::span<const std::byte> bytes, Backend backend) {
  const auto summary = summarizeObject(bytes);
  if (!summary)
    return tl::unexpected(summary.error());
  Entry entry = storeEntry(key, bytes, *summary, backend);
  if (auto right = checkStoreEntry(entry); !right)
    return tl::unexpected(right.error());
  return entry;
}

// "service.log" for "service.sock": services with sockets in one directory have logs of their own.
std::string logBeside(const std::filesystem::path &socket) {
  const std::filesystem::path name =
      socket.extension() == ".sock" ? socket.stem() : socket.filename();
  return socket.parent_path() / (name.string() + ".log");
}

Expected<CompileServiceOptions> serviceOptions(const ServeOptions &options,
                                               const std::string &socket) {
  CompileServiceOptions service;
  service.version = GEMMSMITH_VERSION;
  service.socket = socket;
  service.compiler.backend = options.backend.value_or(Backend::kAuto);
  service.compiler.target = kTarget;
  service.compiler.workers = options.workers;
  service.compiler.time_limit = std::chrono::seconds(options.time_limit);
  service.idle = std::chrono::seconds(options.idle);
  service.max_queue = options.max_queue;
  service.log = options.log;
  service.make_entry = entryOf;
  if (options.background && options.log.empty())
    service.log = logBeside(socket);
  if (!options.memory_limit.empty()) {
    const auto bytes = parseByteCount(options.memory_limit);
    if (!bytes)
      return makeError(ErrorKind::kUsage,
                       fmt::format("--memory-limit: '{}' is not a number of bytes (512M, 4G)",
                                   options.memory_limit));
    service.compiler.memory_limit_bytes = *bytes;
  }
  if (!options.metrics.empty()) {
    auto address = parseMetricsAddress(options.metrics);
    if (!address)
      return tl::unexpected(address.error());
    service.metrics = std::move(*address);
  }
  auto store = storeOptionsFromEnvironment();
  if (!store)
    return tl::unexpected(store.error());
  service.store = std::move(*store);
  return service;
}

// Where another has the socket, until that listens: so that there is a service when this comes
// back. One that fails before it does leaves the place to this one.
Expected<ServiceEnd> runServiceUnlessOneListens(const CompileServiceOptions &service) {
  constexpr std::chrono::milliseconds kPause(50);
  const auto give_up = std::chrono::steady_clock::now() + kOtherLimit;
  for (;;) {
    auto end = runService(service);
    if (!end || *end == ServiceEnd::kStopped)
      return end;
    const auto other = connectToService(service.socket);
    if (!other)
      return tl::unexpected(other.error());
    if (other->get() >= 0 || isServiceBusy(service.socket))
      return end;
    if (std::chrono::steady_clock::now() >= give_up)
      return makeError(ErrorKind::kFailed,
                       fmt::format("another compile service has this socket, and does not listen "
                                   "within {} s",
                                   kOtherLimit.count()),
                       service.socket);
    std::this_thread::sleep_for(kPause);
  }
}

int runServe(const ServeOptions &options, const std::string &socket) {
  auto service = serviceOptions(options, socket);
  if (!service)
    return reportError(service.error());
  std::optional<Background> background;
  if (options.background) {
    auto entered = Background::enter();
    if (!entered)
      return reportError(entered.error());
    background.emplace(std::move(*entered));
  }
  // Whoever reads our standard error may leave; that is an error of a write, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  const Interrupt interrupt;
  service->stop_fd = interrupt.fd();
  service->on_listening = [&](const ServiceFacts &facts) {
    if (background)
      background->ready();
    else if (!options.log.empty())
      fmt::print(stderr, "listening on {} with {} workers; compiler: {}\n", facts.socket,
                 facts.workers, facts.compiler);
  };
  const auto end = background ? runServiceUnlessOneListens(*service) : runService(*service);
  if (!end)
    return reportError(end.error());
  if (*end == ServiceEnd::kTaken && background)
    fmt::print(stderr, "another compile service has {}; its options stay\n", socket);
  else if (*end == ServiceEnd::kTaken)
    return reportError({ErrorKind::kFailed,
                        "another compile service has this socket; `gemmsmith serve --status` shows "
                        "it, `gemmsmith serve --stop` ends it",
                        socket});
  return kExitGood;
}

int run(const ServeOptions &options) {
  const std::string socket =
      options.socket.empty()
          ? defaultServiceSocket()
          : std::filesystem::absolute(options.socket).lexically_normal().string();
  if (options.status)
    return printServiceStatus(socket, options.json);
  if (options.stop)
    return stopService(socket);
  return runServe(options, socket);
}

} // namespace

void addServeCommand(CLI::App &app, int &exit_code) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App *command = app.add_subcommand(
      "serve", "Compile kernels for all processes of this user, each once (or ask how it goes)");
  // An empty one is a variable that was not set, and the default socket not what is meant.
  const auto not_empty = [](const std::string &path) -> std::string {
    return path.empty() ? "must not be empty" : "";
  };
  command
      ->add_option("--socket", options->socket,
                   "Unix socket (default: $GEMMSMITH_SOCKET, or service.sock in "
                   "$XDG_RUNTIME_DIR/gemmsmith or /tmp/gemmsmith-UID)")
      ->check(not_empty);
  command->add_option("--workers", options->workers, "Compile workers (default: one per core)")
      ->check(wholeNumber(1, 1024));
  command
      ->add_option("--idle", options->idle,
                   "Leave after so many seconds without a request or a compile; 0 = never")
      ->check(wholeNumber(0, kMostSeconds))
      ->capture_default_str();
  command->add_option("--metrics", options->metrics,
                      "Serve Prometheus metrics at http://HOST:PORT/metrics (HOST: 127.0.0.1)");
  addBackendOption(*command, options->backend);
  command->add_option("--max-queue", options->max_queue, "Kernels that may wait for a worker")
      ->check(wholeNumber(1, 1 << 20))
      ->capture_default_str();
  command->add_option("--time-limit", options->time_limit, "Seconds that a kernel may take")
      ->check(wholeNumber(1, kMostSeconds))
      ->capture_default_str();
  command->add_option("--memory-limit", options->memory_limit,
                      "Address space of a worker, with K, M or G; 0 = no limit (default: 4G)");
  command->add_option("--log", options->log,
                      "Write the log (JSON lines) to this file instead of standard error");
  command->add_flag("--background", options->background,
                    "Come back once it listens; the log is beside the socket (service.log for "
                    "service.sock)");
  auto *status = command->add_flag("--status", options->status, "Show the service that runs");
  command->add_flag("--json", options->json, "Show it as JSON")->needs(status);
  command->add_flag("--stop", options->stop, "Let the service answer what it was asked, and end it")
      ->excludes(status);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

} // namespace gemmsmith
