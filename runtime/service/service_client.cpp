#include "runtime/service/service_client.h"

#include "configs/file_descriptor.h"
#include "configs/kernel_name.h"
#include "runtime/service/service_connection.h"
#include "runtime/service/service_protocol.h"
#include "runtime/service/service_socket.h"
#include "runtime/service/service_starter.h"

#include <algorithm>
#include <fmt/format.h>
#include <mutex>
#include <optional>
#include <poll.h>
#include <utility>
#include <variant>
#include <vector>

namespace gemmsmith {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr int kAttempts = 3;            // with a service that goes away
constexpr milliseconds kLossPause(100); // so that one death is not met twice
constexpr milliseconds kFirstPause(5);  // between two looks whether one listens
constexpr milliseconds kLongestPause(100);
constexpr milliseconds kTakeover(1000);         // of one that another process has started
constexpr std::chrono::seconds kStartAgain(30); // after a start that failed
constexpr milliseconds kBusyPause(50);          // doubled each time
constexpr milliseconds kLongestBusyPause(500);
constexpr milliseconds kStatusLimit(10'000); // it answers that without doing anything

} // namespace

struct ServiceClient::State {
  explicit State(ServiceOptions given) : options(std::move(given)) {}

  ServiceOptions options;
  std::mutex idle_mutex;
  std::vector<ServiceConnection> idle; // kept for the next calls
  std::timed_mutex start_mutex;        // one thread starts a service, the others wait for it
  struct FailedStart {
    steady_clock::time_point time;
    Error error;
  };
  std::optional<FailedStart> failed_start; // the last one, with start_mutex

