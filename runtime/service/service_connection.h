// One connection to a compile service: a request, then its response.
#pragma once

#include "configs/error.h"
#include "configs/file_descriptor.h"
#include "runtime/service/service_protocol.h"

#include <chrono>
#include <optional>
#include <string>

namespace gemmsmith {

// Not thread-safe: who has it has it alone.
class ServiceConnection {
public:
  // Of connectToService(). Once `interrupt_fd` is readable nothing is waited for; -1 = none.
  explicit ServiceConnection(FileDescriptor fd, int interrupt_fd = -1)
      : fd_(std::move(fd)), interrupt_fd_(interrupt_fd) {}

  // Whether the other end has closed it, or has said something unasked: of no use then.
  bool isStale() const { return isReadable(fd_.get()); }

  // Nothing when the service went away without having answered. kFailed when it does not answer by
  // `deadline` or the wait is interrupted, kInput when its answer is none. After anything but a
  // response the connection is of no use.
  Expected<std::optional<ServiceResponse>> ask(const ServiceRequest &request,
                                               std::chrono::steady_clock::time_point deadline);

private:
  FileDescriptor fd_;
  int interrupt_fd_;
};

} // namespace gemmsmith
