#include "tools/service/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <sys/socket.h>
#include <utility>

namespace gemmsmith {

namespace {

bool isTransient(int code) {
  return code == EAGAIN || code == EINTR;
}

} // namespace

Expected<Connection::Outcome> Connection::read(Time now) {
  std::array<std::byte, 8 << 10> buffer;
  while (!reader_.isComplete()) {
    const ssize_t n =
        ::recv(fd_.get(), buffer.data(), std::min(buffer.size(), reader_.wanted()), 0);
    if (n < 0 && isTransient(errno))
      return Outcome::kBlocked;
    if (n <= 0)
      return Outcome::kLost;
    if (reader_.isEmpty())
      since_ = now;
    if (auto taken = reader_.append(std::span(buffer).first(static_cast<std::size_t>(n))); !taken)
      return tl::unexpected(taken.error());
  }
  return Outcome::kDone;
}

void Connection::wait(std::string job) {
  state_ = State::kWaiting;
  job_ = std::move(job);
}

void Connection::answer(ResponseBytes response, Time now) {
  state_ = State::kWriting;
  job_.clear();
  response_ = std::move(response);
  sent_ = 0;
  answered_at_ = now;
  since_ = now;
}

Connection::Outcome Connection::write(Time now) {
  while (sent_ < response_->size()) {
    const ssize_t n =
        ::send(fd_.get(), response_->data() + sent_, response_->size() - sent_, MSG_NOSIGNAL);
    if (n < 0)
      return isTransient(errno) ? Outcome::kBlocked : Outcome::kLost;
    sent_ += static_cast<std::size_t>(n);
    since_ = now;
  }
  response_.reset();
  state_ = State::kReading;
  return Outcome::kDone;
}

std::optional<Connection::Time> Connection::stalledSince() const {
  if (state_ == State::kWaiting || isIdle())
    return std::nullopt;
  return since_;
}

} // namespace gemmsmith