  std::optional<ServiceConnection> takeIdle();
  void keep(ServiceConnection connection);
  Expected<std::optional<ServiceConnection>> connect() const;
  Expected<ServiceConnection> connectOrStart(steady_clock::time_point deadline);
  Expected<ServiceConnection> start(steady_clock::time_point deadline);
  Expected<ServiceResponse> ask(const ServiceRequest &request, milliseconds limit);
  Expected<std::string> statusOf(ServiceResponse response) const;
  void pauseUntil(steady_clock::time_point deadline, milliseconds pause) const;
  Expected<void> checkInterrupt() const;
  Error noService() const;
  Error notInTime() const;
};

std::optional<ServiceConnection> ServiceClient::State::takeIdle() {
  std::lock_guard lock(idle_mutex);
  while (!idle.empty()) {
    ServiceConnection connection = std::move(idle.back());
    idle.pop_back();
    if (!connection.isStale())
      return connection;
  }
  return std::nullopt;
}

void ServiceClient::State::keep(ServiceConnection connection) {
  std::lock_guard lock(idle_mutex);
  idle.push_back(std::move(connection));
}

Expected<std::optional<ServiceConnection>> ServiceClient::State::connect() const {
  auto fd = connectToService(options.socket);
  if (!fd)
    return tl::unexpected(fd.error());
  if (fd->get() < 0)
    return std::nullopt;
  return ServiceConnection(std::move(*fd), options.interrupt_fd);
}

void ServiceClient::State::pauseUntil(steady_clock::time_point deadline, milliseconds pause) const {
  const auto end = std::min(deadline, steady_clock::now() + pause);
  for (auto now = steady_clock::now(); now < end && !isReadable(options.interrupt_fd);
       now = steady_clock::now()) {
    pollfd polled{options.interrupt_fd, POLLIN, 0};
    ::poll(&polled, 1, static_cast<int>(std::chrono::ceil<milliseconds>(end - now).count()));
  }
}

Expected<void> ServiceClient::State::checkInterrupt() const {
  if (isReadable(options.interrupt_fd))
    return makeError(ErrorKind::kFailed, "interrupted while the compile service was waited for",
                     options.socket);
  return {};
}

Error ServiceClient::State::noService() const {
  return {ErrorKind::kFailed,
          fmt::format("no compile service listens there; `gemmsmith serve --socket {}` starts one",
                      options.socket),
          options.socket};
}

Error ServiceClient::State::notInTime() const {
  return {ErrorKind::kFailed,
          fmt::format("no compile service answers within {:g} s of being started",
                      std::chrono::duration<double>(options.start_limit).count()),
          options.socket};
}

Expected<ServiceConnection>
ServiceClient::State::connectOrStart(steady_clock::time_point deadline) {
  if (auto connection = takeIdle())
    return std::move(*connection);
  auto connection = connect();
  if (!connection)
    return tl::unexpected(connection.error());
  if (*connection)
    return std::move(**connection);
  const auto give_up = std::min(deadline, steady_clock::now() + options.start_limit);
  const std::unique_lock lock(start_mutex, give_up);
  if (!lock)
    return tl::unexpected(notInTime());
  // Whoever waits meanwhile, and asks again soon, has the same answer at once.
  if (failed_start && steady_clock::now() - failed_start->time < kStartAgain)
    return tl::unexpected(failed_start->error);
  auto started = start(give_up);
  if (!started && !options.program.empty() && !isReadable(options.interrupt_fd))
    failed_start = {.time = steady_clock::now(), .error = started.error()};
  return started;
}

// Starts one again and again while none listens: the one that another process was just starting may
// have failed, and then ours says why.
Expected<ServiceConnection> ServiceClient::State::start(steady_clock::time_point deadline) {
  while (steady_clock::now() < deadline) {
    const auto next_start = std::min(deadline, steady_clock::now() + kTakeover);
    for (milliseconds pause = kFirstPause; steady_clock::now() < next_start;
         pause = std::min(2 * pause, kLongestPause)) {
      if (auto going = checkInterrupt(); !going)
        return tl::unexpected(going.error());
      auto connection = connect();
      if (!connection)
        return tl::unexpected(connection.error());
      if (*connection)
        return std::move(**connection);
      if (pause == kFirstPause) {
        if (options.program.empty())
          return tl::unexpected(noService());
        if (auto started = startService(options, deadline); !started)
          return tl::unexpected(started.error());
      } else {
        pauseUntil(next_start, pause);
      }
    }
  }
  return tl::unexpected(notInTime());
}

Expected<ServiceResponse> ServiceClient::State::ask(const ServiceRequest &request,
                                                    milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  milliseconds busy_pause = kBusyPause;
  for (int lost = 0; lost < kAttempts;) {
    if (auto going = checkInterrupt(); !going)
      return tl::unexpected(going.error());
    auto connection = connectOrStart(deadline);
    if (!connection)
      return tl::unexpected(connection.error());
    auto response = connection->ask(request, deadline);
    if (!response) {
      if (response.error().where.empty())
        response.error().where = options.socket;
      return tl::unexpected(response.error());
    }
    if (!*response) {
      ++lost;
      pauseUntil(deadline, kLossPause);
      continue;
    }
    keep(std::move(*connection));
    if (!std::holds_alternative<BusyResponse>(**response))
      return std::move(**response);
    if (steady_clock::now() >= deadline)
      return makeError(ErrorKind::kFailed,
                       fmt::format("the compile service is busy for longer than {:g} s",
                                   std::chrono::duration<double>(limit).count()),
                       options.socket);
    pauseUntil(deadline, busy_pause);
    busy_pause = std::min(2 * busy_pause, kLongestBusyPause);
  }
  return makeError(ErrorKind::kFailed,
                   fmt::format("the compile service went away {} times before it had answered; "
                               "its log beside the socket may say why",
                               kAttempts),
                   options.socket);
}

Expected<std::string> ServiceClient::State::statusOf(ServiceResponse response) const {
  if (const auto *error = std::get_if<Error>(&response))
    return tl::unexpected(*error);
  if (auto *status = std::get_if<StatusResponse>(&response))
    return std::move(status->json);
  return makeError(ErrorKind::kFailed, "the compile service is busy", options.socket);
}

ServiceClient::ServiceClient(ServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

ServiceClient::~ServiceClient() = default;

Expected<ServiceAnswer> ServiceClient::compile(const KernelConfig &config,
                                               std::string_view target_id, bool allow_spills) {
  const CompileRequest request{
      .config = config, .target_id = std::string(target_id), .allow_spills = allow_spills};
  auto response = state_->ask(request, options().request_limit);
  if (!response)
    return tl::unexpected(response.error());
  if (const auto *error = std::get_if<Error>(&*response))
    return tl::unexpected(*error);
  const auto wrong = [&](std::string_view what) {
    return makeError(
        ErrorKind::kFailed,
        fmt::format("the compile service at {} answers with {}", options().socket, what),
        kernelName(config));
  };
  const auto *answer = std::get_if<EntryResponse>(&*response);
  if (answer == nullptr)
    return wrong("something else than a code object");
  auto entry = decodeEntry(answer->entry);
  if (!entry)
    return wrong(entry.error().message);
  const CacheKeyFields &fields = entry->key.fields();
  if (fields.config != config || fields.target_id != target_id ||
      fields.allow_spills != allow_spills)
    return wrong("the code object of another kernel, " + kernelName(fields.config));
  return ServiceAnswer{
      .entry = std::move(*entry), .origin = answer->origin, .compile_time = answer->compile_time};
}

Expected<std::string> ServiceClient::status() {
  auto connection = state_->connect();
  if (!connection)
    return tl::unexpected(connection.error());
  if (!*connection)
    return tl::unexpected(state_->noService());
  auto response = (*connection)->ask(StatusRequest{}, steady_clock::now() + kStatusLimit);
  if (!response)
    return makeError(response.error().kind, response.error().message, options().socket);
  if (!*response)
    return makeError(ErrorKind::kFailed, "the compile service went away", options().socket);
  return state_->statusOf(std::move(**response));
}

Expected<std::string> ServiceClient::start() {
  auto response = state_->ask(StatusRequest{}, options().start_limit + kStatusLimit);
  if (!response)
    return tl::unexpected(response.error());
  return state_->statusOf(std::move(*response));
}

const ServiceOptions &ServiceClient::options() const {
  return state_->options;
}

} // namespace gemmsmith
