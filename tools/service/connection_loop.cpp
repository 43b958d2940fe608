#include "tools/service/connection_loop.h"

#include "runtime/service/service_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <span>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>

namespace gemmsmith {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kStallLimit(10);
constexpr milliseconds kTick(250);
constexpr std::chrono::seconds kLookAround(1); // between two questions for a reason to leave

// What an event of epoll is about; connections have the numbers from kFirstConnection on.
constexpr std::uint64_t kSocket = 0;
constexpr std::uint64_t kWake = 1;
constexpr std::uint64_t kStop = 2;
constexpr WaiterId kFirstConnection = 3;

} // namespace

ConnectionLoop::ConnectionLoop(ConnectionLoopOptions options, ListeningSocket &socket,
                               ServiceCounters &counters, ServiceLog &log, FileDescriptor epoll,
                               FileDescriptor wake)
    : options_(std::move(options)), socket_(socket), counters_(counters), log_(log),
      epoll_(std::move(epoll)), wake_(std::move(wake)), next_id_(kFirstConnection),
      now_(steady_clock::now()), last_request_(now_), looked_around_(now_) {}

Expected<std::unique_ptr<ConnectionLoop>> ConnectionLoop::make(ConnectionLoopOptions options,
                                                               ListeningSocket &socket,
                                                               ServiceCounters &counters,
                                                               ServiceLog &log) {
  const auto cannot = [&] {
    return makeError(
        ErrorKind::kFailed,
        fmt::format("cannot wait for connections: {}", std::generic_category().message(errno)),
        socket.path());
  };
  FileDescriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (epoll.get() < 0)
    return cannot();
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0)
    return cannot();
  const int stop_fd = options.stop_fd;
  std::unique_ptr<ConnectionLoop> loop(new ConnectionLoop(std::move(options), socket, counters, log,
                                                          std::move(epoll), std::move(wake)));
  if (!loop->watch(socket.fd(), kSocket, EPOLLIN, EPOLL_CTL_ADD) ||
      !loop->watch(loop->wake_.get(), kWake, EPOLLIN, EPOLL_CTL_ADD) ||
      !loop->watch(stop_fd, kStop, EPOLLIN, EPOLL_CTL_ADD))
    return cannot();
  return loop;
}

