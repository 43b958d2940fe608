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

enum class Progress : std::uint8_t { kDone, kLost, kLate };

// Until `fd` may be ready for `events`; false once `deadline` has passed.
bool await(int fd, short events, steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
  if (left <= 0)
    return false;
  pollfd polled{fd, events, 0};
  ::poll(&polled, 1, static_cast<int>(std::min<long long>(left, 60'000)));
  return true;
}

bool isTransient(int code) {
  return code == EAGAIN || code == EINTR;
}

Progress sendAll(int fd, std::span<const std::byte> bytes, steady_clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    else if (!isTransient(errno))
      return Progress::kLost;
    else if (!await(fd, POLLOUT, deadline))
      return Progress::kLate;
  }
  return Progress::kDone;
}

Expected<Progress> receive(int fd, MessageReader &reader, steady_clock::time_point deadline) {
  std::array<std::byte, 1u << 16> buffer;
  while (!reader.isComplete()) {
    const ssize_t n = ::recv(fd, buffer.data(), std::min(buffer.size(), reader.wanted()), 0);
    if (n == 0 || (n < 0 && !isTransient(errno)))
      return Progress::kLost;
    if (n < 0 && !await(fd, POLLIN, deadline))
      return Progress::kLate;
    if (n <= 0)
      continue;
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
  Expected<Progress> progress = sendAll(fd_.get(), *bytes, deadline);
  // A service that closes the connection may have said why before it did.
  if (*progress != Progress::kLate)
    progress = receive(fd_.get(), reader, deadline);
  if (!progress)
    return tl::unexpected(progress.error());
  if (*progress == Progress::kLost)
    return std::nullopt;
  if (*progress == Progress::kLate)
    return makeError(ErrorKind::kFailed, "the compile service does not answer in time");
  auto response = decodeResponse(reader.take());
  if (!response)
    return tl::unexpected(response.error());
  return std::move(*response);
}

} // namespace gemmsmith
