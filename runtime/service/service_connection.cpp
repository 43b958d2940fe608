#include "runtime/service/service_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <span>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace gemmsmith {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

enum class Progress : std::uint8_t { kDone, kLost, kLate, kInterrupted };

struct Ends {
  int fd;
  int interrupt_fd;
};

// Until the connection may be ready for `events`: kDone then, else why there is no point in it.
Progress await(const Ends &ends, short events, steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
  if (left <= 0)
    return Progress::kLate;
  std::array<pollfd, 2> polled{{{ends.fd, events, 0}, {ends.interrupt_fd, POLLIN, 0}}};
  const int ready =
      ::poll(polled.data(), polled.size(), static_cast<int>(std::min<long long>(left, 60'000)));
  return ready > 0 && polled[1].revents != 0 ? Progress::kInterrupted : Progress::kDone;
}

bool isTransient(int code) {
  return code == EAGAIN || code == EINTR;
}

Progress sendAll(const Ends &ends, std::span<const std::byte> bytes,
                 steady_clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(ends.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    else if (!isTransient(errno))
      return Progress::kLost;
    else if (const Progress ready = await(ends, POLLOUT, deadline); ready != Progress::kDone)
      return ready;
  }
  return Progress::kDone;
}

Expected<Progress> receive(const Ends &ends, MessageReader &reader,
                           steady_clock::time_point deadline) {
  std::array<std::byte, 1u << 16> buffer;
  while (!reader.isComplete()) {
    const ssize_t n = ::recv(ends.fd, buffer.data(), std::min(buffer.size(), reader.wanted()), 0);
    if (n == 0 || (n < 0 && !isTransient(errno)))
      return Progress::kLost;
    if (n < 0) {
      if (const Progress ready = await(ends, POLLIN, deadline); ready != Progress::kDone)
        return ready;
      continue;
    }
    if (auto taken = reader.append(std::span(buffer).first(static_cast<std::size_t>(n))); !taken)
      return tl::unexpected(taken.error());
  }
  return Progress::kDone;
}

} // namespace

Expected<std::optional<ServiceResponse>> ServiceConnection::ask(const ServiceRequest &request,
                                                                steady_clock::time_point deadline) {
  const auto bytes = encodeMessage(encodeRequest(request), kRequestLimits);
  if (!bytes)
    return tl::unexpected(bytes.error());
  MessageReader reader(kResponseLimits);
  const Ends ends{.fd = fd_.get(), .interrupt_fd = interrupt_fd_};
  Expected<Progress> progress = sendAll(ends, *bytes, deadline);
  // A service that closes the connection may have said why before it did.
  if (*progress == Progress::kDone || *progress == Progress::kLost)
    progress = receive(ends, reader, deadline);
  if (!progress)
    return tl::unexpected(progress.error());
  if (*progress == Progress::kLost)
    return std::nullopt;
  if (*progress == Progress::kLate)
    return makeError(ErrorKind::kFailed, "the compile service does not answer in time");
  if (*progress == Progress::kInterrupted)
    return makeError(ErrorKind::kFailed, "interrupted while the compile service was waited for");
  auto response = decodeResponse(reader.take());
  if (!response)
    return tl::unexpected(response.error());
  return std::move(*response);
}

} // namespace gemmsmith