bool ConnectionLoop::watch(int fd, std::uint64_t source, std::uint32_t events,
                           int operation) const {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = source;
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

// While it waits for the broker only its end is of interest (EPOLLHUP, which always is): a client
// that will say no more still wants its answer.
void ConnectionLoop::watchConnection(WaiterId id, const Connection &connection) const {
  std::uint32_t events = 0;
  if (connection.state() == Connection::State::kReading)
    events = EPOLLIN;
  if (connection.state() == Connection::State::kWriting)
    events = EPOLLOUT;
  watch(connection.fd(), id, events, EPOLL_CTL_MOD);
}

void ConnectionLoop::run(Broker &broker) {
  broker_ = &broker;
  std::array<epoll_event, 256> events;
  Time next_tick = now_ + kTick;
  while (!stopping_ || !connections_.empty()) {
    const int n =
        ::epoll_wait(epoll_.get(), events.data(), events.size(), static_cast<int>(kTick.count()));
    now_ = steady_clock::now();
    for (const epoll_event &event :
         std::span(events).first(static_cast<std::size_t>(std::max(n, 0))))
      handle(event.data.u64, event.events);
    if (now_ >= next_tick) {
      next_tick = now_ + kTick;
      tick();
    }
  }
}

void ConnectionLoop::handle(std::uint64_t source, std::uint32_t events) {
  if (source == kSocket)
    return acceptAll();
  if (source == kWake)
    return deliverAll();
  if (source == kStop)
    return stop("signal");
  const auto found = connections_.find(source);
  if (found == connections_.end())
    return;
  Connection &connection = found->second;
  switch (connection.state()) {
  case Connection::State::kReading:
    return readFrom(source, connection);
  case Connection::State::kWriting:
    return writeTo(source, connection);
  case Connection::State::kWaiting:
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
      close(source);
  }
}

void ConnectionLoop::acceptAll() {
  while (!stopping_) {
    FileDescriptor fd = socket_.accept();
    if (fd.get() < 0) {
      const int code = errno;
      if (code == EINTR || code == ECONNABORTED)
        continue;
      // Without descriptors for it the connection stays and would wake the loop for ever: it can
      // wait for the next tick.
      if (code != EAGAIN) {
        log_.warnOnce("cannot_accept", std::generic_category().message(code));
        accepting_ = false;
        watch(socket_.fd(), kSocket, 0, EPOLL_CTL_MOD);
      }
      return;
    }
    if (const auto peer = trustedPeer(fd.get(), socket_.path()); !peer) {
      ++counters_.refused_users;
      log_.warnOnce("refused", peer.error().message);
      continue;
    }
    const bool crowded = connections_.size() >= kMaxConnections;
    Connection connection(std::move(fd));
    if (crowded) {
      // Its buffer is empty and takes this at once.
      ++counters_.refused_crowd;
      connection.answer(encodedResponse(BusyResponse{}), now_);
      connection.write(now_);
      continue;
    }
    const WaiterId id = next_id_++;
    if (watch(connection.fd(), id, EPOLLIN, EPOLL_CTL_ADD))
      connections_.emplace(id, std::move(connection));
    counters_.connections = connections_.size();
  }
}

void ConnectionLoop::readFrom(WaiterId id, Connection &connection) {
  const auto outcome = connection.read(now_);
  if (!outcome) {
    counters_.count(RequestResult::kMalformed);
    // Said once, and only if it can be at once: whoever sends this may not listen.
    connection.answer(encodedResponse(outcome.error()), now_);
    connection.write(now_);
    return close(id);
  }
  if (*outcome == Connection::Outcome::kLost)
    return close(id);
  if (*outcome == Connection::Outcome::kDone)
    serve(id, connection);
}

void ConnectionLoop::serve(WaiterId id, Connection &connection) {
  last_request_ = now_;
  const auto request = decodeRequest(connection.takeRequest());
  if (!request)
    return answer(id, connection, encodedResponse(request.error()), RequestResult::kMalformed);
  if (std::holds_alternative<StatusRequest>(*request))
    return answer(id, connection, encodedResponse(StatusResponse{options_.status()}),
                  RequestResult::kStatus);
  auto job = broker_->ask(std::get<CompileRequest>(*request), id);
  if (!job)
    return answer(id, connection, encodedResponse(BusyResponse{}), RequestResult::kBusy);
  connection.wait(std::move(*job));
  watchConnection(id, connection);
}

void ConnectionLoop::answer(WaiterId id, Connection &connection, ResponseBytes response,
                            RequestResult result) {
  counters_.count(result);
  connection.answer(std::move(response), now_);
  writeTo(id, connection);
}

void ConnectionLoop::writeTo(WaiterId id, Connection &connection) {
  const Connection::Outcome outcome = connection.write(now_);
  if (outcome == Connection::Outcome::kLost || (outcome == Connection::Outcome::kDone && stopping_))
    return close(id);
  watchConnection(id, connection);
}

void ConnectionLoop::deliver(const std::vector<WaiterId> &waiters, ResponseBytes response,
                             RequestResult result) {
  {
    const std::lock_guard lock(deliveries_mutex_);
    deliveries_.push_back({waiters, std::move(response), result});
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void ConnectionLoop::deliverAll() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
  std::vector<Delivery> deliveries;
  {
    const std::lock_guard lock(deliveries_mutex_);
    deliveries.swap(deliveries_);
  }
  last_request_ = now_;
  for (const Delivery &delivery : deliveries)
    for (const WaiterId id : delivery.waiters)
      if (const auto found = connections_.find(id); found != connections_.end())
        answer(id, found->second, delivery.response, delivery.result);
}

// While it stops, slow readers are not waited for as long as they like.
bool ConnectionLoop::isTooSlow(const Connection &connection) const {
  const auto since = connection.stalledSince();
  if (since && now_ - *since > kStallLimit)
    return true;
  return stopping_ && connection.state() == Connection::State::kWriting &&
         now_ - std::max(connection.answeredAt(), stopped_) > kStallLimit;
}

void ConnectionLoop::tick() {
  const auto slow =
      connectionsThat([this](const Connection &connection) { return isTooSlow(connection); });
  counters_.timed_out += slow.size();
  for (const WaiterId id : slow)
    close(id);
  if (stopping_)
    return;
  if (!accepting_)
    accepting_ = watch(socket_.fd(), kSocket, EPOLLIN, EPOLL_CTL_MOD);
  if (!socket_.isInPlace())
    return stop("the socket's file is gone");
  if (now_ - looked_around_ >= kLookAround) {
    looked_around_ = now_;
    if (const std::string_view reason = options_.reason_to_leave(); !reason.empty())
      return stop(reason);
  }
  if (options_.idle.count() > 0 && now_ - last_request_ >= options_.idle && broker_->jobs() == 0)
    stop("idle");
}

void ConnectionLoop::stop(std::string_view why) {
  // A descriptor that stays readable would wake the loop all the time.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, options_.stop_fd, nullptr);
  if (stopping_)
    return;
  // What has come is still to be answered, whether or not it was looked at.
  acceptAll();
  for (const WaiterId id : connectionsThat([](const Connection &connection) {
         return connection.state() == Connection::State::kReading;
       }))
    readFrom(id, connections_.at(id));
  stopping_ = true;
  stopped_ = now_;
  socket_.close();
  // Who has asked nothing finds the successor.
  for (const WaiterId id : connectionsThat(&Connection::isIdle))
    close(id);
  log_.info("stopping", {{"why", why}, {"unanswered", connections_.size()}});
}

std::vector<WaiterId>
ConnectionLoop::connectionsThat(const std::function<bool(const Connection &)> &condition) const {
  std::vector<WaiterId> ids;
  for (const auto &[id, connection] : connections_)
    if (condition(connection))
      ids.push_back(id);
  return ids;
}

void ConnectionLoop::close(WaiterId id) {
  const auto found = connections_.find(id);
  if (!found->second.job().empty())
    broker_->leave(found->second.job(), id);
  connections_.erase(found);
  counters_.connections = connections_.size();
}

} // namespace gemmsmith
